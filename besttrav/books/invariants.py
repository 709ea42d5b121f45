"""What must be true of the books whatever has crashed, was repeated or is under way. Asked with all the others by `manage.py invariants`.

M3 each fen owed to an insurer is held for it; M4 what was stated, posted and paid agrees with what was entered; P5 every history is a path
of the moves; J1 nothing that was sold is left out. Tells ids and amounts, never a value.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from besttrav.books.models import Rule, Run
from besttrav.journal.queries import broken_histories
from besttrav.kernel import clock
from besttrav.privacy.invariants import invariant

GRACE = timedelta(hours=2)


@invariant
def every_transaction_is_entered_as_it_is() -> Iterator[str]:
    """J1: what was agreed about a policy is in the books within two hours, over the same premium."""
    yield from _told(
        "SELECT t.id FROM policies_policytransaction t WHERE t.at < %s AND NOT EXISTS (SELECT FROM books_entry e WHERE"
        " e.transaction_id = t.id)",
        "the transaction %s is not in the books",
        clock.now() - GRACE,
    )
    yield from _told(
        "SELECT e.id FROM books_entry e JOIN policies_policytransaction t ON t.id = e.transaction_id JOIN"
        " policies_policy p ON p.id = t.policy_id"
        " WHERE (e.policy_id, e.insurer, e.kind, e.premium_fen) IS DISTINCT FROM (p.id, p.insurer, t.kind, t.premium_fen)",
        "the entry %s is not what its transaction says",
    )


@invariant
def every_commission_is_posted_as_it_was_entered() -> Iterator[str]:
    """M4: what insurers owe us is what was entered, less what came in."""
    for key, account, column, sign in (
        ("commission", "commission_receivable", "commission_fen", ""),
        ("passed_on", "commission_payable", "passed_on_fen", "-"),
    ):
        yield from _told(
            f"SELECT e.id FROM books_entry e LEFT JOIN payments_posting s ON s.key = '{key}:' || e.id"  # noqa: S608  # our own names
            f" LEFT JOIN payments_line l ON l.posting_id = s.id AND l.account = '{account}'"
            f" WHERE e.{column} <> coalesce({sign}l.fen, 0) OR s.payment_id IS DISTINCT FROM (CASE WHEN s.id IS NULL THEN"
            " NULL ELSE e.payment_id END)",
            f"the entry %s was posted over another {column}",
        )
    yield from _told(
        "SELECT coalesce(sum(l.fen), 0) FROM payments_line l WHERE l.account = 'commission_receivable'"
        " HAVING coalesce(sum(l.fen), 0) <> (SELECT coalesce(sum(commission_fen), 0) FROM books_entry)"
        " - (SELECT coalesce(sum(fen), 0) FROM books_run WHERE kind = 'commission' AND state = 'paid')",
        "insurers owe us %s fen of commission by the ledger, and another sum by the entries",
    )


@invariant
def every_run_is_what_its_entries_and_its_posting_say() -> Iterator[str]:
    """M4: a run is over its entries, to the fen; it is posted when it is paid, and not before."""
    yield from _told(
        "SELECT r.number FROM books_run r WHERE r.kind <> 'payout' AND r.state <> 'withdrawn' AND r.fen <> CASE r.kind"
        " WHEN 'premium' THEN (SELECT coalesce(sum(premium_fen), 0) FROM books_entry WHERE premium_run_id = r.id)"
        " ELSE (SELECT coalesce(sum(commission_fen), 0) FROM books_entry WHERE commission_run_id = r.id) END",
        "the run %s is over another sum than its entries",
    )
    yield from _told(
        "SELECT r.number FROM books_run r LEFT JOIN payments_posting s ON s.key = CASE r.kind WHEN 'premium' THEN 'handed_on:'"
        " WHEN 'commission' THEN 'commission_received:' ELSE 'payout:' END || r.number LEFT JOIN payments_line l ON l.posting_id = s.id"
        " AND l.account = CASE r.kind WHEN 'premium' THEN 'insurer_payable' WHEN 'commission' THEN 'commission_bank' ELSE 'bank' END"
        " WHERE coalesce(l.fen, 0) <> CASE WHEN r.state = 'paid' THEN r.fen ELSE 0 END",
        "the run %s was posted over another sum, or was posted and not paid",
    )
    yield from _told(
        "SELECT r.number FROM books_run r JOIN books_entry e ON r.id IN (e.premium_run_id, e.commission_run_id)"
        " WHERE r.state = 'withdrawn' OR e.insurer <> r.party OR e.day > r.until OR (e.premium_run_id = r.id) <> (r.kind = 'premium')",
        "the run %s holds entries that are not its own",
    )
    yield from _told(
        "SELECT s.key FROM payments_posting s WHERE (s.key LIKE 'handed\\_on:%%' OR s.key LIKE"
        " 'commission\\_received:%%' OR s.key LIKE 'payout:%%')"
        " AND NOT EXISTS (SELECT FROM books_run r WHERE r.number = split_part(s.key, ':', 2))",
        "the posting %s belongs to no run",
    )


@invariant
def what_is_owed_to_an_insurer_is_held_for_it() -> Iterator[str]:
    """M3: of a payment no more went back to the customer than its insurer gave back."""
    yield from _told(
        "SELECT e.payment_id FROM books_entry e JOIN policies_policytransaction t ON t.policy_id = e.policy_id"
        " WHERE e.kind = 'issue' AND e.payment_id IS NOT NULL AND (t.kind = 'issue' OR t.premium_fen < 0)"
        " GROUP BY e.payment_id HAVING sum(t.premium_fen) > (SELECT coalesce(-sum(l.fen), 0) FROM payments_line l"
        " JOIN payments_posting s ON s.id = l.posting_id WHERE s.payment_id = e.payment_id AND l.account = 'insurer_payable')",
        "of the payment %s less is held for its insurer than is owed to it",
    )


@invariant
def every_statement_is_told_whole() -> Iterator[str]:
    """M4: the lines and the differences of each statement are all there, and each line is about an entry of the same insurer."""
    yield from _told(
        "SELECT s.id FROM books_statement s WHERE s.lines <> (SELECT count(*) FROM books_statementline l WHERE l.statement_id = s.id)"
        " OR s.differences <> (SELECT count(*) FROM books_finding f WHERE f.statement_id = s.id)",
        "the statement %s has lost lines or differences",
    )
    yield from _told(
        "SELECT l.id FROM books_statementline l JOIN books_statement s ON s.id = l.statement_id LEFT JOIN books_entry"
        " e ON e.id = l.entry_id"
        " LEFT JOIN policies_policy p ON p.id = e.policy_id WHERE (e.id IS NULL OR (e.premium_fen, e.commission_fen,"
        " e.day, p.number, e.kind,"
        " e.insurer) IS DISTINCT FROM (l.premium_fen, l.commission_fen, l.day, l.number, l.kind, s.insurer))"
        " AND NOT EXISTS (SELECT FROM books_finding f WHERE f.line_id = l.id)",
        "the line %s differs from our books, and nobody was told",
    )


@invariant
def one_rule_holds_for_a_sale() -> Iterator[str]:
    """Two people put each rule in force, and the database refuses another one for the same days."""
    yield from _told(
        "SELECT wanted FROM unnest(ARRAY['books_one_rule_at_a_time', 'books_rule_takes_two']) AS wanted"
        " WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = wanted AND convalidated)",
        "the constraint %s is not in force",
    )


@invariant
def every_rule_and_run_moved_along_its_table() -> Iterator[str]:
    """P5."""
    for model in (Rule, Run):
        for id in broken_histories(model):
            yield f"{model._meta.label_lower} {id} has a history that is no path of its moves"


def _told(statement: str, what: str, *values: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20", list(values))
        return [what % found for (found,) in cursor.fetchall()]
