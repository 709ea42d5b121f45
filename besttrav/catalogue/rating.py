"""What a trip costs: per person the lines that make up the premium, in whole fen.

A premium is base x factors x (100 + loadings) / 100 + options, calculated exactly and rounded once, half up, to the fen (`ROUNDING`).
The lines split that premium for people to see: each is what the premium grew by with it, so they add up to the fen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Area, Duration, Offer, Option, Plan
from besttrav.catalogue.rates import rates_of
from besttrav.catalogue.rules import FULL_AGE, Reason, reason
from besttrav.catalogue.text import Text
from besttrav.catalogue.words import label
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO, Money, Rounding
from besttrav.kernel.period import anniversary

ROUNDING = Rounding.HALF_UP

_DAY = timedelta(days=1)
_ONE = Decimal(1)
_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Trip:
    """What cover is wanted for. Both days are included. Without an `area` the first one that covers all destinations is taken, and
    offers name their areas from the narrowest. A year of cover ends by itself."""

    plan: str
    first_day: date
    last_day: date | None = None
    area: str = ""
    is_annual: bool = False
    destinations: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()

    @property
    def ends_on(self) -> date:
        """The last day of cover."""
        if self.is_annual:
            return anniversary(self.first_day, 1) - _DAY
        return self.last_day or self.first_day

    @property
    def days(self) -> int:
        """How many days are covered, the first and the last included."""
        return (self.ends_on - self.first_day).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Traveller:
    """Somebody to insure, as far as the price goes: an age for a first quote, a date of birth once it is known."""

    age: int | None = None
    born: date | None = field(default=None, repr=False)
    occupation: str = ""

    def age_on(self, day: date) -> int:
        """Whole years on that day; negative before birth. Somebody born on 29 February has a birthday on 1 March in other years."""
        if self.born is None:
            if self.age is None:
                raise ValueError("a person is priced by an age or a date of birth")
            return self.age
        years = day.year - self.born.year
        return years if anniversary(self.born, years) <= day else years - 1


@dataclass(frozen=True, slots=True)
class Loading:
    """So many per cent more, and why."""

    code: str
    percent: int
    says: Text


@dataclass(frozen=True, slots=True)
class PremiumLine:
    """One step of a premium: `base`, `age`, `occupation`, `loading` or `option`, and what it adds."""

    code: str
    amount: Money
    factor: Decimal | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def says(self) -> Text:
        return label("PremiumLine", self.code) % self.values


@dataclass(frozen=True, slots=True)
class PersonPremium:
    """What one person costs. `position` counts from 1, in the order given."""

    position: int
    age: int
    lines: tuple[PremiumLine, ...]
    premium: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """A price. The lines of a person add up to the person's premium, and the premiums to the total."""

    offer: Offer
    plan: Plan
    area: Area
    duration: Duration
    first_day: date
    last_day: date
    people: tuple[PersonPremium, ...]
    total: Money
    remarks: tuple[Reason, ...] = ()

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class Refund:
    """What comes back on a surrender: `days_gone` of `days` had begun, and `fee` was kept."""

    amount: Money
    fee: Money
    days_gone: int
    days: int


class Unpriced(Refusal):
    """There is no price, for all of these reasons."""

    code = "unpriced"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(self.reasons[0].says, way_out=self.reasons[0].way_out)


def price(offer: Offer, trip: Trip, travellers: Sequence[Traveller], loadings: Mapping[int, Sequence[Loading]] | None = None) -> Quote:
    """What this trip costs for these people. `loadings` go by position. Raises Unpriced with every reason there is."""
    plan, area, days, table = offer.plan(trip.plan), area_of(offer, trip), trip.days, rates_of(offer)
    if found := _reasons(offer, trip, area, days, travellers):
        raise Unpriced(found)
    assert plan
    assert area
    place = -1 if trip.is_annual else table.place(days)
    duration = table.duration(place)
    options = [option for option in offer.options if option.code in trip.options] if trip.options else []
    said: Mapping[str, object] = {"plan": plan.name, "area": area.name, "days": _days(duration, days)}
    people, fen = [], 0
    for position, traveller in enumerate(travellers, 1):
        age = traveller.age_on(trip.first_day)
        base = table.premium(plan.code, area.code, age, place)
        person = _person(offer, traveller, position, age, base, said, options, loadings.get(position, ()) if loadings else ())
        people.append(person)
        fen += person.premium.fen
    told = tuple(remarks(offer, trip, travellers))
    return Quote(offer, plan, area, duration, trip.first_day, trip.ends_on, tuple(people), Money(fen), told)


