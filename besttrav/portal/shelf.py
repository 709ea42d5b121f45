"""The shelf for one trip: which products fit it, at what price for exactly these people, in which order, and why others do not fit.

Pure: offers and a trip go in, what a page shows comes out. A price is told only where the engine would sell at it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from besttrav.catalogue import rating
from besttrav.catalogue.offer import Activity, AgeBand, Benefit, Coverage, Exclusion, Insurer, Offer, Plan, Scene
from besttrav.catalogue.rating import Quote, Traveller, Trip, Unpriced
from besttrav.catalogue.rules import FULL_AGE, Reason
from besttrav.catalogue.text import in_words
from besttrav.catalogue.underwriting import Applicant, Insured, Proposal, decide
from besttrav.kernel.money import ZERO, Money
from besttrav.portal.trips import AskedTrip, Band

SORTS: dict[str, tuple[Promise, Promise]] = {
    "balanced": (
        _("Balanced"),
        _("Ranked by premium, medical cover and accident cover, each counting the same. No insurer can pay for a place."),
    ),
    "premium": (_("Premium"), _("The lowest premium for these people first. No insurer can pay for a place.")),
    "medical": (_("Medical cover"), _("The highest medical cover first, then the lower premium. No insurer can pay for a place.")),
    "accident": (_("Accident cover"), _("The highest accident cover first, then the lower premium. No insurer can pay for a place.")),
}
MEDICAL_MINIMA = (100_000, 300_000, 500_000)  # yuan; 300,000 is what a Schengen visa asks for


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see of the shelf. Empty means all."""

    scene: str = ""
    activity: str = ""
    medical: int = 0
    insurer: str = ""
    sort: str = "balanced"

    def parameters(self) -> dict[str, str]:
        chosen = {"scene": self.scene, "activity": self.activity, "medical": str(self.medical or ""), "insurer": self.insurer}
        return {name: value for name, value in chosen.items() if value} | ({"sort": self.sort} if self.sort != "balanced" else {})

    @property
    def chosen(self) -> list[str]:
        """The names of those that narrow the list."""
        return [name for name in ("scene", "activity", "medical", "insurer") if getattr(self, name)]

    def without(self, name: str) -> "Filters":
        if name == "medical":
            return replace(self, medical=0)
        freed: dict[str, str] = {name: ""}
        return replace(self, **freed)  # type: ignore[arg-type]  # the one number among them is dealt with above


@dataclass(frozen=True)
class Shown:
    """One product as the list shows it: with one plan, and what the others cost. Without a whole trip it has no quote."""

    offer: Offer
    plan: Plan
    quote: Quote | None
    others: list[tuple[Plan, Quote | None, str]]
    trip: AskedTrip

    @property
    def address(self) -> str:
        return address_of(self.offer, self.trip, self.plan)

    @property
    def choice(self) -> str:
        """How the comparison names this product and plan."""
        return f"{self.offer.slug}.{self.plan.code}"

    @property
    def benefits(self) -> list[tuple[Coverage, Benefit]]:
        return leading(self.offer, self.plan)

    @property
    def exclusions(self) -> list[Exclusion]:
        """Those that matter most, at most three: as many as benefits are shown."""
        return sorted(self.offer.exclusions, key=lambda one: not one.is_important)[:3]

    @cached_property
    def medical(self) -> Money:
        return _highest(self.offer, self.plan, lambda cover: cover.is_medical)

    @cached_property
    def accident(self) -> Money:
        return _highest(self.offer, self.plan, lambda cover: cover.is_death)

    @property
    def total(self) -> Money:
        return self.quote.total if self.quote else self.offer.least_premium


@dataclass(frozen=True, slots=True)
class Fitting:
    """A product that takes this trip, with those of its plans that do and what each costs, where a price can be told."""

    offer: Offer
    plans: list[tuple[Plan, Quote | None]]


@dataclass(frozen=True, slots=True)
class Unfit:
    """A product that does not take this trip, and the reason in a sentence."""

    offer: Offer
    reason: object


