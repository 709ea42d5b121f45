"""An application as its pages see it: whose it is, which step comes next, what it costs as things stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypedDict
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from besttrav.catalogue import rating
from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Offer, Paper
from besttrav.catalogue.rating import Quote, Traveller, Trip, Unpriced
from besttrav.catalogue.rules import Reason
from besttrav.catalogue.text import joined
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import Money
from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.people.models import Account
from besttrav.people.requests import Request
from besttrav.people.visitors import digest
from besttrav.policies.models import Party
from besttrav.portal import shelf
from besttrav.portal.papers import name_of
from besttrav.portal.trips import BANDS, AskedTrip
from besttrav.privacy.keeping import Keep
from besttrav.sales import pricing, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Application, ApplicationState, Order
from besttrav.sales.steps import CONFIRMED_PAPERS, Step, missing, steps_of
from besttrav.ui.fresh import page_version

Line = tuple[object, object, Money]
Fact = tuple[object, object, object]


@dataclass(frozen=True, slots=True)
class Priced:
    """What it costs, or every reason why it cannot be had; neither while too little is known. `is_rough` goes by ages that were asked for,
    not by people."""

    quote: Quote | None = None
    reasons: Sequence[Reason] = ()
    is_rough: bool = False

    @property
    def total(self) -> Money | None:
        return self.quote.total if self.quote else None

    @property
    def caption(self) -> object:
        """The small line above the sum in the bar of a phone."""
        if self.reasons:
            return _("This cannot be had as it is")
        if not self.quote:
            return _("The price follows")
        people = ngettext("%(people)s person", "%(people)s people", len(self.quote.people)) % {"people": len(self.quote.people)}
        days = ngettext("%(days)s day", "%(days)s days", self.quote.days) % {"days": self.quote.days}
        return f"{people} · {days}"

    @property
    def lines(self) -> list[Line]:
        """One line a person: which, how old and what multiplies it, how much."""
        return [(_person_label(one.position), _note(one), one.premium) for one in self.quote.people] if self.quote else []

    @property
    def over(self) -> object:
        return _("By the ages you asked for") if self.is_rough else ""


class Draft:
    """One application in the hands of whoever fills it in."""

    def __init__(self, application: Application, actor: Actor) -> None:
        self.application = application
        self.offer: Offer = queries.offer_of(application)
        self.actor = actor
        self.buyer = queries.buyer_of(application, actor)

    # Steps

    @cached_property
    def parties(self) -> list[Party]:
        return queries.parties_of(self.application)

    @property
    def insured(self) -> list[Party]:
        return [party for party in self.parties if party.is_insured]

    @cached_property
    def read(self) -> set[str]:
        """The papers confirmed in this version."""
        return queries.papers_read(self.application, self.offer)

    @property
    def is_open(self) -> bool:
        """Whether it is being filled in, and nothing was decided about it as it stands."""
        return self.application.state == ApplicationState.DRAFT

    @property
    def may_leave(self) -> bool:
        return self.application.is_open

    @property
    def steps(self) -> list[Step]:
        return steps_of(self.offer)

    @property
    def missing(self) -> list[Step]:
        return list(missing(self.application, self.offer, self.read))

    @property
    def next(self) -> Step:
        return next(iter(self.missing), Step.CONFIRMATION)

    def number(self, step: Step) -> int:
        return self.steps.index(step) + 1

    def before(self, step: Step) -> str:
        """The address of the step before; of the product before the first."""
        place = self.steps.index(step)
        return self.address(self.steps[place - 1]) if place else reverse("portal:product", args=[self.offer.slug])

    def address(self, step: Step | str) -> str:
        return reverse(f"portal:application-{step}", args=[self.application.id])

    def paper_address(self, name: str) -> str:
        return reverse("portal:application-paper", args=[self.application.id, name])

    def elsewhere(self, step: Step) -> HttpResponse | None:
        """Where somebody belongs who opens this step: behind a step that is missing they are led there; behind the end, to what came of
        it. None where they are right."""
        if not self.application.is_open:
            return HttpResponseRedirect(self.outcome)
        if step not in self.steps:
            return HttpResponseRedirect(self.address(self.next))
        behind = next((one for one in self.missing if self.number(one) < self.number(step)), None)
        return HttpResponseRedirect(self.address(behind)) if behind else None

    @property
    def outcome(self) -> str:
        """Where an application that is no longer open is told about."""
        if order := Order.objects.filter(application=self.application).first():
            return payment_address(order)
        is_over = self.application.state in {ApplicationState.WITHDRAWN, ApplicationState.LAPSED}
        return self.address("leaving" if is_over else "outcome")

    def seen(self, page: str) -> Seen:
        """The page somebody acts on, for the evidence: all it shows that is not their own follows from the version of the product."""
        return Seen(page, page_version(self.offer.version.digest, page))

    # Papers

    @property
    def papers(self) -> list[tuple[Paper, str, bool]]:
        """Each paper that is confirmed on its own page: where that is, and whether it was."""
        kinds = [(self.offer.paper(kind), kind) for kind in CONFIRMED_PAPERS]
        return [(paper, self.paper_address(name_of(kind)), kind.value in self.read) for paper, kind in kinds]

    @property
    def unread(self) -> str:
        """The address of the first paper that was not read yet; "" when all were."""
        return next((address for _paper, address, is_read in self.papers if not is_read), "")

    # Price

    @cached_property
    def hindrances(self) -> list[Reason]:
        """What stands in the way already; nothing while a step before the people is missing."""
        if self.application.first_day is None or not self.parties:
            return []
        return pricing.foreseen(self.application, self.offer, self.parties)

    @property
    def plan_notes(self) -> dict[str, str]:
        """What each plan costs for this trip and these people, by its code."""
        if self.application.first_day is None:
            return {}
        trip, travellers = pricing.trip_of(self.application), pricing.travellers_of(self.parties) or self.asked_travellers
        priced = {plan.code: self.price(replace(trip, plan=plan.code), travellers).total for plan in self.offer.plans}
        return {code: f"¥{total}" if total else "–" for code, total in priced.items()}

    @cached_property
    def priced(self) -> Priced:
        """By the people, else by the ages that were asked for."""
        application = self.application
        if application.first_day is None:
            return Priced()
        travellers = pricing.travellers_of(self.parties)
        return self.price(pricing.trip_of(application), travellers or self.asked_travellers, is_rough=not travellers)

    def price(self, trip: Trip, travellers: Sequence[Traveller], *, is_rough: bool = False) -> Priced:
        if not travellers:
            return Priced()
        try:
            return Priced(rating.price(self.offer, trip, travellers), is_rough=is_rough)
        except Unpriced as refusal:
            return Priced(reasons=refusal.reasons, is_rough=is_rough)

    @property
    def asked_travellers(self) -> list[Traveller]:
        """One of each age band a price was first asked for."""
        counts = tuple(self.application.groups.get(band.code, 0) for band in BANDS)
        return [traveller for _band, traveller in shelf.travellers_of(self.offer, AskedTrip(people=counts))]

    @property
    def facts(self) -> list[Fact]:
        """What is being bought, beside the steps."""
        application, offer = self.application, self.offer
        plan, area = offer.plan(application.plan), offer.area(application.area)
        places = joined([COUNTRIES[code].name for code in application.destinations if code in COUNTRIES])
        return [
            *([(_("Plan"), plan.name, "")] if plan and len(offer.plans) > 1 else []),
            *([(_("Where"), places or (area.name if area else ""), "")] if application.destinations or area else []),
            *([(_("Period"), *self.period)] if application.first_day else []),
            (_("Insurer"), offer.insurer.short_name, ""),
        ]

    @property
    def period(self) -> tuple[object, object]:
        """The days of cover, and how many they are."""
        if self.application.first_day is None:
            return "", ""
        trip = pricing.trip_of(self.application)
        days = ngettext_lazy("%(days)s day", "%(days)s days", trip.days) % {"days": trip.days}
        return f"{trip.first_day:%Y-%m-%d} – {trip.ends_on:%Y-%m-%d}", format_lazy("{}{}", _("Beijing time, both included: "), days)

    @property
    def kept(self) -> dict[str, str]:
        """How long what is typed is kept where no contract comes of it."""
        return {"people": Keep.QUOTE.period, "health": Keep.QUOTE_HEALTH.period}

    @property
    def weightiest(self) -> list[object]:
        """The exclusions that matter most, for the corner of the eye."""
        return [one.title for one in sorted(self.offer.exclusions, key=lambda one: not one.is_important)[:5]]


def draft_of(request: Request, application_id: UUID) -> Draft:
    """The application, for this browser or for whoever is signed in. Raises Http404: somebody else's and none at all look the same."""
    application = queries.application_of(application_id, **_whose(request))
    if application is None:
        raise Http404
    return Draft(application, request.actor)