def reasons(offer: Offer, trip: Trip, travellers: Sequence[Traveller]) -> list[Reason]:
    """Why there is no price; none where there is one."""
    return _reasons(offer, trip, area_of(offer, trip), trip.days, travellers)


def area_of(offer: Offer, trip: Trip) -> Area | None:
    """The area of the trip: the one it names, or the narrowest that covers where it goes."""
    if trip.area:
        return offer.area(trip.area)
    if not trip.destinations:
        return offer.areas[0] if len(offer.areas) == 1 else None
    return next((area for area in offer.areas if all(area.covers(country) for country in trip.destinations)), None)


def refund(offer: Offer, premium: Money, first_day: date, last_day: date, on: date, *, visa_refused: bool = False) -> Refund:
    """What comes back when the contract is surrendered on a day: everything before the first one; then by the days that have not begun,
    less the fee, rounded half up to the fen. Some products return everything to whoever proves that their visa was refused."""
    days = (last_day - first_day).days + 1
    gone = min(max((on - first_day).days + 1, 0), days)
    if not gone or (visa_refused and offer.surrender.visa_refused_returns_all):
        return Refund(premium, ZERO, gone, days)
    if offer.surrender.only_before_start:
        return Refund(ZERO, premium, gone, days)
    left = premium.fen * (days - gone)
    amount = Money(_half_up(left * (100 - offer.surrender.fee_percent), days * 100))
    return Refund(amount, Money(_half_up(left, days)) - amount, gone, days)


# --- One person ---


def _person(
    offer: Offer,
    traveller: Traveller,
    position: int,
    age: int,
    base: Money,
    said: Mapping[str, object],
    options: list[Option],
    loadings: Sequence[Loading],
) -> PersonPremium:
    lines = [PremiumLine("base", base, None, said)]
    exact, premium = Decimal(base.fen), base
    for code, factor, values in _factors(offer, traveller, age, loadings):
        exact *= factor
        grown = Money(int(exact.to_integral_value(rounding=ROUNDING.value)))
        lines.append(PremiumLine(code, grown - premium, factor, values))
        premium = grown
    for option in options:
        lines.append(PremiumLine("option", option.premium, None, {"name": option.name, "code": option.code}))
        premium += option.premium
    return PersonPremium(position, age, tuple(lines), premium)


def _factors(
    offer: Offer, traveller: Traveller, age: int, loadings: Sequence[Loading]
) -> Iterator[tuple[str, Decimal, Mapping[str, object]]]:
    """What the base is multiplied by, one after the other; factors of one are not told."""
    band = offer.age_band(age)
    assert band
    if band.factor != _ONE:
        yield "age", band.factor, {"age": age, "factor": band.factor}
    if offer.occupation_classes:
        occupation = offer.occupation(traveller.occupation)
        taken = offer.class_of(occupation) if occupation else offer.occupation_classes[0]
        assert taken
        if taken.factor != _ONE:
            yield "occupation", taken.factor, {"number": taken.number, "factor": taken.factor}
    if loadings:
        percent = sum(loading.percent for loading in loadings)
        why = Text("；".join(one.says.zh for one in loadings), "; ".join(one.says.en for one in loadings))
        yield "loading", Decimal(100 + percent) / 100, {"why": why, "percent": percent}


@lru_cache(maxsize=1024)
def _days(duration: Duration, days: int) -> Text:
    if duration.is_annual:
        whole = duration.longest_trip >= _A_YEAR
        return label("Days", "year") if whole else label("Days", "annual") % {"longest": duration.longest_trip}
    return label("Days", "one" if days == 1 else "many") % {"days": days}


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


