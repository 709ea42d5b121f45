"""What must be true of surrenders whatever has crashed or is under way. Asked with all the others by `manage.py invariants`.

P4 a policy that was given up has its transaction and its decision, and the other way round; M5 nothing of it goes back while the policy
stands, and what goes back, what is kept and what the insurer keeps add up to the premium; P5 every history is a path of the moves; J1
nothing is stuck without a clock or a person. Tells ids and counts, never a value.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection

from besttrav.journal.queries import broken_histories
from besttrav.kernel import clock
from besttrav.policies.models import Surrender
from besttrav.privacy.invariants import invariant

GRACE = timedelta(hours=3)  # the jobs that carry a surrender on try for two


@invariant
def a_policy_that_was_given_up_has_its_transaction_and_its_decision() -> Iterator[str]:
    """P4: policy, transaction, exchange and surrender say the same, and there is one of each."""
    yield from _told(
        "SELECT p.id, 'is ' || p.state || ' with ' || count(DISTINCT t.id) || ' cancellations and ' || count(DISTINCT s.id)"
        " || ' surrenders'"
        " FROM policies_policy p LEFT JOIN policies_policytransaction t ON t.policy_id = p.id AND t.kind = 'cancel'"
        " LEFT JOIN policies_surrender s ON s.policy_id = p.id AND s.state IN ('cancelled', 'done')"
        " GROUP BY p.id HAVING count(DISTINCT t.id) <> CASE p.state WHEN 'cancelled' THEN 1 ELSE 0 END"
        " OR count(DISTINCT s.id) <> CASE p.state WHEN 'cancelled' THEN 1 ELSE 0 END"
    )
    yield from _told(
        "SELECT s.id, 'is over, and its transaction or the insurer says something else' FROM policies_surrender s"
        " WHERE s.state IN ('cancelled', 'done') AND NOT EXISTS (SELECT FROM policies_policytransaction t"
        " JOIN insurers_exchange e ON e.id = t.exchange AND e.kind = 'cancel' AND e.state = 'ok'"
        " WHERE t.policy_id = s.policy_id AND t.kind = 'cancel' AND t.exchange = s.exchange AND t.premium_fen = -s.value_fen)"
    )
    yield from _told(
        "SELECT e.id, 'ended a policy that nobody gave up' FROM insurers_exchange e WHERE e.kind = 'cancel' AND e.state = 'ok'"
        " AND NOT EXISTS (SELECT FROM policies_surrender s WHERE s.exchange = e.id)"
        " AND EXISTS (SELECT FROM policies_policy p WHERE p.contract = e.contract)"
    )


@invariant
def what_goes_back_of_a_policy_is_what_was_confirmed() -> Iterator[str]:
    """M5: the refund of a surrender exists once it is over and never before, over its sum; the rest is fee, or the insurer's."""
    yield from _told(
        "SELECT s.id, 'is ' || s.state || ' and its refund is ' || coalesce(r.state || ' over another sum', 'missing')"
        " FROM policies_surrender s LEFT JOIN payments_refund r ON r.decision = s.id"
        " WHERE (r.id IS NOT NULL) <> (s.state IN ('cancelled', 'done') AND s.refund_fen > 0)"
        " OR r.amount_fen <> s.refund_fen OR r.payment_id <> s.payment"
    )
    yield from _told(
        "SELECT s.id, 'gives back more than was paid, or is not paid back' FROM policies_surrender s"
        " JOIN policies_policy p ON p.id = s.policy_id JOIN payments_payment y ON y.id = s.payment"
        " WHERE s.value_fen > p.premium_fen OR s.state IN ('cancelled', 'done') AND y.refunding_fen > s.refund_fen"
        " OR s.state = 'done' AND y.refunded_fen <> s.refund_fen"
    )
    yield from _told(
        "SELECT s.id, 'keeps another fee than was confirmed' FROM policies_surrender s JOIN payments_payment y ON y.id = s.payment"
        " LEFT JOIN payments_posting g ON g.key = 'surrender_fee:' || y.number"
        " LEFT JOIN payments_line l ON l.posting_id = g.id AND l.account = 'surrender_fees'"
        " GROUP BY s.id HAVING coalesce(-sum(l.fen), 0) <> CASE WHEN"
        " s.state IN ('cancelled', 'done') THEN s.fee_fen ELSE 0 END AND s.state <> 'refused'"
    )


@invariant
def every_surrender_moved_along_its_table() -> Iterator[str]:
    """P5."""
    for id in broken_histories(Surrender):
        yield f"policies.surrender {id} has a history that is no path of its moves"


@invariant
def nothing_given_up_is_stuck() -> Iterator[str]:
    """J1: what the insurer was asked runs or was taken over; what is paid back is on its way, or a person sees it among the orders."""
    yield from _told(
        "SELECT s.id, 'waits for an exchange that is over or not there' FROM policies_surrender s LEFT JOIN insurers_exchange e"
        " ON e.id = s.exchange WHERE s.state = 'at_insurer' AND (e.id IS NULL OR e.settled_at < %s)",
        clock.now() - GRACE,
    )
    yield from _told(
        "SELECT s.id, 'was paid back and does not know' FROM policies_surrender s JOIN payments_payment y ON y.id = s.payment"
        " WHERE s.state = 'cancelled' AND y.refunded_fen >= s.refund_fen"
        " AND NOT EXISTS (SELECT FROM payments_refund r WHERE r.payment_id = y.id AND r.done_at > %s) AND s.cancelled_at < %s",
        clock.now() - GRACE,
        clock.now() - GRACE,
    )


def _told(statement: str, *values: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20", values)
        return [f"{id} {what}" for id, what in cursor.fetchall()]
