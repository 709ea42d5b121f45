"""What must be true of invoices whatever has crashed or is under way. Asked with all the others by `manage.py invariants`.

Tells ids and counts, never a value.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection

from besttrav.invoices.models import FORGOTTEN, NOTHING, RUNNING, THERE, Invoice
from besttrav.journal.queries import broken_histories
from besttrav.kernel import clock
from besttrav.privacy.invariants import invariant

GRACE = timedelta(minutes=15)


@invariant
def nothing_is_invoiced_beyond_its_premium() -> Iterator[str]:
    """What no red one takes back, or will, is at most the premium that stands. What is just being issued has its turn once it is there."""
    yield from _told(
        """
        SELECT policy.id, 'is invoiced beyond its premium' FROM policies_policy policy
          JOIN invoices_invoicerequest request ON request.policy_id = policy.id
          JOIN invoices_invoice blue ON blue.request_id = request.id AND blue.kind = 'blue' AND NOT blue.state = ANY(%s)
         WHERE NOT EXISTS (SELECT 1 FROM invoices_invoice red WHERE red.of_id = blue.id)
           AND NOT EXISTS (SELECT 1 FROM policies_policytransaction agreed WHERE agreed.policy_id = policy.id AND agreed.at > %s)
           AND (blue.state = ANY(%s) OR policy.state = 'stands')
         GROUP BY policy.id
        HAVING sum(blue.amount_fen) >
               (SELECT sum(agreed.premium_fen) FROM policies_policytransaction agreed WHERE agreed.policy_id = policy.id)
        """,
        [NOTHING, clock.now() - GRACE, THERE],
    )


@invariant
def every_red_invoice_takes_back_a_blue_one_whole() -> Iterator[str]:
    yield from _told(
        "SELECT red.id, 'does not take back what its blue one says'"
        " FROM invoices_invoice red JOIN invoices_invoice blue ON blue.id = red.of_id"
        " WHERE (blue.kind, blue.request_id, blue.amount_fen) <> ('blue', red.request_id, red.amount_fen) OR blue.official_number = ''",
        [],
    )


@invariant
def no_invoice_runs_without_a_clock() -> Iterator[str]:
    """Whatever is not at its end is looked at again, and soon after its time has come."""
    yield from _told(
        "SELECT id, 'runs and was not looked at for a quarter of an hour' FROM invoices_invoice WHERE state = ANY(%s) AND next_try_at < %s",
        [RUNNING, clock.now() - GRACE],
    )


@invariant
def every_invoice_has_its_paper_and_no_other_has() -> Iterator[str]:
    yield from _told(
        "SELECT invoice.id, 'is ' || state || ' and has ' || count(paper.id) || ' papers' FROM invoices_invoice invoice"
        " LEFT JOIN invoices_invoicepaper paper ON paper.invoice_id = invoice.id GROUP BY invoice.id"
        " HAVING count(paper.id) <> CASE WHEN state = 'ok' AND reason <> %s THEN 1 ELSE 0 END",
        [FORGOTTEN],
    )


@invariant
def no_buyer_left_without_a_permit() -> Iterator[str]:
    """What may have left about somebody was written down before, for this very invoice."""
    yield from _told(
        "SELECT id, 'left without a permit' FROM invoices_invoice invoice WHERE kind = 'blue' AND state = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM privacy_sharing sharing WHERE sharing.about = invoice.id)",
        [["waiting", "differs", "rejected", *THERE]],  # Of one that nobody answered for, only that it was about to leave is known.
    )


@invariant
def every_invoice_moved_along_its_table() -> Iterator[str]:
    for id in broken_histories(Invoice):
        yield f"invoice {id} has a history that is no path of its moves"


def _told(statement: str, values: list[Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20", values)
        return [f"{id} {what}" for id, what in cursor.fetchall()]
