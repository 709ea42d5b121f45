"""Refunds: one number for each decision, never more than came in, and a failure that leaves the money where it stood."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger, queries
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, PaymentState, Refund, RefundState, Scene
from tests.cashiers import Cashier
from tests.conftest import StoppedClock
from tests.payments.conftest import CLERK, PRICE, begun, captured
from tests.payments.test_paying import violations

Drain = Callable[[], int]


def decided(payment: Payment, fen: int = PRICE.fen) -> Refund:
    return paying.refund(payment=payment, amount=Money(fen), decision=new_id(), because="cancelled", actor=CLERK)


def passing(seconds: int, cashiers: dict[str, Cashier], stopped_clock: StoppedClock) -> None:
    """Time goes by, here and there."""
    start = clock.now()
    stopped_clock.advance(timedelta(seconds=seconds))
    for cashier in cashiers.values():
        cashier.set_clock(cashier.ahead + seconds)
        cashier.deliver()
    assert clock.now() > start


def test_a_refund_is_owed_when_it_is_decided_and_gone_when_the_channel_says_so(
    cashiers: dict[str, Cashier], scene: Scene, drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = captured(cashiers, scene=scene)
    refund = decided(payment, 345)
    assert ledger.balance(Account.REFUND_PAYABLE) == Money(-345)
    assert ledger.balance(Account.PREMIUM_HELD) == Money(345) - PRICE

    drain()
    refund.refresh_from_db()
    assert refund.state == RefundState.PROCESSING
    passing(10, cashiers, stopped_clock)
    paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert ledger.balance(Account.clearing(payment.channel)) == PRICE - Money(345)
    assert ledger.balance(Account.REFUND_PAYABLE) == ZERO
    payment.refresh_from_db()
    assert payment.is_captured, "part of it is still the order's"
    assert violations() == {}


def test_the_whole_refunded_is_returned(cashiers: dict[str, Cashier], scene: Scene, drain: Drain, stopped_clock: StoppedClock) -> None:
    payment = captured(cashiers, scene=scene)
    decided(payment)
    drain()
    passing(10, cashiers, stopped_clock)
    paying.recover()

    payment.refresh_from_db()
    assert payment.state == PaymentState.RETURNED
    assert violations() == {}


def test_the_same_decision_again_is_the_same_refund(cashiers: dict[str, Cashier]) -> None:
    payment, decision = captured(cashiers), new_id()
    refunds = {paying.refund(payment=payment, amount=Money(100), decision=decision, because="cancelled", actor=CLERK).pk for _ in range(3)}

    assert len(refunds) == 1
    with pytest.raises(paying.OtherDecision):
        paying.refund(payment=payment, amount=Money(101), decision=decision, because="cancelled", actor=CLERK)


def test_more_than_came_in_is_refused_also_in_parts(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    decided(payment, 12_000)

    for fen in (346, 0, -1):
        with pytest.raises(paying.RefundTooMuch):
            decided(payment, fen)
    assert decided(payment, 345).amount == Money(345)


def test_without_money_and_after_a_year_there_is_nothing_to_give_back(cashiers: dict[str, Cashier], stopped_clock: StoppedClock) -> None:
    with pytest.raises(paying.NothingCaptured):
        decided(begun())
    payment = captured(cashiers)
    stopped_clock.advance(timedelta(days=365, minutes=1))
    with pytest.raises(paying.RefundTooLate):
        decided(payment)


def test_the_fifty_first_part_is_refused(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    for _ in range(50):
        decided(payment, 1)

    with pytest.raises(paying.TooManyRefunds):
        decided(payment, 1)


def test_two_refunds_of_one_payment_leave_a_minute_apart(cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> None:
    payment = captured(cashiers)
    first, second = decided(payment, 100), decided(payment, 200)
    drain()
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, second.state) == (RefundState.PROCESSING, RefundState.ASKED)

    passing(60, cashiers, stopped_clock)
    paying.recover()
    second.refresh_from_db()
    assert second.state == RefundState.PROCESSING


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "status", "truncated", "wrong_signature"])
def test_a_refund_that_was_not_answered_is_asked_about_and_moves_once(
    cashiers: dict[str, Cashier], scene: Scene, drain: Drain, stopped_clock: StoppedClock, fault: str
) -> None:
    payment = captured(cashiers, scene=scene)
    cashiers[payment.channel].misbehave({"fault": fault, "call": "refund"})
    refund = decided(payment)
    drain()
    refund.refresh_from_db()
    assert refund.state == RefundState.UNKNOWN

    for _ in range(4):
        passing(61, cashiers, stopped_clock)
        paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert [row["fen"] for row in cashiers[payment.channel].books()["refunds"]] == [PRICE.fen]
    assert violations() == {}


def test_lost_five_times_it_is_still_one_refund(cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> None:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "drop_before", "call": "refund", "times": 5})
    refund = decided(payment)
    drain()
    for _ in range(60):
        passing(61, cashiers, stopped_clock)
        paying.recover()
    refund.refresh_from_db()

    assert refund.state == RefundState.SUCCEEDED
    assert len(cashiers["wechat"].books()["refunds"]) == 1


def test_an_empty_balance_is_tried_again_under_the_same_number(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "refuse", "call": "refund", "word": "NOT_ENOUGH"})
    refund = decided(payment)
    drain()
    refund.refresh_from_db()
    assert (refund.state, refund.code) == (RefundState.ASKED, "notenough")

    for _ in range(3):
        passing(61, cashiers, stopped_clock)
        paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_a_refund_that_fails_leaves_the_money_where_it_stood(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "refund_becomes", "word": "CLOSED"})
    refund = decided(payment)
    drain()
    passing(10, cashiers, stopped_clock)
    paying.recover()

    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert ledger.balance(Account.PREMIUM_HELD) == -PRICE
    assert violations() == {}
    assert list(queries.awaiting_a_person(clock.now())) == [payment]
    assert decided(payment).number != refund.number, "another way is another decision"
    assert not queries.awaiting_a_person(clock.now()).exists()


def test_a_refund_the_channel_cannot_pay_out_waits_for_a_person(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "refund_becomes", "word": "ABNORMAL"})
    refund = decided(payment)
    drain()
    passing(10, cashiers, stopped_clock)
    paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.STUCK
    assert list(queries.awaiting_a_person(clock.now())) == [payment]
    assert ledger.balance(Account.REFUND_PAYABLE) == -PRICE, "it is still owed"

    cashiers["wechat"].control("refund", {"number": refund.number, "status": "SUCCESS"})
    for _ in range(2):
        passing(3600, cashiers, stopped_clock)
        paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_what_an_insurer_is_owed_can_be_given_back_too(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    paying.owe_insurer(payment_id=payment.id, because="issued", actor=CLERK)

    assert decided(payment).source == Account.INSURER_PAYABLE
    assert ledger.balance(Account.INSURER_PAYABLE) == ZERO
