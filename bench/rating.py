"""Prices a second on one core, against the bare look-up of a cell by dict and bisection (line 19)."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.conf import settings

from bench.measuring import Judged, Line, interleaved
from bench.sizes import Sizes
from besttrav.catalogue import folder
from besttrav.catalogue.offer import Offer
from besttrav.catalogue.rating import Traveller, Trip, price

START = date(2027, 3, 1)
MUST = 50_000


def lines(sizes: Sizes) -> Iterator[Line]:
    offer = folder.read(Path(settings.PRODUCTS), "outbound", settings.OPERATOR)
    asked = list(_asked(offer, sizes.prices))
    cells = {(rate.plan, rate.area, rate.days): rate.premium for rate in offer.rates}
    lasts, codes = zip(*((one.last, one.code) for one in offer.durations if not one.is_annual), strict=True)
    keys = [(trip.plan, trip.area, trip.days) for trip, _people in asked]

    def priced() -> object:
        return [price(offer, trip, people).total for trip, people in asked]

    def looked_up() -> object:
        return [cells[plan, area, codes[bisect_left(lasts, days)]] for plan, area, days in keys]

    times = interleaved(sizes.rounds, looked_up, priced)
    # By processor time: what one core does, whoever else uses the machine.
    rates = [len(asked) / times.processor_seconds(work) for work in (0, 1)]
    yield Line(
        "prices on one core", "a second", rates[1], rates[0], times.ratio(1), times.processor_ratio(1),
        judged=Judged.MEASURED, must=MUST, at_least=True, note="the limit is dict and bisection",
    )  # fmt: skip
    families = [(trip, people * 4) for trip, people in asked]
    spent = interleaved(sizes.rounds, lambda: [price(offer, trip, people).total for trip, people in families])
    yield Line("people priced, four on a trip", "a second", 4 * len(families) / spent.processor_seconds(0))


def _asked(offer: Offer, count: int) -> Iterator[tuple[Trip, list[Traveller]]]:
    """Every plan, area and age in turn: no price is asked for twice in a row."""
    for number in range(count):
        plan, area = offer.plans[number % 4], offer.areas[number // 4 % 4]
        trip = Trip(plan.code, START, date(2027, 3, 8), area.code)
        yield trip, [Traveller(age=number * 7 % 86)]