# --- Why not ---


def _reasons(offer: Offer, trip: Trip, area: Area | None, days: int, travellers: Sequence[Traveller]) -> list[Reason]:
    found = [] if offer.plan(trip.plan) else [reason("plan_unknown")]
    if area is None or trip.destinations:
        found += _about_area(offer, trip, area)
    found += _about_days(offer, trip, days)
    if trip.options:
        found += _about_options(offer, trip)
    if not travellers:
        found.append(reason("nobody"))
    for position, traveller in enumerate(travellers, 1):
        found += _about_person(offer, trip, traveller, position)
    return found


def _about_area(offer: Offer, trip: Trip, area: Area | None) -> Iterator[Reason]:
    if area is None and (trip.area or not trip.destinations):
        yield reason("area_unknown")
        return
    widest = area or offer.areas[-1]
    for code in trip.destinations:
        country = COUNTRIES.get(code)
        if country is None or not widest.covers(code):
            yield reason("area_not_offered", area=widest.name, country=country.name if country else code)


def _about_days(offer: Offer, trip: Trip, days: int) -> Iterator[Reason]:
    if trip.is_annual:
        if offer.annual is None:
            yield reason("annual_not_offered")
        return
    single = rates_of(offer).single
    if not single:
        yield reason("single_not_offered")
    elif days < 1:
        yield reason("ends_before_start")
    elif days < single[0].first:
        yield reason("too_short", days=days, least=single[0].first)
    elif days > single[-1].last:
        yield reason("too_long", days=days, most=single[-1].last)


def _about_options(offer: Offer, trip: Trip) -> Iterator[Reason]:
    for code in sorted(trip.options):
        option = offer.option(code)
        if option is None or (option.plans and trip.plan not in option.plans):
            yield reason("option_not_offered")


def _about_person(offer: Offer, trip: Trip, traveller: Traveller, position: int) -> Iterator[Reason]:
    age = traveller.age_on(trip.first_day)
    if traveller.born is not None and traveller.born > trip.first_day:
        yield reason("not_born", position)
    elif offer.age_band(age) is None:
        code = "too_young" if age < offer.youngest else "too_old"
        yield reason(code, position, age=age, youngest=offer.youngest, oldest=offer.oldest)
    elif offer.youngest_days and traveller.born is not None and (old := (trip.first_day - traveller.born).days) < offer.youngest_days:
        yield reason("too_few_days_old", position, days=old, least=offer.youngest_days)
    if offer.occupation_classes and traveller.occupation:
        occupation = offer.occupation(traveller.occupation)
        if occupation is None:
            yield reason("occupation_missing", position)
        elif offer.class_of(occupation) is None:
            yield reason("occupation_refused", position, occupation=occupation.name)


# --- What should be known beside the price ---


def remarks(offer: Offer, trip: Trip, travellers: Iterable[Traveller]) -> Iterator[Reason]:
    """What should be known beside a price: what an age does to the sums, a birthday on the way, an occupation that was assumed."""
    for position, traveller in enumerate(travellers, 1):
        age = traveller.age_on(trip.first_day)
        band = offer.age_band(age)
        assert band
        if band.benefit_percent != 100:
            yield reason("reduced_by_age", position, first=band.first, last=band.last, percent=band.benefit_percent)
        if traveller.born is not None and (later := traveller.age_on(trip.ends_on)) != age and not _is_same(offer, age, later):
            yield reason("birthday_inside", position, age=age, next=later)
        if offer.occupation_classes and not traveller.occupation:
            yield reason("occupation_assumed", position, number=offer.occupation_classes[0].number)


def _is_same(offer: Offer, age: int, later: int) -> bool:
    """Whether the two ages are insured alike: in one band, and both or neither below each border for minors."""
    borders = {FULL_AGE} | {minor.below for cover in offer.coverages for minor in cover.minors}
    return offer.age_band(age) is offer.age_band(later) and all((age < border) == (later < border) for border in borders)
