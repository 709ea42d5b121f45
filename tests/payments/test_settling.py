"""What people settle: a refund that failed, money paid back by hand, differences with a channel. Nothing is paid twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger, queries
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import BillReading, ChannelName, Difference, DifferenceState, Payment, PaymentState, Refund, RefundState
from tests.cashiers import Cashier
from tests.conftest import StoppedClock
from tests.payments.conftest import CLERK, PRICE, begun, captured, shown
from tests.payments.test_bills import compared
from tests.payments.test_paying import violations
from tests.payments.test_refunding import decided, passing

Drain = Callable[[], int]
SECOND = Actor.staff(id=new_id(), number="0418", roles=frozenset({"finance"}))


def failed(cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> Refund:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "refund_becomes", "word": "CLOSED"})
    refund = decided(payment)
    drain()
    passing(10, cashiers, stopped_clock)
    paying.recover()
    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    cashiers["wechat"].misbehave()
    return refund


def waiting() -> list[Payment]:
    return list(queries.awaiting_a_person(clock.now()))


def test_a_refund_that_failed_is_tried_again_once_however_often_that_is_pressed(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    refund = failed(cashiers, drain, stopped_clock)
    again = {paying.refund_again(refund=refund, because="tried_again", actor=CLERK).pk for _ in range(3)}
    assert len(again) == 1
    assert waiting() == []

    passing(70, cashiers, stopped_clock)
    drain()
    passing(70, cashiers, stopped_clock)
    paying.recover()
    refund.payment.refresh_from_db()
    assert refund.payment.state == PaymentState.RETURNED
    assert [row["fen"] for row in cashiers["wechat"].books()["refunds"] if row["status"] == "SUCCESS"] == [PRICE.fen]
    assert violations() == {}


@pytest.mark.parametrize("fault", ["status", "drop_before"])
def test_a_refund_whose_failure_the_channel_does_not_confirm_is_not_tried_again(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock, fault: str
) -> None:
    refund = failed(cashiers, drain, stopped_clock)
    cashiers["wechat"].misbehave({"fault": fault, "call": "query_refund", "times": 9})
    with pytest.raises(paying.NotSurelyFailed):
        paying.refund_again(refund=refund, because="tried_again", actor=CLERK)
    with pytest.raises(paying.NotSurelyFailed):
        paying.pay_by_hand(payment=refund.payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    cashiers["wechat"].misbehave()
    cashiers["wechat"].control("refund", {"number": refund.number, "status": "SUCCESS"})
    with pytest.raises(paying.NotSurelyFailed):
        paying.refund_again(refund=refund, because="tried_again", actor=CLERK)
    with pytest.raises(paying.NotSurelyFailed):
        paying.pay_by_hand(payment=refund.payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    assert Refund.objects.count() == 1


def test_what_was_paid_by_hand_takes_two_people_and_is_paid_once(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = failed(cashiers, drain, stopped_clock).payment
    by_hand = paying.pay_by_hand(payment=payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    assert waiting() == [payment], "until it is confirmed"
    assert ledger.balance(Account.REFUND_PAYABLE) == -PRICE
    assert violations() == {}
    with pytest.raises(paying.RefundTooMuch):
        decided(payment)
    with pytest.raises(paying.RefundUnderWay):
        paying.pay_by_hand(payment=payment, reference="BANK-2026-0043", because="no_other_way", actor=SECOND)
    with pytest.raises(paying.SecondPersonNeeded):
        paying.confirm_by_hand(refund=by_hand, is_right=True, actor=CLERK)

    paying.recover()
    paying.send_refund(refund=by_hand)
    assert len(cashiers["wechat"].books()["refunds"]) == 1, "nothing of it is sent"
    paying.confirm_by_hand(refund=by_hand, is_right=True, actor=SECOND)
    payment.refresh_from_db()
    assert payment.state == PaymentState.RETURNED
    assert (ledger.balance(Account.BANK), ledger.balance(Account.REFUND_PAYABLE)) == (-PRICE, ZERO)
    assert waiting() == []
    assert violations() == {}
    with pytest.raises(paying.NothingProposed):
        paying.confirm_by_hand(refund=by_hand, is_right=True, actor=SECOND)


def test_what_is_not_confirmed_is_owed_as_before(cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> None:
    payment = failed(cashiers, drain, stopped_clock).payment
    by_hand = paying.pay_by_hand(payment=payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    paying.confirm_by_hand(refund=by_hand, is_right=False, actor=SECOND)

    assert ledger.balance(Account.PREMIUM_HELD) == -PRICE
    assert waiting() == [payment]
    assert violations() == {}


def test_money_that_bought_something_is_not_paid_back_by_hand(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    with pytest.raises(paying.NothingOwed):
        paying.pay_by_hand(payment=payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    assert not Refund.objects.exists()


def test_what_stands_though_the_channel_takes_it_no_more_is_paid_by_hand_and_no_more_than_that(
    cashiers: dict[str, Cashier], stopped_clock: StoppedClock
) -> None:
    payment, part = captured(cashiers), Money(345)
    passing(366 * 86_400, cashiers, stopped_clock)
    with pytest.raises(paying.RefundTooLate):
        decided(payment, part.fen)
    stands = {"because": "surrendered", "actor": CLERK, "stands": True}
    refund = paying.refund(payment=payment, amount=part, decision=new_id(), **stands)  # type: ignore[arg-type]  # as named
    assert (refund.state, refund.code, waiting()) == (RefundState.FAILED, "refund_too_late", [payment])

    payment.refresh_from_db()
    by_hand = paying.pay_by_hand(payment=payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)
    paying.confirm_by_hand(refund=by_hand, is_right=True, actor=SECOND)
    payment.refresh_from_db()
    assert (by_hand.amount, payment.refunded_fen) == (part, part.fen)
    with pytest.raises(paying.NothingOwed):
        paying.pay_by_hand(payment=payment, reference="BANK-2026-0043", because="no_other_way", actor=CLERK)
    assert violations() == {}


def test_what_a_channel_may_still_pay_is_not_paid_by_hand_as_well(cashiers: dict[str, Cashier], drain: Drain) -> None:
    payment = captured(cashiers)
    decided(payment, 345)
    drain()

    with pytest.raises(paying.RefundUnderWay):
        paying.pay_by_hand(payment=payment, reference="BANK-2026-0042", because="no_other_way", actor=CLERK)


def test_a_refund_that_takes_longer_than_banks_do_waits_for_a_person(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock
) -> None:
    payment = captured(cashiers)
    decided(payment)
    drain()
    stopped_clock.advance(timedelta(days=3))
    assert waiting() == []
    stopped_clock.advance(timedelta(seconds=1))

    assert waiting() == [payment]


def test_disputed_money_goes_back_when_a_person_says_so_once(cashiers: dict[str, Cashier], drain: Drain) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number, fen=99_999)
    paying.ask(payment=payment)
    assert waiting() == [payment]
    given = {paying.give_back(payment=payment, because="other_amount", actor=CLERK).pk for _ in range(2)}

    assert len(given) == 1
    assert Refund.objects.get().amount == Money(99_999)
    assert waiting() == []
    with pytest.raises(paying.NothingUnapplied):
        paying.give_back(payment=captured(cashiers), because="other_amount", actor=CLERK)


def test_what_is_no_money_of_ours_waits_as_a_difference(cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number, currency="USD")
    paying.ask(payment=payment)

    assert waiting() == []
    assert [(one.what, one.payment_id) for one in queries.open_differences()] == [("other_currency", payment.pk)]


def test_a_difference_is_settled_by_two_people(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    cashiers["wechat"].misbehave({"fault": "bill_changed", "fen": 1, "number": payment.number})
    compared(cashiers, payment)
    difference = queries.open_differences().get()
    assert (difference.payment_id, difference.here, difference.there) == (payment.pk, PRICE, Money(1))
    with pytest.raises(paying.NothingProposed):
        paying.confirm_settlement(difference=difference, is_right=True, actor=SECOND)

    paying.propose_settlement(difference=difference, reference="CASE-77", actor=CLERK)
    with pytest.raises(paying.SecondPersonNeeded):
        paying.confirm_settlement(difference=difference, is_right=True, actor=CLERK)
    paying.confirm_settlement(difference=difference, is_right=False, actor=SECOND)
    assert queries.open_differences().get().reference == ""
    paying.propose_settlement(difference=difference, reference="CASE-78", actor=SECOND)
    paying.confirm_settlement(difference=difference, is_right=True, actor=CLERK)

    assert not queries.open_differences().exists()
    assert violations() == {}


def test_what_was_asked_about_and_taken_in_settles_itself(cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number)
    cashiers["wechat"].misbehave({"fault": "status", "call": "query", "times": 9})
    compared(cashiers, payment)
    assert queries.open_differences().count() == 1

    cashiers["wechat"].misbehave()
    with clock.advanced(timedelta(days=2)):
        paying.look_again()
    assert Difference.objects.get().state == DifferenceState.SETTLED
    assert violations() == {}


def test_the_bill_of_a_day_that_was_missed_is_read_later(cashiers: dict[str, Cashier], stopped_clock: StoppedClock) -> None:
    payment = captured(cashiers)
    name, day = ChannelName(payment.channel), clock.today()
    stopped_clock.advance(timedelta(days=3))

    assert queries.unread_days(name, clock.today()) == [day, day + timedelta(days=1), day + timedelta(days=2)]
    BillReading.objects.create(channel=name, day=day + timedelta(days=1), lines=0, differences=0)
    assert queries.unread_days(name, clock.today()) == [day, day + timedelta(days=2)]
    assert queries.unread_days(ChannelName.ALIPAY, clock.today()) == []
