"""One order as its page tells it: what was bought, where it stands, which papers there are, what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Area, Coverage, Group, Offer, Plan, Relation
from besttrav.kernel import clock
from besttrav.payments.models import Payment, PaymentState, Refund
from besttrav.policies.models import DocumentKind, Party, Policy, PolicyDocument, PolicyState
from besttrav.policies.queries import papers_of
from besttrav.portal.orders import Reach, Standing
from besttrav.privacy.gate import masked
from besttrav.sales.models import Application, Notice, NoticeState, Order, RefundBecause
from besttrav.sales.operations import finding
from besttrav.sales.operations import papers as sale_papers
from besttrav.sales.queries import offer_of, parties_of
from besttrav.ui.surrender_story import SurrenderStory, story_of

HOME_COUNTRY = "CN"
SHOWN_COVERS = 3


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to take along: the name it has in addresses, what it is called, and its size in kilobytes once there."""

    name: str
    label: str | Promise
    note: str | Promise
    icon: str
    size: int | None


PAPERS: dict[str, tuple[DocumentKind, str, str | Promise, str | Promise, str]] = {
    "e-policy": (DocumentKind.E_POLICY, "zh-hans", gettext_lazy("E-policy"), gettext_lazy("PDF, signed by the insurer"), "down"),
    "certificate": (
        DocumentKind.CERTIFICATE,
        "en",
        gettext_lazy("Certificate for a visa"),
        gettext_lazy("PDF, in English with the Chinese beside it"),
        "pass",
    ),
    "application-zh": (
        DocumentKind.APPLICATION,
        "zh-hans",
        gettext_lazy("Copy of the application"),
        pgettext_lazy("language of a paper", "PDF, in Chinese"),
        "file",
    ),
    "application-en": (
        DocumentKind.APPLICATION,
        "en",
        gettext_lazy("Copy of the application"),
        pgettext_lazy("language of a paper", "PDF, in English"),
        "file",
    ),
}


