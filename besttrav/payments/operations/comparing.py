"""The channel's books against ours, day by day. Differences are told to people and corrected by nobody else."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import models, transaction

from besttrav.journal.operations import record
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import Money
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.channels import CASHIER, reach
from besttrav.payments.models import BillReading, ChannelName, Payment, Refund, RefundState
from besttrav.payments.operations.paying import ask
from besttrav.payments.port import Bill, BillLine, Standing

Difference = tuple[str, models.Model | None]
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
        differences = list(_differences(name, day, bill))
        reading = BillReading.objects.create(channel=name, day=day, lines=len(bill.lines), differences=len(differences))
        _post_fees(name, day, bill)
        for what, about in differences:
            record(actions.DIFFERENCE, about=about or reading, actor=CASHIER, channel=name.value, day=day, what=what)
        record(
            actions.BILL_READ, about=reading, actor=CASHIER,
            channel=name.value, day=day, lines=len(bill.lines), differences=len(differences),
        )  # fmt: skip
    for _what, about in differences:
        if isinstance(about, Payment) and not about.captured:
            ask(payment=about)
    return reading


def _differences(name: ChannelName, day: date, bill: Bill) -> Iterator[Difference]:
    """Each line against our row, then our rows of the day that no line speaks of."""
    for line in bill.lines:
        yield from _against_ours(name, line)
    told = {line.number for line in bill.lines if not line.refund}, {line.refund for line in bill.lines if line.refund}
    start = datetime.combine(day, time(), BEIJING)
    span = (start, start + timedelta(days=1) - timedelta(microseconds=1))
    for payment in Payment.objects.filter(channel=name, paid_at__range=span, captured_fen__gt=0).exclude(number__in=told[0]):
        yield "payment_missing_there", payment
    for refund in Refund.objects.filter(payment__channel=name, sent_at__range=span, state__in=ACCEPTED).exclude(number__in=told[1]):
        yield "refund_missing_there", refund


def _against_ours(name: ChannelName, line: BillLine) -> Iterator[Difference]:
    if line.refund:
        refund = Refund.objects.filter(payment__channel=name, number=line.refund).first()
        if refund is None:
            yield "refund_missing_here", None
        elif refund.amount_fen != line.fen:
            yield "refund_differs", refund
        return
    payment = Payment.objects.filter(channel=name, number=line.number).first()
    if payment is None or not payment.captured:
        yield "payment_missing_here", payment
    elif payment.captured_fen != line.fen:
        yield "payment_differs", payment


def _post_fees(name: ChannelName, day: date, bill: Bill) -> None:
    fees = Money(sum(line.fee_fen for line in bill.lines))
    if fees.fen > 0:
        ledger.post(f"fees:{name.value}:{day.isoformat()}", debit=Account.FEES, credit=Account.clearing(name), amount=fees)
