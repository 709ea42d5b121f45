"""Each invariant of the books notices what it is there for. Rows are broken by hand, and what would stop that is lifted first."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from besttrav.books import operations as books
from besttrav.books.models import RunKind
from besttrav.kernel import clock
from besttrav.policies.models import TransactionKind
from tests.books.conftest import SECOND, Said, entered, file_of, issued, ruled, taken, then, violations
from tests.payments.conftest import CLERK

ENTERED, POSTED, RUNS, HELD, TOLD, ONE_RULE, PATHS, NETTED = (
    "every_transaction_is_entered_as_it_is",
    "every_commission_is_posted_as_it_was_entered",
    "every_run_is_what_its_entries_and_its_posting_say",
    "what_is_owed_to_an_insurer_is_held_for_it",
    "every_statement_is_told_whole",
    "one_rule_holds_for_a_sale",
    "every_rule_and_run_moved_along_its_table",
    "premiums_and_commission_are_never_netted",
)
LINES = "(SELECT l.id FROM payments_line l JOIN payments_posting s ON s.id = l.posting_id WHERE s.key LIKE '{}:%' LIMIT 1)"


def noticed(*statements: str) -> set[str]:
    """What is noticed once these were done to the books behind everybody's back; then it is undone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("payments_line", "payments_posting"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("payments_line", "payments_posting"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        found = set(violations())
        transaction.set_rollback(True)
    return found


@pytest.fixture
def told(db: None) -> None:
    """Two policies, one of them stated with another sum, one run paid, one proposed: all as it should be."""
    ruled(2_500)
    one, other = entered(12_345), entered(20_000)
    books.enter(policy=then(other, TransactionKind.CANCEL, -5_000))
    taken(file_of([Said(one.number, premium="123.46"), Said(other.number, premium="200.00", commission="50.00")]))
    run = books.propose_run(kind=RunKind.PREMIUM, insurer="heyan", until=clock.today(), actor=CLERK)
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    books.propose_run(kind=RunKind.COMMISSION, insurer="heyan", until=clock.today(), actor=CLERK)
    assert violations() == {}


@pytest.mark.parametrize(
    ("statement", "which"),
    [
        ("UPDATE books_entry SET insurer = 'songhe' WHERE kind = 'cancel'", ENTERED),
        ("UPDATE books_entry SET commission_fen = commission_fen + 1 WHERE kind = 'cancel'", POSTED),
        (f"UPDATE payments_line SET fen = fen * 2 WHERE id = {LINES.format('commission')}", POSTED),
        ("UPDATE books_run SET fen = fen + 1 WHERE state = 'proposed'", RUNS),
        ("UPDATE books_run SET fen = fen + 1 WHERE state = 'paid'", RUNS),
        ("UPDATE books_entry SET premium_run_id = NULL", RUNS),
        ("UPDATE books_run SET state = 'withdrawn' WHERE state = 'proposed'", RUNS),
        ("UPDATE payments_posting SET key = 'handed_on:SR0' WHERE key LIKE 'handed_on:%'", RUNS),
        ("DELETE FROM books_finding WHERE line_id IS NOT NULL", TOLD),
        ("UPDATE books_statement SET lines = lines + 1", TOLD),
        ("UPDATE books_statementline SET commission_fen = 1 WHERE place = 3", TOLD),
        ("ALTER TABLE books_rule DROP CONSTRAINT books_one_rule_at_a_time", ONE_RULE),
        ("UPDATE books_rule SET state = 'refused'", PATHS),
        ("UPDATE payments_line SET account = 'commission_bank' WHERE account = 'bank'", NETTED),
    ],
)
def test_what_is_not_as_it_was_is_noticed(told: None, statement: str, which: str) -> None:
    assert which in noticed(statement)


def test_what_was_sold_and_never_entered_is_noticed(db: None) -> None:
    issued()
    assert violations() == {}
    with clock.advanced(timedelta(hours=3)):
        assert set(violations()) == {ENTERED}
