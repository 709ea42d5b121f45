"""An order as staff see it: what was bought and by whom, masked; the money, the insurer, and what happened, in order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from besttrav.catalogue.offer import Offer
from besttrav.insurers.comparing import are_harmless
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.invoices.models import Invoice
from besttrav.invoices.queries import invoices_of, may_be_taken_back
from besttrav.journal.queries import EntryView, about_any
from besttrav.kernel.actors import Actor
from besttrav.payments.models import Difference, DifferenceState, Payment, Refund
from besttrav.payments.queries import payments_of
from besttrav.policies.models import Policy, Surrender
from besttrav.policies.queries import surrender_of
from besttrav.privacy import files
from besttrav.privacy.gate import masked
from besttrav.sales import evidence
from besttrav.sales.models import Order, OrderState
from besttrav.sales.queries import offer_of, parties_of
from besttrav.sales.waiting import Reason, Waiting, waiting
from besttrav.ui import story

ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the contract, masked. `subject` leads to where their data can be opened for a purpose."""

    roles: str
    name: str
    number: str
    subject: UUID | None


@dataclass(frozen=True)
class OrderPage:
    order: Order
    actor: Actor
    now: datetime

    @cached_property
    def offer(self) -> Offer:
        return offer_of(self.order.application)

    @property
    def product(self) -> str:
        plan = self.offer.plan(self.order.application.plan)
        return f"{self.offer.name} · {plan.name if plan else self.order.application.plan}"

    @cached_property
    def waits(self) -> list[Waiting]:
        return waiting(self.now, order=self.order)

    @property
    def to_pay_by_hand(self) -> Payment | None:
        """What may be paid back by a bank transfer, because no refund of it is under way."""
        owed = (one.payment for one in self.waits if one.reason in (Reason.FAILED, Reason.DISPUTED, Reason.LEFT))
        return next(owed, None)

    @cached_property
    def exchanges(self) -> list[Exchange]:
        return list(Exchange.objects.filter(contract=self.order.application.contract).order_by("created_at"))

    @property
    def submission(self) -> Exchange | None:
        return next((one for one in self.exchanges if one.kind == Kind.SUBMIT), None)

    @property
    def may_ask_insurer(self) -> bool:
        return self.submission is not None and self.order.state == OrderState.PAID

    @property
    def may_accept(self) -> bool:
        one = self.submission
        return one is not None and one.state == ExchangeState.DIFFERS and self.may_ask_insurer and are_harmless(one.differences)

    @property
    def may_refuse(self) -> bool:
        return self.submission is not None and not self.submission.is_settled and self.may_ask_insurer

    @property
    def submissions(self) -> list[tuple[Exchange, list[str]]]:
        """What was asked of the insurer, with the fields that differed in words."""
        return [(one, [field_in_words(code) for code in one.differences]) for one in self.exchanges]

    @property
    def rows(self) -> list[tuple[Waiting, str]]:
        return [(one, what_next(one)) for one in self.waits]

    @cached_property
    def payments(self) -> list[Payment]:
        return list(payments_of(self.order.id).prefetch_related("refunds", "differences"))

    @property
    def refunds(self) -> list[Refund]:
        found = [refund for payment in self.payments for refund in payment.refunds.all()]
        return sorted(found, key=lambda refund: refund.decided_at)

    @property
    def differences(self) -> list[Difference]:
        return [one for payment in self.payments for one in payment.differences.all()]

    @cached_property
    def policy(self) -> Policy | None:
        return Policy.objects.filter(contract=self.order.application.contract).first()

    @cached_property
    def surrender(self) -> Surrender | None:
        return surrender_of(self.policy) if self.policy else None

    @cached_property
    def invoices(self) -> list[Invoice]:
        return invoices_of(self.policy) if self.policy else []

    @property
    def invoice_to_take_back(self) -> Invoice | None:
        return next((one for one in self.invoices if may_be_taken_back(one)), None)

    @property
    def invoice_rows(self) -> list[tuple[Invoice, list[str]]]:
        """Each invoice, with the fields that differ in words."""
        return [(one, [field_in_words(code.removeprefix("paper.")) for code in one.differences]) for one in self.invoices]

    @cached_property
    def people(self) -> list[Person]:
        parties = parties_of(self.order.application)
        subjects = files.subjects_of(party.person for party in parties)
        masks = masked(parties, ["name", "passport_name", "identity_number"], actor=self.actor)
        return [
            Person(
                " · ".join(_parts(party.is_holder, party.is_insured, party.beneficiary_of_id)),
                mask["name"] or mask["passport_name"],
                mask["identity_number"],
                subjects.get(party.person),
            )
            for party, mask in zip(parties, masks, strict=True)
        ]

    @cached_property
    def timeline(self) -> list[dict[str, Any]]:
        """The evidence of the sale and what the journal says of everything here, the newest first."""
        steps = story.entries(evidence.told(self.order.application), self.offer)
        about = [self.order.id, *(one.id for one in self.exchanges), *(one.id for one in self.payments)]
        about += [
            *(one.id for one in self.refunds),
            *(one.id for one in self.differences),
            *(id for one in self.invoices for id in (one.id, one.request_id)),
        ]
        entries = about_any([*about, *([self.policy.id] if self.policy else [])], limit=ENTRIES)
        return sorted([*steps, *map(told, entries)], key=lambda one: one["at"], reverse=True)