# Why there is no contract, in words: for everything an order is given back for.
WHY_BACK: dict[RefundBecause, str | Promise] = {
    RefundBecause.INSURER_DECLINED: gettext_lazy(
        "%(insurer)s looked at the application and did not accept it, so there is no contract and no cover. It tells you why on %(phone)s."
    ),
    RefundBecause.INSURER_SILENT: gettext_lazy(
        "%(insurer)s did not answer in time, so there is no contract and no cover. You did nothing wrong and may try again."
    ),
    RefundBecause.INSURER_DIFFERED: gettext_lazy(
        "%(insurer)s issued something else than you applied for and did not put it right in time, so we did not take it: there is no"
        " contract and no cover. You did nothing wrong and may try again."
    ),
    RefundBecause.NOT_PERMITTED: gettext_lazy(
        "Somebody in this application withdrew a consent or had their data deleted before the contract stood, so there is no contract and"
        " no cover. Begin anew without them, or once they agree."
    ),
    RefundBecause.NO_ROOM: gettext_lazy(
        "Another order was paid first, and with it somebody in this one has all the cover one person may have for these days. Nothing was"
        " sent to %(insurer)s: there is no second contract, and the first one stands."
    ),
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in the contract, masked."""

    party: Party
    name: str
    number: str
    roles: list[str]

    @property
    def id(self) -> UUID:
        return self.party.id


@dataclass(frozen=True)
class ContractPage:
    """What the pages of an order and of a policy share."""

    reach: Reach

    @property
    def order(self) -> Order:
        return self.reach.order

    @property
    def application(self) -> Application:
        return self.order.application

    @cached_property
    def offer(self) -> Offer:
        return offer_of(self.application)

    @cached_property
    def policy(self) -> Policy | None:
        return finding.policy_of(self.order)

    @cached_property
    def surrender(self) -> SurrenderStory | None:
        """Where the contract was given up, how far that is."""
        return story_of(self.policy, str(self.offer.insurer.short_name)) if self.policy else None

    @property
    def plan(self) -> Plan:
        plan = self.offer.plan(self.application.plan)
        assert plan
        return plan

    @property
    def area(self) -> Area | None:
        return self.offer.area(self.application.area)

    @property
    def days(self) -> int:
        assert self.application.first_day
        assert self.application.last_day
        return (self.application.last_day - self.application.first_day).days + 1

    @property
    def destination(self) -> str:
        """Where it goes: the first place by name and how many more, else the area."""
        places = [str(COUNTRIES[code].name) for code in self.application.destinations if code in COUNTRIES]
        if not places:
            return str(self.area.name) if self.area else str(self.offer.scene.label)
        return places[0] if len(places) == 1 else f"{places[0]} +{len(places) - 1}"

    @property
    def leaves_home(self) -> bool:
        return bool(set(self.application.destinations) - {HOME_COUNTRY})

    @cached_property
    def parties(self) -> list[Party]:
        return parties_of(self.application)

    @cached_property
    def people(self) -> list[PersonRow]:
        """Everybody in the contract. Nobody's name is shown whole: most of them are not who reads this."""
        masks = masked(self.parties, ["name", "passport_name", "identity_number"], actor=self.reach.actor)
        return [
            PersonRow(party, mask["name"] or mask["passport_name"], mask["identity_number"], list(_roles(party)))
            for party, mask in zip(self.parties, masks, strict=True)
        ]

    @property
    def insured(self) -> list[PersonRow]:
        return [row for row in self.people if row.party.is_insured]

    @cached_property
    def main_covers(self) -> list[tuple[Coverage, object]]:
        """The first few sums, for an adult: what treatment and rescue are worth comes before the rest."""
        return sorted(self._covers, key=lambda row: (not row[0].is_medical, row[0].group is not Group.MEDICAL))[:SHOWN_COVERS]

    @cached_property
    def _covers(self) -> list[tuple[Coverage, object]]:
        chosen = set(self.application.options)
        rows = [
            (cover, self.offer.benefit(cover, self.application.plan))
            for cover in self.offer.coverages
            if not cover.part_of and (not cover.option or cover.option in chosen)
        ]
        return [(cover, benefit.label) for cover, benefit in rows if benefit.is_included]

    @cached_property
    def papers(self) -> list[Paper]:
        """What there is to take along; one without a size is on its way from the insurer, or made when it is asked for."""
        if self.policy is None:
            return []
        there = {(document.kind, document.language): document for document in papers_of(self.policy)}
        coming = {(DocumentKind.E_POLICY, "zh-hans")} if self.policy.state == PolicyState.STANDS else set()
        offered = {*there, *coming, *sale_papers.offered(self.policy)}
        return [
            Paper(name, label, note, icon, _kilobytes(there.get((kind, language))))
            for name, (kind, language, label, note, icon) in PAPERS.items()
            if (kind, language) in offered
        ]

    @property
    def e_policy(self) -> Paper | None:
        return next((paper for paper in self.papers if paper.name == "e-policy" and paper.size), None)

    @property
    def other_papers(self) -> list[Paper]:
        return [paper for paper in self.papers if paper.name != "e-policy"]

    @property
    def again_url(self) -> str:
        """The product with the same trip, while it is sold."""
        if catalogue.current(self.offer.slug, clock.today()) is None:
            return reverse("portal:products")
        application = self.application
        trip = {
            "to": application.destinations[0] if application.destinations else "",
            "start": application.first_day.isoformat() if application.first_day and application.first_day > clock.today() else "",
            "end": application.last_day.isoformat() if application.last_day and application.last_day > clock.today() else "",
            **{str(band): count for band, count in application.groups.items()},
        }
        address = reverse("portal:product", args=[self.offer.slug])
        return f"{address}?{urlencode({name: value for name, value in trip.items() if value})}".rstrip("?")


@dataclass(frozen=True)
class OrderPage(ContractPage):
    """The page of an order, in every state it can be in."""

    standing: Standing
    attempts: Sequence[Payment]

    @property
    def is_insured(self) -> bool:
        return self.standing in {Standing.ISSUED, Standing.HELD}

    @cached_property
    def payment(self) -> Payment | None:
        """The money that bought it, or would have."""
        return next((one for one in self.attempts if one.id == self.order.payment or one.is_captured), None)

    @cached_property
    def stray(self) -> list[Payment]:
        """Money that came too late or twice, and goes back by itself."""
        return [
            one
            for one in self.attempts
            if one.captured and one.id != self.order.payment and one.state in {PaymentState.UNAPPLIED, PaymentState.RETURNED}
        ]

    @cached_property
    def refunds(self) -> list[Refund]:
        return list(Refund.objects.filter(payment__order_id=self.order.id).select_related("payment").order_by("decided_at"))

    @property
    def why_back(self) -> str:
        """Why the money goes back, in words."""
        insurer = self.offer.insurer
        return str(WHY_BACK[RefundBecause(self.order.refund_because)]) % {"insurer": insurer.name, "phone": insurer.hotline}

    @property
    def steps(self) -> list[dict[str, Any]]:
        """What happened and what comes, in order."""
        return [step for step in self._steps() if step]

    def _steps(self) -> Iterator[dict[str, Any]]:
        offer, application, policy = self.offer, self.application, self.policy
        if policy is None or application.first_day is None or application.last_day is None:
            return
        begins = datetime.combine(application.first_day, time.min, clock.BEIJING)
        ended = datetime.combine(application.last_day, time.min, clock.BEIJING) + timedelta(days=1)
        now = clock.now()
        yield {
            "at": policy.issued_at,
            "state": "done",
            "title": _("%(insurer)s has insured you") % {"insurer": offer.insurer.short_name},
            "text": "",
        }
        yield {
            "at": begins,
            "state": "done" if begins <= now else "todo",
            "title": _("The cover begins"),
            "text": str(offer.surrender.says),
        }
        yield {
            "title": _("Something happens on the trip"),
            "state": "todo",
            "when": _("at any time, day and night"),
            "tel": offer.insurer.emergency,
            "text": _("Call the rescue number first, then see a doctor. It arranges the hospital and, where it can, pays at once."),
        }
        yield {
            "at": ended,
            "state": "done" if ended <= now else "todo",
            "title": _("The cover ends"),
            "text": str(offer.insurer.claim_channel),
        }

    @cached_property
    def to_hand_on(self) -> list[tuple[Notice, str]]:
        """Insured people without a phone of their own: the buyer gives them the link to what concerns them."""
        notices = Notice.objects.filter(application=self.application, message=None, state=NoticeState.OPEN).order_by("created_at")
        names = {row.party.id: row.name for row in self.people} if notices else {}
        return [(notice, names[notice.party_id]) for notice in notices]


def _roles(party: Party) -> Iterator[str]:
    if party.is_holder:
        yield _("policyholder")
    if party.is_insured:
        yield _("insured")
    if party.beneficiary_of_id:
        yield _("beneficiary")
    if not party.is_holder and party.relation:
        yield str(Relation(party.relation).label)


def _kilobytes(document: PolicyDocument | None) -> int | None:
    return max(1, round(document.size / 1024)) if document else None