@dataclass(frozen=True, slots=True)
class Relief:
    """The filter whose removal would bring most products back: which, and how many."""

    name: str
    filters: Filters
    count: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list page shows."""

    shown: list[Shown]
    unfit: list[Unfit]
    relief: Relief | None


def arranged(offers: Sequence[Offer], trip: AskedTrip, filters: Filters, at: datetime) -> Shelf:
    """The products that take this trip and pass the filters, in the order asked for."""
    priced = [tried(offer, trip, at) for offer in offers]
    fitting = [one for one in priced if isinstance(one, Fitting)]
    shown = _passing(fitting, trip, filters)
    unfit = [one for one in priced if isinstance(one, Unfit)]
    return Shelf(_ordered(shown, filters.sort), unfit, None if shown else _relief(fitting, trip, filters))


def tried(offer: Offer, trip: AskedTrip, at: datetime) -> Fitting | Unfit:
    """Every plan with its price for this trip, or why none can be had. Without a whole trip all plans are there, unpriced."""
    if trip.to and not goes_to(offer, trip.to):
        return Unfit(offer, _("It does not cover this destination."))
    if not may_be_priced(offer, trip):
        return Fitting(offer, [(plan, None) for plan in offer.plans])
    if stopped := refusals(offer, trip_for(offer, trip, offer.plans[0]), trip, at):
        return Unfit(offer, stopped[0].says)
    travellers = [traveller for _band, traveller in travellers_of(offer, trip)]
    plans: list[tuple[Plan, Quote | None]] = []
    refused: list[Unpriced] = []
    for plan in offer.plans:
        try:
            plans.append((plan, rating.price(offer, trip_for(offer, trip, plan), travellers)))
        except Unpriced as refusal:
            refused.append(refusal)
    return Fitting(offer, plans) if plans else Unfit(offer, refused[0].reasons[0].says)


def refusals(offer: Offer, wanted: Trip, trip: AskedTrip, at: datetime) -> tuple[Reason, ...]:
    """Why nobody could buy this at this moment, whatever they answer later: its days, its destination, how many they are.

    Asked of underwriting itself, so that no price is told that would be taken back on the next page.
    """
    people = tuple(Insured(age=traveller.age) for _band, traveller in travellers_of(offer, trip))
    decision = decide(offer, Proposal(at, wanted, Applicant(age=FULL_AGE), people))
    return tuple(one for one in decision.reasons if one.code in _STOPPING)


_STOPPING = {
    *("starts_too_early", "starts_too_late", "too_few_people", "too_many_people"),
    *("destination_sanctioned", "destination_excluded"),
}


def may_be_priced(offer: Offer, trip: AskedTrip) -> bool:
    """Whether enough of the trip is known to tell a price of this product."""
    return trip.is_whole or (trip.is_dated and len(offer.areas) < 2)


def goes_to(offer: Offer, country: str) -> bool:
    return country not in offer.excluded_countries and (not offer.areas or any(area.covers(country) for area in offer.areas))


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the things people come for, with how many products there are and the least a person pays."""

    scene: Scene
    drawing: str
    count: int
    least: Money


def scene_tiles(offers: Sequence[Offer]) -> list[Tile]:
    found = [(scene, [offer for offer in offers if offer.scene is scene]) for scene in scenes_of(offers)]
    return [Tile(scene, _DRAWINGS[scene], len(some), min(offer.least_premium for offer in some)) for scene, some in found]


def versions(offers: Iterable[Offer]) -> list[UUID]:
    """What tells one state of the shelf from another."""
    return [offer.version.id for offer in offers]