def told(entry: EntryView) -> dict[str, Any]:
    """An entry of the journal as a line of a timeline."""
    return {"at": entry.at, "title": entry.says, "text": _in_short(entry.facts), "actor": entry.actor_kind, "who": entry.actor_name}


def _in_short(facts: Mapping[str, Any]) -> str:
    """The codes of an entry; ids and digests lead nobody anywhere."""
    codes = dict(facts)
    moved = [f"{codes.pop('was')} → {codes.pop('now')}"] if "was" in codes else []
    rest = [f"{name} {_listed(value)}" for name, value in codes.items() if len(str(value)) < _ID_LENGTH or isinstance(value, list)]
    return " · ".join([*moved, *rest])


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_ID_LENGTH = 32


def _parts(is_holder: bool, is_insured: bool, beneficiary_of: UUID | None) -> Iterator[str]:
    if is_holder:
        yield _("policyholder")
    if is_insured:
        yield _("insured")
    if beneficiary_of:
        yield _("beneficiary")


_FIELDS = {
    "product": gettext_lazy("product"),
    "plan": gettext_lazy("plan"),
    "area": gettext_lazy("area"),
    "period": gettext_lazy("days of cover"),
    "policy_number": gettext_lazy("policy number"),
    "premium": gettext_lazy("premium"),
    "name": gettext_lazy("name"),
    "identity_number": gettext_lazy("number of the identity document"),
    "identity_kind": gettext_lazy("kind of identity document"),
    "passport_name": gettext_lazy("name as in the passport"),
    "birth_date": gettext_lazy("birth date"),
    "sums": gettext_lazy("sums insured"),
    "count": gettext_lazy("number of people"),
    "amount": gettext_lazy("amount"),
    "title": gettext_lazy("name on the invoice"),
    "tax_number": gettext_lazy("tax number"),
    "official_number": gettext_lazy("number of the invoice"),
    "reverses": gettext_lazy("the invoice it takes back"),
    "unreadable": gettext_lazy("the paper cannot be read"),
}


def field_in_words(code: str) -> str:
    """A field that differs, as `insured.2.name`, in words."""
    who, _dot, field = code.rpartition(".")
    label = str(_FIELDS.get(field, field))
    if who == "holder":
        return _("policyholder: %(field)s") % {"field": label}
    if who.startswith("insured"):
        return _("insured %(place)s: %(field)s") % {"place": who.partition(".")[2] or "–", "field": label}
    return label


def what_next(one: Waiting) -> str:
    """What happens if nobody comes, in words; `happens_at` says when."""
    match one.reason:
        case Reason.DIFFERED:
            return _("Refunds itself, unless it is put right before")
        case Reason.OVERDUE:
            return _("Refunds itself within a minute; longer is a fault of ours")
        case Reason.STUCK | Reason.LATE:
            return _("The channel is asked again")
        case Reason.BY_HAND:
            return _("Nothing, until a second person confirms it")
        case Reason.INVOICE if one.invoice and one.invoice.is_running:
            return _("The insurer is asked again")
        case Reason.INVOICE:
            return _("Nothing, until the insurer has put it right and somebody asks again")
        case Reason.BILL if one.difference and one.difference.state == DifferenceState.PROPOSED:
            return _("Nothing, until a second person confirms it")
        case _:
            return _("Nothing, until somebody decides")
