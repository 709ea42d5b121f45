"""Reading. The caller answers for who may see the answer: below the doors an order is an id."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from besttrav.kernel.clock import BEIJING
from besttrav.payments.limits import ASKING
from besttrav.payments.models import (
    UNPAID,
    UNSETTLED,
    BillReading,
    ChannelName,
    Difference,
    DifferenceState,
    Notification,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)


def channels_offered() -> list[ChannelName]:
    """The channels people can pay by here, in the order in which they are offered."""
    return [ChannelName(name) for name in settings.PAYMENT_CHANNELS]


def payments_of(order_id: UUID) -> QuerySet[Payment]:
    """Every attempt to pay an order, the newest first."""
    return Payment.objects.filter(order_id=order_id).order_by("-id")


def open_attempts(order_id: UUID | OuterRef) -> QuerySet[Payment]:
    """The attempts of an order that its channel has not closed yet: somebody may have paid them."""
    return Payment.objects.filter(order_id=order_id, state__in=UNPAID)


def applied_to(order_id: UUID) -> Payment | None:
    """The one payment that bought the order."""
    return Payment.objects.filter(order_id=order_id, state=PaymentState.CAPTURED).first()


def awaiting_a_person(now: datetime) -> QuerySet[Payment]:
    """Money that nobody may apply or refund without looking, and refunds that got stuck, take too long, failed without another, or were
    paid by hand and are not confirmed; the oldest first. What came that is no money of ours is a difference."""
    is_left = Q(state__in=[PaymentState.UNAPPLIED, PaymentState.DISPUTED], refunding_fen__lt=F("captured_fen"))
    late = Q(state__in=UNSETTLED, decided_at__lt=now - timedelta(seconds=ASKING.person_after))
    halting = Refund.objects.filter(Q(state__in=[RefundState.STUCK, RefundState.PROPOSED]) | late, payment=OuterRef("id"))
    last = Refund.objects.filter(payment=OuterRef("id")).order_by("-decided_at", "-id").values("state")[:1]
    waiting = Payment.objects.annotate(last_refund=Subquery(last))
    return waiting.filter(is_left | Exists(halting) | Q(last_refund=RefundState.FAILED)).order_by("id")


def open_differences() -> QuerySet[Difference]:
    """What disagrees with a channel or an insurer and is not settled, the oldest first."""
    return Difference.objects.exclude(state=DifferenceState.SETTLED).order_by("found_at", "id")


def unread_days(name: ChannelName, today: date) -> list[date]:
    """The days whose bill was never compared, the oldest first: from the first one on which anybody paid, while the channel has them."""
    first = Payment.objects.filter(channel=name).order_by("id").values_list("begun_at", flat=True).first()
    if first is None:
        return []
    start = max(first.astimezone(BEIJING).date(), today - timedelta(days=ASKING.bill_days))
    read = set(BillReading.objects.filter(channel=name, day__gte=start).values_list("day", flat=True))
    days = [start + timedelta(days=count) for count in range((today - start).days)]
    return [day for day in days if day not in read]


def to_ask(now: datetime) -> QuerySet[Payment]:
    """Payments whose next question is due."""
    return Payment.objects.filter(state__in=UNPAID, ask_at__lte=now).order_by("ask_at")


def refunds_to_ask(now: datetime) -> QuerySet[Refund]:
    """Refunds to be sent or asked about now."""
    return Refund.objects.filter(state__in=UNSETTLED, ask_at__lte=now).order_by("ask_at")


def left_notices(before: datetime) -> QuerySet[Notification]:
    """Stored notices whose job has not come."""
    return Notification.objects.filter(handled_at__isnull=True, received_at__lt=before).order_by("received_at")
