"""Each invariant of money notices what it is there for. Rows are broken by hand, and what would stop that is lifted first."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import operations as paying
from besttrav.payments.models import Payment
from tests.cashiers import Cashier
from tests.conftest import StoppedClock
from tests.payments.conftest import CLERK, captured
from tests.payments.test_bills import compared
from tests.payments.test_paying import violations
from tests.payments.test_refunding import passing

Drain = Callable[[], int]
LEDGER = ("payments_line", "payments_posting")


@pytest.fixture
def books(cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> Payment:
    """Paid, a part given back, the day's bill read with one difference: all as it should be."""
    payment = captured(cashiers)
    paying.refund(payment=payment, amount=Money(345), decision=new_id(), because="cancelled", actor=CLERK)
    drain()
    passing(10, cashiers, stopped_clock)
    paying.recover()
    cashiers["wechat"].misbehave({"fault": "bill_changed", "fen": 1, "number": payment.number})
    compared(cashiers, payment)
    assert violations() == {}
    return payment


def noticed(*statements: str) -> set[str]:
    """What is noticed once these were done to the books behind everybody's back; then it is undone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in LEDGER:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in LEDGER:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        found = set(violations())
        transaction.set_rollback(True)
    return found


REFUND_POSTING = "(SELECT id FROM payments_posting WHERE key LIKE 'refund:%')"
BALANCE, PAYMENTS, PLACES, CHANNELS, PATHS, ASKED = (
    "every_posting_balances_and_the_ledger_is_guarded",
    "every_payment_is_what_its_postings_say",
    "every_captured_fen_has_its_place",
    "every_channel_holds_what_its_payments_say_and_every_difference_is_told",
    "every_payment_refund_and_difference_moved_along_its_table",
    "every_payment_and_refund_is_settled_or_will_be_asked_about",
)


BREAKAGES: dict[str, set[str]] = {
    "DELETE FROM payments_line WHERE fen > 0": {BALANCE, PAYMENTS, PLACES, CHANNELS},
    "DROP TRIGGER payments_line_stays ON payments_line": {BALANCE},
    "UPDATE payments_line SET fen = fen * 2": {PAYMENTS, PLACES, CHANNELS},
    f"UPDATE payments_line SET fen = fen + sign(fen)::int WHERE posting_id = {REFUND_POSTING}": {PAYMENTS, PLACES},
    f"UPDATE payments_line SET account = 'unapplied' WHERE fen > 0 AND posting_id = {REFUND_POSTING}": {PAYMENTS, PLACES},
    "UPDATE payments_line SET account = 'bank' WHERE account = 'wechat_clearing' AND fen < -100": {CHANNELS},
    "UPDATE payments_line SET account = 'fees' WHERE account = 'premium_held' AND fen < 0": {PLACES},
    "UPDATE payments_payment SET refunding_fen = refunding_fen + 1": {PAYMENTS, PLACES},
    "UPDATE payments_payment SET state = 'unapplied'": {PLACES, PATHS},
    "UPDATE payments_payment SET state = 'open', ask_at = now()": {PLACES, PATHS},
    "UPDATE payments_payment SET ask_at = now()": {ASKED},
    "UPDATE payments_refund SET state = 'asked', ask_at = now()": {PAYMENTS, CHANNELS, PATHS},
    "UPDATE payments_refund SET ask_at = now()": {ASKED},
    "UPDATE payments_refund SET is_by_hand = true, proposed_by = id, confirmed_by = payment_id": {CHANNELS},
    "DELETE FROM payments_difference": {CHANNELS},
    "UPDATE payments_difference SET state = 'settled', what = 'payment_missing_here'": {CHANNELS},
}


def test_what_is_wrong_with_the_books_is_noticed(books: Payment) -> None:
    assert {statement: noticed(statement) for statement in BREAKAGES} == BREAKAGES
