"""Which orders wait for a person, why, and what happens to them if nobody comes. A fixed number of statements, however many wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.invoices import queries as invoices
from besttrav.invoices.models import Invoice
from besttrav.kernel.money import Money
from besttrav.payments import queries as payments
from besttrav.payments.limits import ASKING
from besttrav.payments.models import UNSETTLED, Difference, Payment, PaymentState, Refund, RefundState
from besttrav.sales.models import Order, OrderState
from besttrav.sales.queries import offer_of

MOST = 500
Row = TypeVar("Row", bound=models.Model)
_R = RefundState


class Reason(models.TextChoices):
    """Why somebody has to look, in the words of the list."""

    DIFFERED = "differed", _("The insurer issued something else than was bought")
    OVERDUE = "overdue", _("Paid, and not issued within its time")
    DISPUTED = "disputed", _("Another amount came than was asked for")
    LEFT = "left", _("Money that came too late or twice is not going back")
    FAILED = "refund_failed", _("A refund failed")
    STUCK = "refund_stuck", _("The channel cannot pay a refund out")
    LATE = "refund_late", _("A refund takes too long")
    BY_HAND = "by_hand", _("Paid back by hand, to be confirmed by another person")
    BILL = "bill", _("The channel's books and ours differ")
    INVOICE = "invoice", _("An invoice does not come, or says something else")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. A difference may belong to no order of ours."""

    reason: Reason
    since: datetime
    amount: Money | None
    order: Order | None = None
    exchange: Exchange | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    difference: Difference | None = None
    invoice: Invoice | None = None

    @property
    def channel(self) -> str:
        """Through which channel the money came, in words."""
        shown = self.payment or self.difference
        return str(shown.get_channel_display()) if shown else ""

    @property
    def insurer(self) -> object:
        """Whose insurance it is. No statement once this process has read the product."""
        return offer_of(self.order.application).insurer.short_name if self.order else ""

    @property
    def happens_at(self) -> datetime | None:
        """When the machine goes on by itself; None when it waits for a person for good."""
        match self.reason:
            case Reason.DIFFERED | Reason.OVERDUE:
                return self.order.issue_by if self.order else None
            case Reason.STUCK | Reason.LATE:
                return self.refund.ask_at if self.refund else None
            case Reason.INVOICE:
                return self.invoice.next_try_at if self.invoice else None
            case _:
                return None


def waiting(now: datetime, *, order: Order | None = None) -> list[Waiting]:
    """Everything that waits, or what waits about one order; whatever has waited longest comes first."""
    found = [*_of_insurers(now, order), *_of_money(now, order), *_of_bills(order), *_of_invoices(now, order)]
    return sorted(found, key=lambda one: one.since)


def _of_insurers(now: datetime, only: Order | None) -> Iterator[Waiting]:
    submissions = Exchange.objects.filter(kind=Kind.SUBMIT)
    differs = submissions.filter(contract=OuterRef("application__contract"), state=ExchangeState.DIFFERS)
    paid = Order.objects.filter(state=OrderState.PAID).filter(Q(issue_by__lt=now) | Exists(differs))
    orders = list(_only(paid, "pk", only).select_related("application").order_by("paid_at")[:MOST])
    exchanges = {one.contract: one for one in submissions.filter(contract__in=[one.application.contract for one in orders])}
    payments_of = Payment.objects.in_bulk([one.payment for one in orders if one.payment])
    for order in orders:
        exchange = exchanges.get(order.application.contract)
        has_differed = exchange is not None and exchange.state == ExchangeState.DIFFERS
        yield Waiting(
            Reason.DIFFERED if has_differed else Reason.OVERDUE,
            since=(exchange.settled_at if exchange and has_differed else order.issue_by) or order.created_at,
            amount=order.premium,
            order=order,
            exchange=exchange,
            payment=payments_of.get(order.payment) if order.payment else None,
        )


def _of_money(now: datetime, only: Order | None) -> Iterator[Waiting]:
    asked = _only(payments.awaiting_a_person(now), "order_id", only).prefetch_related("refunds")
    found = list(asked[:MOST])
    orders = _orders(payment.order_id for payment in found)
    for payment in found:
        reason, refund = _why(payment, now)
        yield Waiting(
            reason,
            since=refund.decided_at if refund else payment.paid_at or payment.begun_at,
            amount=refund.amount if refund else payment.refundable,
            order=orders.get(payment.order_id),
            payment=payment,
            refund=refund,
        )


def _why(payment: Payment, now: datetime) -> tuple[Reason, Refund | None]:
    """The one thing to do first: what is under way comes before what is to be decided anew."""
    refunds: Sequence[Refund] = sorted(payment.refunds.all(), key=lambda one: (one.decided_at, one.pk), reverse=True)
    late = now - timedelta(seconds=ASKING.person_after)
    halting: dict[Reason, Iterator[Refund]] = {
        Reason.BY_HAND: (one for one in refunds if one.state == _R.PROPOSED),
        Reason.STUCK: (one for one in refunds if one.state == _R.STUCK),
        Reason.LATE: (one for one in refunds if one.state in UNSETTLED and one.decided_at < late),
    }
    for reason, matching in halting.items():
        if found := next(matching, None):
            return reason, found
    if refunds and refunds[0].state == _R.FAILED:
        return Reason.FAILED, refunds[0]
    return (Reason.DISPUTED if payment.state == PaymentState.DISPUTED else Reason.LEFT), None


def _of_bills(only: Order | None) -> Iterator[Waiting]:
    """Of the channels: what insurers state otherwise is finance's, and holds up no order."""
    asked = _only(payments.open_differences().filter(insurer=""), "payment__order_id", only).select_related("payment", "refund")
    found = list(asked[:MOST])
    orders = _orders(one.payment.order_id for one in found if one.payment)
    for one in found:
        yield Waiting(
            Reason.BILL,
            since=one.found_at,
            amount=one.there or one.here,
            order=orders.get(one.payment.order_id) if one.payment else None,
            payment=one.payment,
            refund=one.refund,
            difference=one,
        )


def _of_invoices(now: datetime, only: Order | None) -> Iterator[Waiting]:
    contract = only.application.contract if only else None
    asked = invoices.awaiting_a_person(now)
    found = list((asked.filter(request__policy__contract=contract) if contract else asked)[:MOST])
    contracts = {one.request.policy.contract for one in found}
    orders = {
        order.application.contract: order
        for order in Order.objects.filter(application__contract__in=contracts).select_related("application")
    }
    for one in found:
        order = orders.get(one.request.policy.contract)
        yield Waiting(Reason.INVOICE, since=one.settled_at or one.created_at, amount=one.amount, order=order, invoice=one)


def _only(rows: "QuerySet[Row]", name: str, order: Order | None) -> "QuerySet[Row]":
    return rows if order is None else rows.filter(**{name: order.pk})


def _orders(ids: Iterator[UUID]) -> dict[UUID, Order]:
    return {order.id: order for order in Order.objects.filter(id__in=list(ids)).select_related("application")}
