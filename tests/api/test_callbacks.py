"""Notices of payment channels at the door: verified over their bytes, stored once, answered; a hint to look and never the truth."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Notification, Payment, PaymentState, Scene, number_of
from besttrav.payments.queries import open_differences
from tests.cashiers import Cashier, Letter, hand_in
from tests.conftest import StoppedClock
from tests.payments.conftest import CLERK, PRICE, begun, shown
from tests.payments.test_paying import violations

Drain = Callable[[], int]
THANKS = {"wechat": (204, b""), "alipay": (200, b"success")}
FORGERIES = {
    "wechat": [
        *("wrong_key", "day_old", "from_the_future", "unknown_serial", "other_api_key", "altered", "rewritten", "other_type"),
        *("probe", "no_headers", "serial_of_a_path", "no_json"),
    ],
    "alipay": [
        *("wrong_key", "altered", "other_type", "unsigned", "other_app", "other_seller", "doubled", "no_base64", "other_charset"),
        *("no_form", "no_ascii"),
    ],
}
ALL_FORGERIES = [(name, kind) for name, kinds in FORGERIES.items() for kind in kinds]


@pytest.fixture(params=[Scene.NATIVE, Scene.PAGE], ids=["wechat", "alipay"])
def payment(request: pytest.FixtureRequest, cashiers: dict[str, Cashier]) -> Payment:
    return shown(begun(scene=request.param), cashiers)


def paid_and_told(payment: Payment, cashiers: dict[str, Cashier]) -> Letter:
    cashier = cashiers[payment.channel]
    cashier.pay(payment.number)
    return cashier.deliver()[0]


def answered(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


def state_of(payment: Payment) -> str:
    return Payment.objects.values_list("state", flat=True).get(pk=payment.pk)


def test_a_notice_is_thanked_for_and_its_payment_found(
    payment: Payment, cashiers: dict[str, Cashier], client: Client, drain: Drain
) -> None:
    letter = paid_and_told(payment, cashiers)

    assert answered(hand_in(client, letter)) == THANKS[payment.channel]
    assert state_of(payment) == PaymentState.OPEN, "a notice is a hint, and its job has not run"
    drain()
    assert state_of(payment) == PaymentState.CAPTURED
    assert Notification.objects.get().handled_at


def test_a_notice_repeated_has_one_effect_and_every_one_is_thanked_for(
    payment: Payment, cashiers: dict[str, Cashier], client: Client, drain: Drain
) -> None:
    letter = paid_and_told(payment, cashiers)
    for _ in range(5):
        assert answered(hand_in(client, letter)) == THANKS[payment.channel]
    again = cashiers[payment.channel].forge(payment.number, "genuine")
    assert answered(hand_in(client, again)) == THANKS[payment.channel]

    drain()
    assert Notification.objects.count() == 1
    assert Entry.objects.filter(action="payments.captured").count() == 1
    assert ledger.balance(Account.clearing(payment.channel)) == PRICE


@pytest.mark.parametrize(("name", "kind"), ALL_FORGERIES)
def test_what_is_forged_is_refused_and_leaves_nothing(
    cashiers: dict[str, Cashier], client: Client, drain: Drain, name: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    payment = shown(begun(scene=Scene.NATIVE if name == "wechat" else Scene.PAGE), cashiers)
    paid_and_told(payment, cashiers)
    letter = cashiers[name].forge(payment.number, kind)
    before, calls = Entry.objects.count(), caplog.text.count("besttrav.outgoing")
    answer = hand_in(client, letter)

    assert 400 <= answer.status_code < 500
    assert answer.content != b"success"
    assert not Notification.objects.exists()
    assert Entry.objects.count() == before
    assert drain() == 0
    assert caplog.text.count("besttrav.outgoing") == calls, "nobody is called for a stranger's sake"


def test_a_genuine_notice_of_yesterday_is_refused(cashiers: dict[str, Cashier], client: Client, stopped_clock: StoppedClock) -> None:
    letter = paid_and_told(shown(begun(), cashiers), cashiers)
    stopped_clock.advance(timedelta(days=1))

    assert hand_in(client, letter).status_code == 401


def test_a_notice_says_nothing_about_the_amount(cashiers: dict[str, Cashier], client: Client, drain: Drain) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number, fen=1)
    hand_in(client, cashiers["wechat"].deliver()[0])
    drain()

    payment.refresh_from_db()
    assert payment.state == PaymentState.DISPUTED


def test_a_notice_before_anybody_can_be_asked_waits_for_the_clock(
    payment: Payment, cashiers: dict[str, Cashier], client: Client, drain: Drain, stopped_clock: StoppedClock
) -> None:
    letter = paid_and_told(payment, cashiers)
    cashiers[payment.channel].misbehave({"fault": "status", "call": "query"})
    hand_in(client, letter)
    drain()
    assert Notification.objects.get().handled_at is None

    stopped_clock.advance(timedelta(seconds=61))
    paying.recover()
    payment.refresh_from_db()
    assert payment.is_captured
    assert Notification.objects.get().handled_at


def test_a_late_notice_about_a_closed_payment_is_not_ignored(
    cashiers: dict[str, Cashier], client: Client, drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = shown(begun(), cashiers)
    paying.close(payment=payment)
    letter = paid_and_told(payment, cashiers)
    hand_in(client, letter)
    drain()

    payment.refresh_from_db()
    assert payment.state == PaymentState.UNAPPLIED
    assert violations() == {}


def test_a_notice_of_a_refund_is_a_hint_to_ask_about_it(
    payment: Payment, cashiers: dict[str, Cashier], client: Client, drain: Drain, stopped_clock: StoppedClock
) -> None:
    letter = paid_and_told(payment, cashiers)
    hand_in(client, letter)
    drain()
    payment.refresh_from_db()
    refund = paying.refund(payment=payment, amount=PRICE, decision=new_id(), because="cancelled", actor=CLERK)
    drain()
    cashier = cashiers[payment.channel]
    stopped_clock.advance(timedelta(seconds=4))
    cashier.set_clock(4)
    hand_in(client, cashier.deliver()[0])
    drain()

    refund.refresh_from_db()
    assert refund.state == "succeeded"


def test_money_under_a_number_of_ours_that_no_row_knows_stands_in_unapplied(
    cashiers: dict[str, Cashier], client: Client, drain: Drain
) -> None:
    payment = shown(begun(), cashiers)
    letter = paid_and_told(payment, cashiers)
    payment.delete()
    hand_in(client, letter)
    drain()

    assert ledger.balance(Account.UNAPPLIED) == -PRICE
    assert Entry.objects.get(action="payments.stray").facts["fen"] == PRICE.fen
    assert [(one.what, one.there) for one in open_differences()] == [("stray", PRICE)], "and a person sees it"


def test_a_number_of_another_place_is_told_about_and_books_nothing(
    cashiers: dict[str, Cashier], client: Client, drain: Drain, settings: Any
) -> None:
    settings.PAYMENT_PREFIX = "XX"
    payment = shown(begun(), cashiers)
    settings.PAYMENT_PREFIX = "BT"
    letter = paid_and_told(payment, cashiers)
    payment.delete()
    hand_in(client, letter)
    drain()

    assert not ledger.balance(Account.UNAPPLIED)
    assert Entry.objects.get(action="payments.stray").facts["fen"] == 0
    assert not open_differences().exists()


def test_a_number_nobody_ever_paid_under_is_handled_once(cashiers: dict[str, Cashier], client: Client, drain: Drain) -> None:
    letter = cashiers["wechat"].forge(number_of(new_id(), kind="P"), "genuine")
    hand_in(client, letter)
    drain()

    assert Notification.objects.get().handled_at


def test_both_platform_keys_are_believed_while_one_replaces_the_other(cashiers: dict[str, Cashier], client: Client, drain: Drain) -> None:
    wechat, payment = cashiers["wechat"], shown(begun(), cashiers)
    old = paid_and_told(payment, cashiers)
    wechat.control("rotate", {})
    new = wechat.forge(payment.number, "genuine")
    assert old.headers["Wechatpay-Serial"] != new.headers["Wechatpay-Serial"]
    assert hand_in(client, old).status_code == 204
    assert hand_in(client, new).status_code == 204

    (wechat.state / "platform_keys" / f"{old.headers['Wechatpay-Serial']}.pem").rename(wechat.state / "retired")
    assert hand_in(client, old).status_code == 401


def test_a_body_beyond_all_measure_a_wrong_method_and_an_unknown_channel_are_refused(cashiers: dict[str, Cashier], client: Client) -> None:
    place = "/api/callbacks/wechat/"

    assert client.post(place, data=b"x" * 65_537, content_type="application/json").status_code == 413
    assert client.post(place, data=b"x" * 300_000, content_type="application/json").status_code == 413
    assert client.get(place).status_code == 405
    assert client.post("/api/callbacks/unionpay/", data=b"{}", content_type="application/json").status_code == 404


def test_a_browser_on_another_site_cannot_post_here(cashiers: dict[str, Cashier], client: Client) -> None:
    answer = client.post("/api/callbacks/alipay/", data=b"a=b", content_type="text/plain", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_the_payers_id_at_the_channel_is_kept_nowhere(
    payment: Payment, cashiers: dict[str, Cashier], client: Client, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    letter = paid_and_told(payment, cashiers)
    hand_in(client, letter)
    drain()
    payment.refresh_from_db()

    known = ["simulated", "2088000000000001", "sim***"]
    kept = str(payment.__dict__) + str(Notification.objects.get().__dict__) + str(list(Entry.objects.values_list("facts", flat=True)))
    assert payment.is_captured
    assert [word for word in known if word in kept + caplog.text] == []


def test_it_is_the_real_present_that_counts(cashiers: dict[str, Cashier], client: Client) -> None:
    letter = paid_and_told(shown(begun(), cashiers), cashiers)
    for by, status in ((timedelta(minutes=4, seconds=50), 204), (timedelta(minutes=5, seconds=1), 401)):
        with clock.advanced(by):
            assert hand_in(client, letter).status_code == status
