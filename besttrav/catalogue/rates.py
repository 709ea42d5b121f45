"""The rate table: every plan, area, duration and age has exactly one premium, found by a dict and one bisection."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, pairwise

from besttrav.catalogue.offer import Duration, Offer, Rate
from besttrav.kernel.money import Money


@lru_cache(maxsize=256)
def rates_of(offer: Offer) -> "Rates":
    """The table of an offer, laid out once."""
    return Rates(offer)


class Rates:
    """The table of one offer, laid out for looking up: durations have a place, single ones from 0, and the annual one is -1.

    Raises KeyError where the table is not whole; import refuses such a one.
    """

    def __init__(self, offer: Offer) -> None:
        self.single = [duration for duration in offer.durations if not duration.is_annual]
        self._in_place = [*self.single, *([offer.annual] if offer.annual else [])]
        self._lasts = [duration.last for duration in self.single]
        found = {(rate.plan, rate.area, age, rate.days): rate.premium for rate in offer.rates for age in _ages(rate)}
        self._cells = {
            (plan.code, area.code, age): [found[plan.code, area.code, age, duration.code] for duration in self._in_place]
            for plan in offer.plans
            for area in offer.areas
            for age in _insured(offer)
        }

    def place(self, days: int) -> int:
        """Where the single duration of so many days stands; they must not be more than the longest has."""
        return bisect_left(self._lasts, days)

    def duration(self, place: int) -> Duration:
        """The duration at a place."""
        return self._in_place[place]

    def premium(self, plan: str, area: str, age: int, place: int) -> Money:
        """The premium for the duration at a place, before factors."""
        return self._cells[plan, area, age][place]


def problems(offer: Offer) -> Iterator[str]:
    """Everything wrong with the table, cell by cell: missing, given twice, or of a plan, area or duration the product does not have."""
    yield from _gaps(offer.durations)
    plans, areas = {plan.code for plan in offer.plans}, {area.code for area in offer.areas}
    days = {duration.code for duration in offer.durations}
    for rate in offer.rates:
        for what, code, known in (("plan", rate.plan, plans), ("area", rate.area, areas), ("duration", rate.days, days)):
            if code not in known:
                yield f"rate cell {_cell(rate.plan, rate.area, rate.days, rate.first_age, rate.last_age)}: the product has no {what} {code}"
        if not rate.premium:
            yield f"rate cell {_cell(rate.plan, rate.area, rate.days, rate.first_age, rate.last_age)}: costs nothing"
    yield from _holes(offer)


def _gaps(durations: tuple[Duration, ...]) -> Iterator[str]:
    """Single durations follow each other, without a hole and without an overlap."""
    single = [duration for duration in durations if not duration.is_annual]
    for one in single:
        if not 1 <= one.first <= one.last:
            yield f"duration {one.code}: days run from 1 and forwards"
    for before, after in pairwise(single):
        if after.first != before.last + 1:
            yield f"durations {before.code} and {after.code}: {'overlap' if after.first <= before.last else 'leave days out between them'}"
    if len(durations) - len(single) > 1:
        yield "durations: there is more than one annual cover"


def _holes(offer: Offer) -> Iterator[str]:
    counted: dict[tuple[str, str, str, int], int] = {}
    for rate in offer.rates:
        for age in _ages(rate):
            cell = (rate.plan, rate.area, rate.days, age)
            counted[cell] = counted.get(cell, 0) + 1
    for plan in offer.plans:
        for area in offer.areas:
            for duration in offer.durations:
                times = [(age, counted.get((plan.code, area.code, duration.code, age), 0)) for age in _insured(offer)]
                for number, run in groupby(times, key=lambda one: one[1]):
                    ages = [age for age, _ in run]
                    if number != 1:
                        said = "is missing" if not number else f"is given {number} times"
                        yield f"rate cell {_cell(plan.code, area.code, duration.code, ages[0], ages[-1])}: {said}"


def _ages(rate: Rate) -> range:
    return range(rate.first_age, rate.last_age + 1)


def _insured(offer: Offer) -> list[int]:
    return [age for band in offer.ages for age in range(band.first, band.last + 1)]


def _cell(plan: str, area: str, days: str, first: int, last: int) -> str:
    return f"(plan {plan}, area {area}, days {days}, ages {first}-{last})"
