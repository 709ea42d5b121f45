"""Two hands on the same money: what comes in is taken in once, and what goes back is never more."""

from functools import partial
from typing import Any

import pytest

from besttrav.journal.models import Entry
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Notification, Payment, PaymentState, Refund, Scene
from besttrav.privacy import invariants
from tests.cashiers import Cashier
from tests.faults.test_together import at_once
from tests.payments.conftest import CLERK, PRICE, begun, captured, shown

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])


def decided(payment: Payment, fen: int, decision: Any = None) -> Refund:
    mine = Payment.objects.get(pk=payment.pk)
    return paying.refund(payment=mine, amount=Money(fen), decision=decision or new_id(), because="cancelled", actor=CLERK)


def asked(payment: Payment) -> None:
    paying.ask(payment=Payment.objects.get(pk=payment.pk))


def test_of_two_who_refund_the_same_money_one_is_refused(cashiers: dict[str, Cashier]) -> None:
    for _ in range(5):
        payment = captured(cashiers)
        outcomes = at_once(*[partial(decided, payment, PRICE.fen - 1)] * 2)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refund", "RefundTooMuch"]
        assert payment.refunds.count() == 1
    assert invariants.violations() == {}


def test_one_decision_told_by_many_at_once_is_one_refund(cashiers: dict[str, Cashier]) -> None:
    payment, decision = captured(cashiers), new_id()
    outcomes = at_once(*[partial(decided, payment, 100, decision)] * 6)

    assert {outcome.pk for outcome in outcomes} == {payment.refunds.get().pk}


def test_a_refund_sent_by_two_jobs_at_once_leaves_once(cashiers: dict[str, Cashier]) -> None:
    payment = captured(cashiers)
    refund = decided(payment, 100)
    outcomes = at_once(*[lambda: paying.send_refund(refund=Refund.objects.get(pk=refund.pk))] * 4)

    assert not [outcome for outcome in outcomes if outcome is not None]
    assert [row["fen"] for row in cashiers["wechat"].books()["refunds"]] == [100]


def test_money_asked_about_by_many_at_once_is_taken_in_once(cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number)
    outcomes = at_once(*[partial(asked, payment)] * 6)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert ledger.balance(Account.WECHAT_CLEARING) == PRICE
    assert Entry.objects.filter(action="payments.captured", about_id=payment.pk).count() == 1


def test_two_payments_of_one_order_taken_in_at_once_buy_it_once(cashiers: dict[str, Cashier]) -> None:
    for _ in range(5):
        order = new_id()
        first, second = shown(begun(order, scene=Scene.PAGE), cashiers), shown(begun(order), cashiers)
        cashiers["alipay"].pay(first.number)
        cashiers["wechat"].pay(second.number)
        assert not [outcome for outcome in at_once(partial(asked, first), partial(asked, second)) if isinstance(outcome, Exception)]
        states = set(Payment.objects.filter(order_id=order).values_list("state", flat=True))
        assert states == {PaymentState.CAPTURED, PaymentState.UNAPPLIED}
    assert invariants.violations() == {}


def test_pressing_pay_at_once_in_many_tabs_is_one_attempt(cashiers: dict[str, Cashier]) -> None:
    payment = begun()
    outcomes = at_once(*[partial(begun, payment.order_id, expires_at=payment.expires_at)] * 6)

    assert set(outcomes) == {payment}


def test_fifty_times_the_same_notice_at_once_is_one(cashiers: dict[str, Cashier]) -> None:
    payment = shown(begun(), cashiers)
    cashiers["wechat"].pay(payment.number)
    (letter,) = cashiers["wechat"].deliver()

    def handed_in() -> list[int]:
        return [paying.receive(channel="wechat", headers=letter.headers, body=letter.body).status for _ in range(10)]

    assert at_once(*[handed_in] * 5) == [[204] * 10] * 5
    assert Notification.objects.count() == 1
