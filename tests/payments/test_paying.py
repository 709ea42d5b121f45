"""Beginning, preparing, asking, closing: money is taken in once, in the right place, whatever happens on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from pytest_django import Settings as SettingsWrapper

from besttrav.journal.queries import about_record
from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import ZERO, Money
from besttrav.kernel.registry import forget_providers
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, PaymentState, RefundState, Scene
from besttrav.payments.operations import recovering
from besttrav.privacy import invariants
from tests.cashiers import Cashier
from tests.conftest import StoppedClock
from tests.payments.conftest import BACK, BUYER, PRICE, begun, captured, shown

Drain = Callable[[], int]
MONEY = ["every_posting_balances", "every_payment_", "every_captured_", "every_channel_"]


def violations() -> dict[str, list[str]]:
    """What does not hold of money."""
    others = [name for name in invariants.names() if not name.startswith(tuple(MONEY))]
    return invariants.violations(but=others)


def happened(payment: Payment) -> list[str]:
    return [entry.action for entry in reversed(about_record(payment))]


def test_a_payment_is_applied_to_its_order_and_the_ledger_says_so(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = captured(cashiers, scene=scene)

    assert payment.is_captured
    assert payment.captured == PRICE
    assert payment.reference
    assert ledger.balance(Account.clearing(payment.channel)) == PRICE
    assert ledger.balance(Account.PREMIUM_HELD) == -PRICE
    assert ledger.balance(Account.UNAPPLIED) == ZERO
    assert "payments.captured" in happened(payment)
    assert violations() == {}


def test_asking_again_changes_nothing(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = captured(cashiers, scene=scene)
    entries = happened(payment)
    for _ in range(3):
        paying.ask(payment=payment)

    assert happened(payment) == entries
    assert ledger.balance(Account.clearing(payment.channel)) == PRICE


def test_pressing_pay_twice_is_one_attempt(cashiers: dict[str, Cashier]) -> None:
    order, end = new_id(), clock.now() + timedelta(minutes=30)

    assert begun(order, expires_at=end) == begun(order, expires_at=end)


def test_another_way_to_pay_gives_the_first_up_and_closes_it(cashiers: dict[str, Cashier], drain: Drain) -> None:
    order = new_id()
    first = shown(begun(order), cashiers)
    second = shown(begun(order, scene=Scene.PAGE), cashiers)
    drain()

    first.refresh_from_db()
    assert first.state == PaymentState.CLOSED
    assert cashiers["wechat"].trade(first.number)["status"] == "closed"
    assert second.is_open


def test_the_number_follows_from_the_row_and_fits_both_channels(cashiers: dict[str, Cashier]) -> None:
    numbers = {begun(scene=scene).number for scene in Scene}

    assert len(numbers) == 4
    assert all(number.isascii() and number.isalnum() and number.startswith("BTP") and len(number) <= 32 for number in numbers)


def test_an_address_is_kept_while_it_works_and_made_anew_after(
    wechat: Cashier, cashiers: dict[str, Cashier], stopped_clock: StoppedClock
) -> None:
    payment = begun(scene=Scene.H5)
    first = paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7")
    wechat.misbehave({"fault": "status", "call": "prepay"})
    assert paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7") == first, "nobody was called"

    wechat.misbehave()
    stopped_clock.advance(timedelta(minutes=4, seconds=59))
    wechat.set_clock(299)
    assert paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7").address == first.address
    stopped_clock.advance(timedelta(seconds=2))
    assert paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7").address != first.address


def test_the_payers_network_address_is_kept_nowhere(cashiers: dict[str, Cashier]) -> None:
    payment = begun(scene=Scene.H5)
    paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.77")

    payment.refresh_from_db()
    assert "192.0.2.77" not in str(payment.__dict__)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status", "truncated"])
def test_an_order_that_was_not_answered_is_placed_again_with_the_same_values(
    wechat: Cashier, cashiers: dict[str, Cashier], fault: str
) -> None:
    payment = begun()
    wechat.misbehave({"fault": fault, "call": "prepay"})
    assert paying.prepay(payment=payment, return_url=BACK, payer_address="").result == "unknown"

    shown(payment, cashiers)
    assert len(wechat.books()["trades"]) == 1
    assert payment.state == PaymentState.OPEN


def test_nothing_is_sent_inside_a_transaction(cashiers: dict[str, Cashier]) -> None:
    payment = begun()

    with pytest.raises(RuntimeError), transaction.atomic():
        paying.prepay(payment=payment, return_url=BACK, payer_address="")


def test_what_is_paid_before_the_answer_to_the_order_is_found_by_its_number(wechat: Cashier, cashiers: dict[str, Cashier]) -> None:
    payment = begun()
    wechat.misbehave({"fault": "drop_after", "call": "prepay"})
    paying.prepay(payment=payment, return_url=BACK, payer_address="")
    wechat.pay(payment.number)
    paying.ask(payment=payment)

    assert payment.is_captured
    assert violations() == {}


def test_paying_twice_by_two_channels_gives_the_second_back(cashiers: dict[str, Cashier], drain: Drain) -> None:
    order = new_id()
    first = shown(begun(order, scene=Scene.PAGE), cashiers)
    second = shown(begun(order), cashiers)
    cashiers["wechat"].pay(second.number)
    cashiers["alipay"].pay(first.number)
    paying.ask(payment=second)
    paying.ask(payment=first)

    assert (second.state, first.state) == (PaymentState.CAPTURED, PaymentState.UNAPPLIED)
    assert first.refunds.get().amount == PRICE
    drain()
    paying.ask_refund(refund=first.refunds.get())
    first.refresh_from_db()
    assert first.state == PaymentState.RETURNED
    assert ledger.balance(Account.ALIPAY_CLEARING) == ZERO
    assert violations() == {}


def test_a_way_that_was_given_up_still_buys_the_order_when_it_is_the_one_paid(cashiers: dict[str, Cashier]) -> None:
    order = new_id()
    first = shown(begun(order, scene=Scene.PAGE), cashiers)
    second = shown(begun(order), cashiers)
    cashiers["alipay"].pay(first.number)
    paying.ask(payment=first)

    second.refresh_from_db()
    assert first.is_captured
    assert second.given_up_at, "and the other one is closed by a job"


def test_paying_an_order_that_is_wanted_no_more_goes_back(cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number)
    assert paying.give_up(order_id=payment.order_id, because="cancelled", actor=BUYER) == 1
    paying.ask(payment=payment)

    assert payment.state == PaymentState.UNAPPLIED
    assert payment.refunds.get().state == RefundState.ASKED


def test_a_payment_is_closed_when_its_time_is_over(
    cashiers: dict[str, Cashier], scene: Scene, stopped_clock: StoppedClock, drain: Drain
) -> None:
    payment = shown(begun(scene=scene), cashiers)
    stopped_clock.advance(timedelta(minutes=30, seconds=16))
    cashiers[payment.channel].set_clock(30 * 60 + 16)
    paying.recover()

    payment.refresh_from_db()
    assert payment.state == PaymentState.CLOSED
    assert payment.ask_at is None


def test_a_payment_the_channel_never_saw_stays_open_until_its_end(alipay: Cashier, cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(scene=Scene.PAGE), cashiers)
    paying.close(payment=payment)

    payment.refresh_from_db()
    assert payment.is_open, "the buyer may be at the login page and still pay"


def test_money_that_comes_after_the_close_is_given_back(
    cashiers: dict[str, Cashier], scene: Scene, stopped_clock: StoppedClock, drain: Drain
) -> None:
    payment = shown(begun(scene=scene), cashiers)
    stopped_clock.advance(timedelta(minutes=31))
    cashier = cashiers[payment.channel]
    cashier.set_clock(31 * 60)
    paying.recover()
    cashier.pay(payment.number)
    paying.ask(payment=payment)

    assert payment.state == PaymentState.UNAPPLIED
    assert payment.captured == PRICE
    assert violations() == {}
    drain()
    stopped_clock.advance(timedelta(seconds=30))
    cashier.set_clock(31 * 60 + 30)
    cashier.deliver()
    paying.recover()
    payment.refresh_from_db()
    assert payment.state == PaymentState.RETURNED
    assert ledger.balance(Account.clearing(payment.channel)) == ZERO
    assert violations() == {}


def test_paid_at_the_moment_of_the_close_is_paid(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = shown(begun(scene=scene), cashiers)
    cashiers[payment.channel].pay(payment.number)
    paying.close(payment=payment)

    assert payment.is_captured


@pytest.mark.parametrize(
    ("changed", "taken"), [({"fen": 1}, 1), ({"fen": 99_999}, 99_999), ({"currency": "USD"}, 0), ({"app": "wx00000000000000ff"}, 0)]
)
def test_what_does_not_fit_waits_for_a_person(cashiers: dict[str, Cashier], changed: dict[str, object], taken: int) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number, **changed)
    paying.ask(payment=payment)

    assert payment.state == PaymentState.DISPUTED
    assert payment.captured == Money(taken)
    assert ledger.balance(Account.UNAPPLIED) == Money(-taken)
    assert not payment.refunds.exists()
    assert "payments.captured" not in happened(payment)
    assert violations() == {}
    with pytest.raises(paying.BeingLookedInto):
        begun(payment.order_id)


def test_an_order_that_is_paid_takes_no_further_payment(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)

    with pytest.raises(paying.AlreadyPaid):
        begun(payment.order_id, scene=Scene.PAGE)
    assert paying.prepay(payment=payment, return_url=BACK, payer_address="").result == "rejected"


def test_nothing_and_too_late_are_refused() -> None:
    with pytest.raises(paying.NothingToPay):
        begun(amount=ZERO)
    with pytest.raises(paying.TooLate):
        begun(minutes=-1)
    with pytest.raises(ValueError, match="is no scene of"):
        paying.begin(
            order_id=new_id(), subject=None, amount=PRICE, channel=Scene.PAGE.channel, scene=Scene.NATIVE, description="x",
            expires_at=clock.now() + timedelta(minutes=5), actor=BUYER,
        )  # fmt: skip


def test_without_any_callback_the_clock_finds_the_money(cashiers: dict[str, Cashier], scene: Scene, stopped_clock: StoppedClock) -> None:
    payment = shown(begun(scene=scene), cashiers)
    cashiers[payment.channel].pay(payment.number)
    assert paying.recover() == 0, "it is too early to ask"
    stopped_clock.advance(timedelta(seconds=5))
    assert paying.recover() == 1

    payment.refresh_from_db()
    assert payment.is_captured
    assert paying.recover() == 0


def test_questions_come_less_and_less_often_until_the_end(cashiers: dict[str, Cashier], stopped_clock: StoppedClock) -> None:
    payment = shown(begun(), cashiers)
    start, asked = payment.begun_at, []
    while (payment.ask_at or start) < payment.expires_at:
        stopped_clock.move_to(payment.ask_at or start)
        cashiers["wechat"].set_clock((clock.now() - start).total_seconds())
        paying.recover()
        payment.refresh_from_db()
        asked.append(int((clock.now() - start).total_seconds()))

    assert asked[:4] == [5, 30, 120, 600]
    assert payment.ask_at == payment.expires_at + timedelta(seconds=15)


def test_a_page_that_polls_asks_the_channel_every_few_seconds_only(cashiers: dict[str, Cashier], stopped_clock: StoppedClock) -> None:
    payment = shown(begun(), cashiers)
    for _ in range(5):
        paying.ask_if_due(payment=payment)
    assert payment.asks == 1
    cashiers["wechat"].pay(payment.number)
    stopped_clock.advance(timedelta(seconds=3))
    paying.ask_if_due(payment=payment)
    assert payment.is_captured


def test_a_channel_that_is_away_leaves_everything_as_it_is(cashiers: dict[str, Cashier], scene: Scene, stopped_clock: StoppedClock) -> None:
    payment = shown(begun(scene=scene), cashiers)
    state = payment.state
    cashiers[payment.channel].misbehave({"fault": "status", "times": 9})
    stopped_clock.advance(timedelta(seconds=5))
    paying.recover()

    payment.refresh_from_db()
    assert payment.state == state
    assert payment.ask_at
    assert payment.ask_at > clock.now()


def test_a_channel_that_fails_as_nobody_foresaw_keeps_no_other_from_its_turn_and_is_told(
    cashiers: dict[str, Cashier], stopped_clock: StoppedClock, settings: SettingsWrapper
) -> None:
    broken, other = shown(begun(), cashiers), shown(begun(scene=Scene.PAGE), cashiers)
    cashiers["alipay"].pay(other.number)
    settings.PROVIDERS = settings.PROVIDERS | {"wechat": {"class": "besttrav.nowhere.Channel"}}
    forget_providers()
    stopped_clock.advance(timedelta(seconds=5))
    with pytest.raises(ExceptionGroup) as told:
        paying.recover()

    assert [type(error) for error in told.value.exceptions] == [ImproperlyConfigured]
    other.refresh_from_db()
    broken.refresh_from_db()
    assert (broken.is_open, other.is_captured) == (True, True)


def test_a_channel_with_more_to_do_than_fits_in_a_run_takes_no_other_channels_place(
    cashiers: dict[str, Cashier], stopped_clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovering, "MOST", 1)
    for _ in range(2):
        shown(begun(), cashiers)
    other = shown(begun(scene=Scene.PAGE), cashiers)
    cashiers["alipay"].pay(other.number)
    stopped_clock.advance(timedelta(seconds=5))
    assert paying.recover() == 2

    other.refresh_from_db()
    assert other.is_captured


def test_after_issue_the_premium_is_the_insurers_once(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    for _ in range(2):
        paying.owe_insurer(payment_id=payment.id, because="issued", actor=BUYER)

    assert ledger.balance(Account.INSURER_PAYABLE) == -PRICE
    assert ledger.balance(Account.PREMIUM_HELD) == ZERO
    assert violations() == {}
