"""The channel's books against ours, day by day. Differences wait for people and are corrected by nobody else."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction

from besttrav.journal.operations import move, record
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
        for difference in found:
            record(actions.DIFFERENCE, about=difference, actor=CASHIER, channel=name.value, day=day, what=difference.what)
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
    """Each line against our row, then our rows of the day that no line speaks of."""
    for line in bill.lines:
        yield from _against_ours(name, line)
    payments, refunds = _told(bill)
    start = datetime.combine(day, time(), BEIJING)
    span = (start, start + timedelta(days=1) - timedelta(microseconds=1))
    for payment in Payment.objects.filter(channel=name, paid_at__range=span, captured_fen__gt=0).exclude(number__in=payments):
        yield Difference(what=What.PAYMENT_MISSING_THERE, payment=payment, number=payment.number, fen_here=payment.captured_fen)
    for refund in Refund.objects.filter(payment__channel=name, sent_at__range=span, state__in=ACCEPTED).exclude(number__in=refunds):
        yield _of_refund(What.REFUND_MISSING_THERE, refund)


def _against_ours(name: ChannelName, line: BillLine) -> Iterator[Difference]:
    if line.refund:
        refund = Refund.objects.filter(payment__channel=name, number=line.refund).first()
        if refund is None:
            yield Difference(what=What.REFUND_MISSING_HERE, number=line.refund, fen_there=line.fen)
        elif refund.amount_fen != line.fen:
            yield _of_refund(What.REFUND_DIFFERS, refund, line.fen)
        return
    payment = Payment.objects.filter(channel=name, number=line.number).first()
    if payment is None or not payment.captured:
        yield Difference(what=What.PAYMENT_MISSING_HERE, payment=payment, number=line.number, fen_there=line.fen)
    elif payment.captured_fen != line.fen:
        amounts = {"fen_here": payment.captured_fen, "fen_there": line.fen}
        yield Difference(what=What.PAYMENT_DIFFERS, payment=payment, number=line.number, **amounts)


def _of_refund(what: What, refund: Refund, there: int | None = None) -> Difference:
    return Difference(
        what=what, payment_id=refund.payment_id, refund=refund, number=refund.number, fen_here=refund.amount_fen, fen_there=there
    )


def _told(bill: Bill) -> tuple[set[str], set[str]]:
    """The numbers of payments and of refunds that the bill speaks of."""
    return {line.number for line in bill.lines if not line.refund}, {line.refund for line in bill.lines if line.refund}


def _settle_what_came_later(name: ChannelName, bill: Bill) -> None:
    """What a channel booked on another day than we did was missing in one bill and stands in the next."""
    payments, refunds = _told(bill)
    missing = Difference.objects.filter(channel=name, state=DifferenceState.OPEN)
    there = [(What.PAYMENT_MISSING_THERE, payments), (What.REFUND_MISSING_THERE, refunds)]
    for what, numbers in there:
        for difference in missing.filter(what=what, number__in=numbers):
            _settle(difference, because="billed_later")


def _settle(difference: Difference, *, because: str) -> None:
    with transaction.atomic():
        move(difference, DifferenceState.SETTLED, actor=CASHIER, because=because)


def _post_fees(name: ChannelName, day: date, bill: Bill) -> None:
    fees = Money(sum(line.fee_fen for line in bill.lines))
    if fees.fen > 0:
        ledger.post(f"fees:{name.value}:{day.isoformat()}", debit=Account.FEES, credit=Account.clearing(name), amount=fees)
