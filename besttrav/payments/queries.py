"""Reading. The caller answers for who may see the answer: below the doors an order is an id."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from besttrav.payments.models import UNPAID, UNSETTLED, ChannelName, Notification, Payment, PaymentState, Refund, RefundState


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


def awaiting_a_person() -> QuerySet[Payment]:
    """Money that nobody may apply or refund without looking, and refunds that got stuck or failed without another; the oldest first."""
    is_left = Q(state=PaymentState.UNAPPLIED, refunding_fen__lt=F("captured_fen"))
    is_stuck = Q(refunds__state=RefundState.STUCK)
    last = Refund.objects.filter(payment=OuterRef("id")).order_by("-decided_at", "-id").values("state")[:1]
    has_failed = Q(last_refund=RefundState.FAILED)
    waiting = Payment.objects.annotate(last_refund=Subquery(last))
    return waiting.filter(Q(state=PaymentState.DISPUTED) | is_left | is_stuck | has_failed).distinct().order_by("id")


def to_ask(now: datetime) -> QuerySet[Payment]:
    """Payments whose next question is due."""
    return Payment.objects.filter(state__in=UNPAID, ask_at__lte=now).order_by("ask_at")


def refunds_to_ask(now: datetime) -> QuerySet[Refund]:
    """Refunds to be sent or asked about now."""
    return Refund.objects.filter(state__in=UNSETTLED, ask_at__lte=now).order_by("ask_at")


def left_notices(before: datetime) -> QuerySet[Notification]:
    """Stored notices whose job has not come."""
    return Notification.objects.filter(handled_at__isnull=True, received_at__lt=before).order_by("received_at")
