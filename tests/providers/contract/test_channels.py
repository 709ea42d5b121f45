"""What every channel that takes payments must do, run for each adapter against its simulator over real HTTP."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import cast

import pytest
from pytest_django import Settings as SettingsWrapper

from besttrav.kernel import clock
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.kernel.registry import forget_providers, provider
from besttrav.payments.models import number_of
from besttrav.payments.port import Channel, Found, PayBack, Prepay, RefundFound, Result, Return, Standing
from tests.cashiers import Cashier

AMOUNT = Money(12_345)
SCENES = {"wechat": ["native", "h5"], "alipay": ["page", "wap"]}


@pytest.fixture(params=["wechat", "alipay"])
def cashier(request: pytest.FixtureRequest, cashiers: dict[str, Cashier]) -> Cashier:
    return cashiers[request.param]


@pytest.fixture
def channel(cashier: Cashier) -> Channel:
    return cast(Channel, provider(cashier.name))


def order(cashier: Cashier, *, number: str = "", scene: str = "", amount: Money = AMOUNT) -> Prepay:
    return Prepay(
        number=number or number_of(new_id(), kind="P"),
        scene=scene or SCENES[cashier.name][0],
        amount=amount,
        description="境外旅行保险 · Travel insurance",
        expires_at=(clock.now() + timedelta(minutes=30)).replace(microsecond=0),
        return_url="https://besttrav.example/orders/1/payment/?way=back",
        payer_address="192.0.2.7",
    )


def begun(cashier: Cashier, channel: Channel, **wishes: object) -> Prepay:
    """An order the person stands before: at some channels it exists only once they have arrived and begun."""
    asked = order(cashier, **wishes)  # type: ignore[arg-type]  # the wishes of the test
    prepared = channel.prepay(asked)
    assert prepared.result is Result.OK
    if cashier.name == "alipay":
        page = cashier.open(prepared.address)
        cashier.press(page, "fail")
    return asked


def paid(cashier: Cashier, channel: Channel, **changed: object) -> Prepay:
    asked = begun(cashier, channel)
    cashier.pay(asked.number, **changed)
    return asked


def back(asked: Prepay, fen: int = AMOUNT.fen, number: str = "") -> PayBack:
    return PayBack(number or number_of(new_id(), kind="R"), asked.number, "", Money(fen), asked.amount, "late")


@pytest.mark.parametrize("which", [0, 1])
def test_an_order_gives_an_address_that_works_for_a_while(channel: Channel, cashier: Cashier, which: int) -> None:
    asked = order(cashier, scene=SCENES[cashier.name][which])
    prepared = channel.prepay(asked)

    assert prepared.result is Result.OK
    assert prepared.address
    assert prepared.valid_until
    assert clock.now() < prepared.valid_until <= asked.expires_at


def test_the_same_order_again_is_the_same_order(channel: Channel, cashier: Cashier) -> None:
    asked = begun(cashier, channel)

    assert channel.prepay(asked).result is Result.OK
    assert [trade["number"] for trade in cashier.books()["trades"]] == [asked.number]


def test_what_is_unpaid_is_open_and_what_is_unknown_is_absent(channel: Channel, cashier: Cashier) -> None:
    asked = begun(cashier, channel)

    assert channel.query(asked.number).standing is Standing.OPEN
    assert channel.query(number_of(new_id(), kind="P")).standing is Standing.ABSENT


def test_what_was_paid_is_told_with_its_amount_and_moment(channel: Channel, cashier: Cashier) -> None:
    before = clock.now().replace(microsecond=0)
    asked = paid(cashier, channel)
    found = channel.query(asked.number)

    assert found.standing is Standing.PAID
    assert found.is_exactly(AMOUNT)
    assert found.reference
    assert found.paid_at
    assert before <= found.paid_at <= clock.now()


def test_another_amount_or_currency_is_not_our_amount(channel: Channel, cashier: Cashier) -> None:
    less, foreign = paid(cashier, channel, fen=12_344), paid(cashier, channel, currency="USD")

    assert channel.query(less.number).fen == 12_344
    assert not channel.query(less.number).is_exactly(AMOUNT)
    assert not channel.query(foreign.number).is_exactly(AMOUNT)


def test_closing_is_repeatable_and_what_is_closed_stays_closed(channel: Channel, cashier: Cashier) -> None:
    asked = begun(cashier, channel)

    assert channel.close(asked.number).standing is Standing.CLOSED
    assert channel.query(asked.number).standing is Standing.CLOSED
    assert channel.close(number_of(new_id(), kind="P")).standing is Standing.ABSENT


def test_closing_what_was_paid_does_not_say_closed(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)

    assert channel.close(asked.number).standing in (Standing.PAID, Standing.UNKNOWN)
    assert channel.query(asked.number).standing is Standing.PAID


def test_a_refund_is_accepted_then_done(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)
    refund = back(asked, 345)

    assert channel.refund(refund).standing is Return.PROCESSING
    cashier.set_clock(10)
    cashier.deliver()
    found = channel.query_refund(refund.number, asked.number)
    assert (found.standing, found.fen) == (Return.SUCCEEDED, 345)
    assert channel.query(asked.number).standing is Standing.PAID, "a refund does not undo that it was paid"


def test_a_refund_under_the_same_number_moves_once(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)
    refund = back(asked, 100)
    for _ in range(3):
        assert channel.refund(refund).standing in (Return.PROCESSING, Return.SUCCEEDED)

    assert [row["fen"] for row in cashier.books()["refunds"]] == [100]


def test_a_whole_refund_leaves_a_payment_that_was_paid(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)
    channel.refund(back(asked))
    cashier.set_clock(10)
    cashier.deliver()

    assert channel.query(asked.number).standing is Standing.PAID


def test_more_than_was_paid_is_refused_for_good(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)

    assert channel.refund(back(asked, AMOUNT.fen + 1)).standing is Return.REFUSED


def test_a_refund_nobody_asked_for_is_absent(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)

    assert channel.query_refund(number_of(new_id(), kind="R"), asked.number).standing is Return.ABSENT


def test_an_empty_balance_is_a_reason_to_try_later(channel: Channel, cashier: Cashier) -> None:
    word = {"wechat": "NOT_ENOUGH", "alipay": "ACQ.SELLER_BALANCE_NOT_ENOUGH"}[cashier.name]
    asked = paid(cashier, channel)
    cashier.misbehave({"fault": "refuse", "call": "refund", "word": word})
    refund = back(asked)

    assert channel.refund(refund).standing is Return.LATER
    assert channel.refund(refund).standing is Return.PROCESSING


FAULTS = ["drop_before", "drop_after", "truncated", "wrong_signature", "unsigned", "status"]
CALLS = ["query", "close", "refund", "query_refund"]
# Where closing is answered without a body, there is nothing to cut.
FAULTY = [(call, fault) for call in CALLS for fault in FAULTS if (call, fault) != ("close", "truncated")]


@pytest.mark.parametrize(("call", "fault"), FAULTY)
def test_what_was_not_answered_by_them_is_unknown(channel: Channel, cashier: Cashier, call: str, fault: str) -> None:
    asked = begun(cashier, channel) if call == "close" else paid(cashier, channel)
    refund = back(asked)
    if call == "query_refund":
        channel.refund(refund)
    cashier.misbehave({"fault": fault, "call": call})
    calls: dict[str, Callable[[], Found | RefundFound]] = {
        "query": partial(channel.query, asked.number),
        "close": partial(channel.close, asked.number),
        "refund": partial(channel.refund, refund),
        "query_refund": partial(channel.query_refund, refund.number, asked.number),
    }

    assert calls[call]().standing.value == "unknown"


def test_without_its_key_nothing_is_sent_and_nobody_is_believed(cashier: Cashier, settings: SettingsWrapper) -> None:
    options = cashier.options | {"key": "/nowhere/key.pem"}
    settings.PROVIDERS = settings.PROVIDERS | {cashier.name: settings.PROVIDERS[cashier.name] | {"options": options}}
    forget_providers()
    channel = cast(Channel, provider(cashier.name))

    assert channel.prepay(order(cashier)).result is Result.UNKNOWN
    assert channel.query("BTP00000001").standing is Standing.UNKNOWN
    assert channel.bill(clock.today()).standing is Standing.UNKNOWN
    assert cashier.books()["trades"] == []


def test_a_bill_says_what_was_paid_and_paid_back(channel: Channel, cashier: Cashier) -> None:
    asked = paid(cashier, channel)
    refund = back(asked, 345)
    channel.refund(refund)
    cashier.set_clock(10)
    cashier.deliver()
    day = clock.now().astimezone(BEIJING).date()
    assert channel.bill(day).standing is Standing.UNKNOWN, "the day is not over"
    cashier.set_clock(86_400 * 2)
    with clock.advanced(timedelta(days=2)):
        bill = channel.bill(day)
        nothing = channel.bill(day - timedelta(days=7))

    assert nothing.standing is Standing.ABSENT
    assert {(line.number, line.refund, line.fen) for line in bill.lines} == {(asked.number, "", 12_345), (asked.number, refund.number, 345)}
    assert sum(line.fee_fen for line in bill.lines) == 74 - 2, "0.60 % of 123.45 yuan, and of 3.45 given back"


def test_a_day_that_is_lost_on_the_way_is_no_bill(channel: Channel, cashier: Cashier) -> None:
    paid(cashier, channel)
    cashier.set_clock(86_400 * 2)
    cashier.misbehave({"fault": "truncated", "call": "bill_file"})
    with clock.advanced(timedelta(days=2)):
        assert channel.bill(clock.today() - timedelta(days=2)).standing is Standing.UNKNOWN