def ways(offers: Sequence[Offer], trip: AskedTrip, filters: Filters, found: Shelf) -> dict[str, Any]:
    """Where else one can go from a list: without one of the conditions, without all of them, and what the strongest of them hides."""

    def address(trip: AskedTrip, filters: Filters) -> str:
        return f"/products/?{urlencode(trip.parameters() | filters.parameters())}".rstrip("?")

    names = _names(offers, filters)
    chips = [(names[name], address(trip, filters.without(name))) for name in filters.chosen]
    relief = found.relief
    return {
        "chips": chips,
        "clear_url": address(trip, Filters(sort=filters.sort)),
        "relief_url": address(trip, relief.filters) if relief else "",
        "relief_says": _relief_says(names[relief.name], relief.count) if relief else "",
        "relief_action": format_lazy(_("Take \u201c{condition}\u201d away"), condition=names[relief.name]) if relief else "",
    }


def address_of(offer: Offer, trip: AskedTrip, plan: Plan | None = None) -> str:
    """Where the product page stands for this trip and plan."""
    query = trip.query
    if plan:
        query += f"{'&' if query else '?'}plan={plan.code}"
    return f"/products/{offer.slug}/{query}"


def leading(offer: Offer, plan: Plan) -> list[tuple[Coverage, Benefit]]:
    """The three benefits of the plan that tell most: on death, for medical care, and the largest of the others."""
    whole = [(cover, offer.benefit(cover, plan.code)) for cover in offer.coverages if not cover.part_of and not cover.option]
    given = [(cover, benefit) for cover, benefit in whole if benefit.is_included]
    death = [one for one in given if one[0].is_death][:1]
    medical = [one for one in given if one[0].is_medical][:1]
    others = [one for one in given if not one[0].is_death and not one[0].is_medical]
    return death + medical + sorted(others, key=lambda one: one[1].sum or ZERO, reverse=True)[: 3 - len(death) - len(medical)]


def travellers_of(offer: Offer, trip: AskedTrip) -> list[tuple[Band, Traveller]]:
    """One traveller a person, of an age in their band that the product takes, where it takes one."""
    return [(band, Traveller(age=_age_in(offer, band))) for band, count in trip.groups for _person in range(count)]


def ages_for(offer: Offer, quote: Quote, age: int, band: Band) -> tuple[int, int]:
    """The ages around this one, inside the band, for which the price of this quote is the same."""
    first, last = band.first, band.last
    if ages := offer.age_band(age):
        first, last = max(first, ages.first), min(last, ages.last)
    cell = (quote.plan.code, quote.area.code, quote.duration.code)
    for rate in offer.rates:
        if (rate.plan, rate.area, rate.days) == cell and rate.first_age <= age <= rate.last_age:
            return max(first, rate.first_age), min(last, rate.last_age)
    return first, last


def trip_for(
    offer: Offer, trip: AskedTrip, plan: Plan, *, area: str = "", is_annual: bool | None = None, options: Iterable[str] = ()
) -> Trip:
    """The trip as the engine takes it. A product that is sold by the year only takes its first day and runs a year."""
    assert trip.start is not None
    by_the_year = offer.longest == 0 if is_annual is None else is_annual
    return Trip(
        plan.code,
        area=area,
        first_day=trip.start,
        last_day=None if by_the_year else trip.end,
        is_annual=by_the_year,
        destinations=(trip.to,) if trip.to else (),
        options=frozenset(options),
    )


def insurers_of(offers: Iterable[Offer]) -> list[Insurer]:
    return sorted({offer.insurer.code: offer.insurer for offer in offers}.values(), key=lambda insurer: insurer.code)


def scenes_of(offers: Iterable[Offer]) -> list[Scene]:
    present = {offer.scene for offer in offers}
    return [scene for scene in Scene if scene in present]


def activities_of(offers: Iterable[Offer]) -> list[Activity]:
    """Every activity some product knows, the milder first."""
    return sorted({act.code: act for offer in offers for act in offer.activities}.values(), key=lambda act: (act.number, act.code))


def _passing(fitting: Iterable[Fitting], trip: AskedTrip, filters: Filters) -> list[Shown]:
    return [shown for one in fitting if (shown := _shown(one, trip, filters))]


