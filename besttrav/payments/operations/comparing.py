"""The channel's books against ours, day by day. Differences wait for people and are corrected by nobody else."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from besttrav.journal.operations import Draft, move, record, record_all
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import Money
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.channels import CASHIER, reach
from besttrav.payments.models import BillReading, ChannelName, Difference, DifferenceState, Payment, Refund, RefundState, What
from besttrav.payments.operations.paying import ask
from besttrav.payments.port import Bill, BillLine, Standing

ACCEPTED = [RefundState.PROCESSING, RefundState.STUCK, RefundState.SUCCEEDED]


def compare_bill(*, name: ChannelName, day: date) -> BillReading | None:
    """Compare a Beijing day once; None when the bill is not ready. The fees it names are posted. Outside any transaction.

    A payment of ours that only the channel knows to be paid is asked about: both its notice and our questions may have been lost.
    """
    if known := BillReading.objects.filter(channel=name, day=day).first():
        return known
    bill = reach(name).bill(day)
    if bill.standing is Standing.UNKNOWN:
        return None
    with transaction.atomic():
        found = list(_differences(name, day, bill))
        reading = BillReading.objects.create(channel=name, day=day, lines=len(bill.lines), differences=len(found))
        _post_fees(name, day, bill)
        for difference in found:
            difference.channel, difference.reading = name, reading
        Difference.objects.bulk_create(found)
        facts = {"channel": name.value, "day": day}
        record_all([Draft(actions.DIFFERENCE, CASHIER, one, facts=facts | {"what": one.what}) for one in found])
        record(
            actions.BILL_READ, about=reading, actor=CASHIER,
            channel=name.value, day=day, lines=len(bill.lines), differences=len(found),
        )  # fmt: skip
        _settle_what_came_later(name, bill)
    look_again()
    return reading


def look_again() -> None:
    """Ask about what the channel booked and we did not: what is taken in now, as it was billed, needs nobody. Outside any transaction."""
    left = Difference.objects.filter(state=DifferenceState.OPEN, what=What.PAYMENT_MISSING_HERE, payment__isnull=False)
    for difference in left.select_related("payment"):
        payment = difference.payment
        assert payment
        if not payment.captured:
            ask(payment=payment)
        if payment.captured_fen == difference.fen_there:
            _settle(difference, because="taken_in")


def _differences(name: ChannelName, day: date, bill: Bill) -> Iterator[Difference]:
    """Each line against our row, then our rows of the day that no line speaks of. Our rows are asked for all at once."""
    payments, refunds = _told(bill)
    ours = _ours(name, [*payments, *refunds])
    seen: set[str] = set()
    for line in bill.lines:
        number = line.refund or line.number
        if difference := _against_ours(line, ours.get(number), number in seen):
            yield difference
        seen.add(number)
    start = datetime.combine(day, time(), BEIJING)
    span = (start, start + timedelta(days=1) - timedelta(microseconds=1))
    captured = Payment.objects.filter(channel=name, paid_at__range=span, captured_fen__gt=0).values_list("number", "id", "captured_fen")
    for number, payment, fen in captured:
        if number not in payments:
            yield _difference(What.PAYMENT_MISSING_THERE, number, _Ours(payment, None, fen))
    sent = Refund.objects.filter(payment__channel=name, sent_at__range=span, state__in=ACCEPTED)
    for number, payment, refund, fen in sent.values_list("number", "payment_id", "id", "amount_fen"):
        if number not in refunds:
            yield _difference(What.REFUND_MISSING_THERE, number, _Ours(payment, refund, fen))


class _Ours(NamedTuple):
    """What our books say of a number: nothing came yet where `fen` is none of it."""

    payment: UUID
    refund: UUID | None
    fen: int


def _ours(name: ChannelName, numbers: list[str]) -> dict[str, _Ours]:
    """Our payments and refunds under these numbers, in one statement that takes them as one value."""
    with connection.cursor() as cursor:
        cursor.execute(_OURS, {"channel": name.value, "numbers": numbers})
        return {number: _Ours(*one) for number, *one in cursor}


_OURS = """
SELECT number, id, NULL, captured_fen FROM payments_payment WHERE channel = %(channel)s AND number = ANY(%(numbers)s)
UNION ALL
SELECT refund.number, payment.id, refund.id, refund.amount_fen FROM payments_refund refund JOIN payments_payment payment
    ON payment.id = refund.payment_id WHERE payment.channel = %(channel)s AND refund.number = ANY(%(numbers)s)
"""


def _against_ours(line: BillLine, one: _Ours | None, is_again: bool) -> Difference | None:
    number = line.refund or line.number
    if one is None or (not line.refund and not one.fen):
        return _difference(What.REFUND_MISSING_HERE if line.refund else What.PAYMENT_MISSING_HERE, number, one, line.fen)
    if is_again:
        return _difference(What.LINE_TWICE, number, one, line.fen)
    if one.fen != line.fen:
        return _difference(What.REFUND_DIFFERS if line.refund else What.PAYMENT_DIFFERS, number, one, line.fen)
    return None


def _difference(what: What, number: str, one: _Ours | None, there: int | None = None) -> Difference:
    """A payment that nothing came for yet says nothing here."""
    here = None if one is None or what is What.PAYMENT_MISSING_HERE else one.fen
    payment, refund = (one.payment, one.refund) if one else (None, None)
    return Difference(what=what, payment_id=payment, refund_id=refund, number=number, fen_here=here, fen_there=there)


def _told(bill: Bill) -> tuple[set[str], set[str]]:
    """The numbers of payments and of refunds that the bill speaks of."""
    return {line.number for line in bill.lines if not line.refund}, {line.refund for line in bill.lines if line.refund}


def _settle_what_came_later(name: ChannelName, bill: Bill) -> None:
    """What a channel booked on another day than we did was missing in one bill and stands in the next."""
    payments, refunds = _told(bill)
    there = {What.PAYMENT_MISSING_THERE: payments, What.REFUND_MISSING_THERE: refunds}
    for difference in Difference.objects.filter(channel=name, state=DifferenceState.OPEN, what__in=there):
        if difference.number in there[What(difference.what)]:
            _settle(difference, because="billed_later")


def _settle(difference: Difference, *, because: str) -> None:
    with transaction.atomic():
        move(difference, DifferenceState.SETTLED, actor=CASHIER, because=because)


def _post_fees(name: ChannelName, day: date, bill: Bill) -> None:
    fees = Money(sum(line.fee_fen for line in bill.lines))
    if fees.fen > 0:
        ledger.post(f"fees:{name.value}:{day.isoformat()}", debit=Account.FEES, credit=Account.clearing(name), amount=fees)
