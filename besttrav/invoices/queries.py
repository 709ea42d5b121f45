"""What others ask about invoices."""

from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from besttrav.invoices.limits import PERSON
from besttrav.invoices.models import NOTHING, RUNNING, THERE, Invoice, InvoiceState, Kind
from besttrav.invoices.port import Invoicing
from besttrav.journal.queries import record_of
from besttrav.kernel.money import ZERO, Money
from besttrav.kernel.registry import provider
from besttrav.policies.models import Policy

_PREFIX = "invoicing:"


def issuer(insurer: str) -> Invoicing | None:
    """Who issues the invoices of this insurer through us; None where settings name nobody."""
    name = _PREFIX + insurer
    return cast(Invoicing, provider(name)) if name in settings.PROVIDERS else None


def invoices_of(policy: Policy) -> list[Invoice]:
    """All there ever were, the oldest first."""
    found = Invoice.objects.filter(request__policy=policy).select_related("request__policy")
    return list(found.order_by("created_at", "serial"))


def living_of(policy: Policy) -> list[Invoice]:
    """The blue ones that say something of this policy's premium, or may come to, and that no red one has taken back yet."""
    taken_back = Invoice.objects.filter(of=OuterRef("pk"), state__in=THERE)
    blue = Invoice.objects.filter(~Exists(taken_back), request__policy=policy, kind=Kind.BLUE)
    return list(blue.exclude(state__in=NOTHING).select_related("request").order_by("created_at"))


def may_be_taken_back(invoice: Invoice) -> bool:
    """Whether it is a blue one that is there, and no red one takes it back or is about to."""
    is_there = invoice.kind == Kind.BLUE and invoice.state in THERE
    return is_there and not invoice.reversals.exclude(state=InvoiceState.REJECTED).exists()


def standing_premium(policy: Policy) -> Money:
    """What of the premium stands: the transactions of a policy add up to it, those that give back counting against the rest."""
    total = policy.transactions.aggregate(fen=Sum("premium_fen"))["fen"] or 0
    return max(Money(total), ZERO)


def invoice_of(entry_id: str) -> Invoice:
    """What an entry of `invoices.due` or `invoices.invoice_moved` is about: for the jobs that follow them."""
    return record_of(Invoice, entry_id)


def awaiting_a_person(now: datetime) -> "QuerySet[Invoice]":
    """What says something else than was asked for, what is under way for too long, and a red one that was not accepted."""
    again = Invoice.objects.filter(of=OuterRef("of")).exclude(state=InvoiceState.REJECTED)
    late = Q(state__in=RUNNING, created_at__lt=now - timedelta(seconds=PERSON.after))
    refused = Q(kind=Kind.RED, state=InvoiceState.REJECTED) & ~Exists(again)
    found = Invoice.objects.filter(Q(state=InvoiceState.DIFFERS) | late | refused)
    return found.select_related("request__policy").order_by("created_at")
