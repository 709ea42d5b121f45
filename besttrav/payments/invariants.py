"""What must be true of money whatever has crashed, was repeated or is under way. Asked with all the others by `manage.py invariants`.

M1 the ledger balances and stays; M2 no more goes back than came in, and each decision has one effect; M3 one payment is applied to an
order, and every other fen has its place; M4 the channels' books and ours agree, or a person is at it; P5 every history is a path of the
moves; J1 nothing that runs is forgotten. Tells ids and amounts, never a value.
"""

from collections.abc import Iterator

from django.db import connection

from besttrav.journal.queries import broken_histories
from besttrav.payments.models import Difference, Payment, Refund
from besttrav.privacy.invariants import invariant


@invariant
def every_posting_balances_and_the_ledger_is_guarded() -> Iterator[str]:
    """M1: debits are credits, in each posting and in total, and the triggers that keep it so are in force."""
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
def premiums_and_commission_are_never_netted() -> Iterator[str]:
    """M1: no posting reaches from customers' money into ours or the other way round (保险经纪人监管规定, article 43)."""
    yield from _told(
        "SELECT posting_id FROM payments_line GROUP BY posting_id"
        " HAVING bool_or(account LIKE 'commission%%') AND NOT bool_and(account LIKE 'commission%%')",
        "the posting %s nets premium against commission",
    )


@invariant
def every_payment_is_what_its_postings_say() -> Iterator[str]:
    """M2: what came in and went back by a payment is what was posted, and every refund had its one effect, over its amount."""
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
    yield from _told(
        "SELECT r.id FROM payments_refund r JOIN payments_posting s ON s.key IN ('refund:' || r.number, 'refunded:' || r.number,"
        " 'refund_failed:' || r.number) JOIN payments_line l ON l.posting_id = s.id AND l.fen > 0"
        " WHERE l.fen <> r.amount_fen OR s.payment_id IS DISTINCT FROM r.payment_id"
        " OR l.account <> CASE WHEN s.key LIKE 'refund:%%' THEN r.source ELSE 'refund_payable' END",
        "the refund %s was posted over another amount, payment or account",
    )


@invariant
def every_captured_fen_has_its_place() -> Iterator[str]:
    """M3: one payment at most is applied to an order; what else came in waits in unapplied, with a refund or a person at it."""
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
        " WHERE account IN ('unapplied', 'premium_held', 'insurer_payable', 'surrender_fees', 'refund_payable')"
        " AND (account <> 'insurer_payable' OR s.payment_id IS NOT NULL)"  # what was handed on is posted for a whole run: see `books`
        " GROUP BY account, s.payment_id HAVING sum(fen) > 0",
        "%s was paid out beyond what it held",
    )
    yield from _told(
        "SELECT p.id FROM payments_payment p LEFT JOIN payments_posting s ON s.payment_id = p.id"
        " LEFT JOIN payments_line l ON l.posting_id = s.id GROUP BY p.id HAVING"
        " coalesce(-sum(l.fen) FILTER (WHERE l.account = 'refund_payable'), 0) <> p.refunding_fen - p.refunded_fen OR coalesce("
        "-sum(l.fen) FILTER (WHERE l.account IN ('unapplied', 'premium_held', 'insurer_payable', 'surrender_fees')), 0)"
        " <> p.captured_fen - p.refunding_fen",
        "the payment %s holds or owes another amount than its accounts",
    )


@invariant
def every_channel_holds_what_its_payments_say_and_every_difference_is_told() -> Iterator[str]:
    """M4: what a channel holds for us is what came in, less what went back and its fees; the differences of each bill are all there."""
    yield from _told(
        "SELECT channel FROM unnest(ARRAY['wechat', 'alipay']) AS channel WHERE"
        " (SELECT coalesce(sum(fen), 0) FROM payments_line WHERE account = channel || '_clearing') <>"
        " (SELECT coalesce(sum(captured_fen), 0) FROM payments_payment p WHERE p.channel = channel.channel)"
        " - (SELECT coalesce(sum(r.amount_fen), 0) FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id"
        "    WHERE p.channel = channel.channel AND r.state = 'succeeded' AND NOT r.is_by_hand)"
        " + (SELECT coalesce(sum(l.fen), 0) FROM payments_line l JOIN payments_posting s ON s.id = l.posting_id"
        "    WHERE l.account = channel || '_clearing' AND (s.key LIKE 'fees:%%' OR s.key LIKE 'stray%%' OR s.key LIKE 'payout:%%'))",
        "%s holds another sum than its payments, refunds and fees add up to",
    )
    yield from _told(
        "SELECT b.id FROM payments_billreading b WHERE b.differences <> (SELECT count(*) FROM payments_difference d"
        " WHERE d.reading_id = b.id)",
        "the bill %s had another number of differences than people can see",
    )
    yield from _told(
        "SELECT d.id FROM payments_difference d JOIN payments_payment p ON p.id = d.payment_id WHERE d.what = 'payment_missing_here'"
        " AND d.state = 'settled' AND d.proposed_by IS NULL AND p.captured_fen <> d.fen_there",
        "the difference %s is called settled by itself and is still there",
    )


@invariant
def every_payment_refund_and_difference_moved_along_its_table() -> Iterator[str]:
    """P5."""
    for model in (Payment, Refund, Difference):
        for id in broken_histories(model):
            yield f"{model._meta.label_lower} {id} has a history that is no path of its moves"


@invariant
def every_payment_and_refund_is_settled_or_will_be_asked_about() -> Iterator[str]:
    """J1: what is paid by hand waits for a person, and for no channel."""
    yield from _told(
        "SELECT id FROM payments_payment WHERE (state IN ('planned', 'open')) <> (ask_at IS NOT NULL)",
        "the payment %s is open and nobody asks, or settled and asked about",
    )
    yield from _told(
        "SELECT id FROM payments_refund WHERE (state IN ('succeeded', 'failed', 'proposed')) <> (ask_at IS NULL)",
        "the refund %s is not settled and nobody asks, or settled and asked about",
    )


def _told(statement: str, what: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20", [])
        return [what % found for (found,) in cursor.fetchall()]