def _shown(fitting: Fitting, trip: AskedTrip, filters: Filters) -> Shown | None:
    """The product with the cheapest plan that meets the filters; the plans of an offer stand in order of their premium."""
    offer = fitting.offer
    if (filters.scene and offer.scene != filters.scene) or (filters.insurer and offer.insurer.code != filters.insurer):
        return None
    meeting = [(plan, quote) for plan, quote in fitting.plans if _meets(offer, plan, filters)]
    if not meeting:
        return None
    plan, quote = meeting[0]
    others = [(other, price, address_of(offer, trip, other)) for other, price in fitting.plans if other is not plan]
    return Shown(offer, plan, quote, others, trip)


def _meets(offer: Offer, plan: Plan, filters: Filters) -> bool:
    if filters.medical and _highest(offer, plan, lambda cover: cover.is_medical).fen < filters.medical * 100:
        return False
    return not filters.activity or any(act.code == filters.activity and act.number <= plan.activity_class for act in offer.activities)


def _highest(offer: Offer, plan: Plan, wanted: Callable[[Coverage], bool]) -> Money:
    """The highest sum among benefits of one kind; what is paid at actual cost counts as nothing, as nobody can compare it."""
    sums = (offer.benefit(cover, plan.code).sum for cover in offer.coverages if wanted(cover) and not cover.part_of and not cover.option)
    return max((amount for amount in sums if amount), default=ZERO)


def _ordered(shown: list[Shown], sort: str) -> list[Shown]:
    by_premium = sorted(shown, key=lambda one: (one.total, one.offer.slug))
    if sort == "premium":
        return by_premium
    if sort in {"medical", "accident"}:
        return sorted(by_premium, key=lambda one: getattr(one, sort), reverse=True)
    places = [by_premium, *(sorted(by_premium, key=lambda one: getattr(one, name), reverse=True) for name in ("medical", "accident"))]
    rank = {id(one): sum(order.index(one) for order in places) for one in by_premium}
    return sorted(by_premium, key=lambda one: rank[id(one)])


def _relief(fitting: Sequence[Fitting], trip: AskedTrip, filters: Filters) -> Relief | None:
    freed = [Relief(name, filters.without(name), len(_passing(fitting, trip, filters.without(name)))) for name in filters.chosen]
    return max(freed, key=lambda one: one.count, default=None)


def _age_in(offer: Offer, band: Band) -> int:
    """The middle of the widest stretch of the band that the product's table treats alike; where it takes nobody, the band's own middle."""
    stretches = [stretch for ages in offer.ages if (stretch := _shared(ages, band))]
    first, last = max(stretches, key=lambda ages: ages[1] - ages[0], default=(band.first, band.last))
    return (first + last) // 2


def _shared(ages: AgeBand, band: Band) -> tuple[int, int] | None:
    first, last = max(ages.first, band.first), min(ages.last, band.last)
    return (first, last) if first <= last else None


def _names(offers: Sequence[Offer], filters: Filters) -> dict[str, object]:
    """The chosen conditions in words."""
    insurers = {insurer.code: insurer.short_name for insurer in insurers_of(offers)}
    activities = {act.code: act.name for act in activities_of(offers)}
    return {
        "scene": Scene(filters.scene).label if filters.scene else "",
        "activity": activities.get(filters.activity, ""),
        "medical": format_lazy(_("Medical cover {sum} or more"), sum=in_words(Money(filters.medical * 100))),
        "insurer": insurers.get(filters.insurer, ""),
    }


def _relief_says(condition: object, count: int) -> object:
    return format_lazy(
        ngettext_lazy(
            "The condition \u201c{condition}\u201d removes most: without it there is {count} product.",
            "The condition \u201c{condition}\u201d removes most: without it there are {count} products.",
            count,
        ),
        condition=condition,
        count=count,
    )


_DRAWINGS = {
    Scene.OUTBOUND: "globe",
    Scene.SCHENGEN: "pass",
    Scene.DOMESTIC: "train",
    Scene.OUTDOOR: "snow",
    Scene.STUDY: "study",
    Scene.INBOUND: "pin",
    Scene.ACCIDENT: "shield",
    Scene.GROUP: "team",
    Scene.BUSINESS: "case",
}
