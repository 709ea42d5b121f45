"""What must be true of money whatever has crashed, was repeated or is under way. Asked with all the others by `manage.py invariants`."""

from collections.abc import Iterator

from django.db import connection

from besttrav.privacy.invariants import invariant


@invariant
def every_posting_balances_and_the_ledger_is_guarded() -> Iterator[str]:
    """Debits are credits, in each posting and in total, and the triggers that keep it so are in force."""
    yield from _told(
        "SELECT p.id FROM payments_posting p LEFT JOIN payments_line l ON l.posting_id = p.id"
        " GROUP BY p.id HAVING coalesce(sum(l.fen), 0) <> 0 OR count(l.id) < 2",
        "the posting %s does not balance",
    )
    yield from _told(
        "SELECT wanted FROM unnest(ARRAY['payments_line_balances', 'payments_posting_balances', 'payments_line_stays',"
        " 'payments_posting_stays']) AS wanted WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted AND tgenabled IN ('O', 'A'))",
        "the trigger %s of the ledger is not in force",
    )


@invariant
def every_payment_is_what_its_postings_say() -> Iterator[str]:
    """What came in and went back by a payment is what was posted, and every refund had its one effect."""
    yield from _told(
        "SELECT p.id FROM payments_payment p WHERE p.captured_fen <> (SELECT coalesce(sum(l.fen), 0) FROM payments_line l"
        " JOIN payments_posting s ON s.id = l.posting_id WHERE s.key = 'captured:' || p.number AND l.fen > 0)",
        "the payment %s says another amount than its posting",
    )
    yield from _told(
        "SELECT p.id FROM payments_payment p LEFT JOIN payments_refund r ON r.payment_id = p.id GROUP BY p.id"
        " HAVING p.refunding_fen <> coalesce(sum(r.amount_fen) FILTER (WHERE r.state <> 'failed'), 0)"
        " OR p.refunded_fen <> coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'succeeded'), 0) OR p.refunding_fen > p.captured_fen",
        "the payment %s says another sum of refunds than there are",
    )
    yield from _told(
        "SELECT r.id FROM payments_refund r WHERE (r.state = 'succeeded') <>"
        " EXISTS (SELECT FROM payments_posting s WHERE s.key = 'refunded:' || r.number)"
        " OR NOT EXISTS (SELECT FROM payments_posting s WHERE s.key = 'refund:' || r.number)"
        " OR (r.state = 'failed') <> EXISTS (SELECT FROM payments_posting s WHERE s.key = 'refund_failed:' || r.number)",
        "the refund %s has not the postings of its state",
    )


@invariant
def every_captured_fen_has_its_place() -> Iterator[str]:
    """One payment at most is applied to an order; what else came in waits in unapplied, with a refund or a person at it."""
    yield from _told(
        "SELECT order_id FROM payments_payment WHERE state = 'captured' GROUP BY order_id HAVING count(*) > 1",
        "the order %s has two payments applied",
    )
    yield from _told(
        "SELECT p.id FROM payments_payment p WHERE p.captured_fen > 0 AND (p.state IN ('planned', 'open', 'closed')"
        " OR p.state <> 'returned' AND (p.state = 'captured') <> EXISTS (SELECT FROM payments_posting s"
        " JOIN payments_line l ON l.posting_id = s.id WHERE s.key = 'captured:' || p.number AND l.account = 'premium_held'))",
        "the payment %s holds money that its state does not know",
    )
    yield from _told(
        "SELECT p.id FROM payments_payment p WHERE p.state = 'unapplied' AND p.refunding_fen < p.captured_fen"
        " AND NOT EXISTS (SELECT FROM payments_refund r WHERE r.payment_id = p.id AND r.state = 'failed')",
        "the payment %s belongs to no order and is not being refunded",
    )
    yield from _told(
        "SELECT account || ' of ' || coalesce(s.payment_id::text, 'no payment') FROM payments_line l"
        " JOIN payments_posting s ON s.id = l.posting_id"
        " WHERE account IN ('unapplied', 'premium_held', 'insurer_payable', 'refund_payable')"
        " GROUP BY account, s.payment_id HAVING sum(fen) > 0",
        "%s was paid out beyond what it held",
    )


@invariant
def every_payment_and_refund_is_settled_or_will_be_asked_about() -> Iterator[str]:
    yield from _told(
        "SELECT id FROM payments_payment WHERE (state IN ('planned', 'open')) <> (ask_at IS NOT NULL)",
        "the payment %s is open and nobody asks, or settled and asked about",
    )
    yield from _told(
        "SELECT id FROM payments_refund WHERE (state IN ('succeeded', 'failed')) <> (ask_at IS NULL)",
        "the refund %s is not settled and nobody asks, or settled and asked about",
    )


def _told(statement: str, what: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20")
        return [what % found for (found,) in cursor.fetchall()]