def drafts_of(request: Request) -> list[Draft]:
    """Everything this browser or person has not finished, the latest first."""
    return [Draft(one, request.actor) for one in queries.unfinished_of(**_whose(request), most=20)]


def account_of(request: Request) -> Account | None:
    """The account that is signed in and may see what belongs to it."""
    session = request.session_record
    return session.account if session and session.account and request.actor.subject else None


def token_of(request: Request) -> str:
    """What this browser shows for the applications it began; "" before the first."""
    return request.COOKIES.get(APPLICATION_COOKIE, "")


def payment_address(order: Order) -> str:
    """Where an order is paid."""
    return reverse("portal:order-payment", args=[order.number])


class _Whose(TypedDict):
    account: Account | None
    browser_sha256: str


def _whose(request: Request) -> _Whose:
    token = token_of(request)
    return {"account": account_of(request), "browser_sha256": digest(token) if token else ""}


def _person_label(position: int) -> Promise:
    return format_lazy(_("Insured {position}"), position=position)


def _note(person: rating.PersonPremium) -> str:
    """How old, and what that or an occupation multiplies the premium by."""
    factors = " ".join(f"×{line.factor.normalize():f}" for line in person.lines if line.factor and line.factor != 1)
    age = ngettext("%(age)s year", "%(age)s years", person.age) % {"age": person.age}
    return f"{age} {factors}".rstrip()
