"""Whether an insurer's paper says what was sold: a comparison of its text with plain facts. Pure; keeps and quotes nothing.

The text of a PDF has spaces and line ends where the paper has columns and corners, and insurers write full-width digits, thousands and
their own dates. All of that is forgiven. What is not: a digit, a letter or an ideograph more or less. A fact that stands on the paper only
as part of something longer does not stand there.

What this cannot see is somebody who was added, so the number of insured people is compared with what the insurer's interface says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from besttrav.kernel.money import Money
from besttrav.kernel.printed import Places, next_amount, places, plain


class What(StrEnum):
    """Which fact differs. `PAIRING`: names and numbers are all there, but do not belong to each other."""

    NUMBER = "number"
    NAME = "name"
    DOCUMENT = "document"
    PAIRING = "pairing"
    PRODUCT = "product"
    PLAN = "plan"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"
    PERIOD = "period"
    SUM = "sum"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that the paper does not say. `which` is its place, as in `people[1]`; the fact itself is personal and stands nowhere."""

    what: What
    which: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldPerson:
    """An insured person as sent to the insurer."""

    name: str
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldBenefit:
    """A benefit as the insurer names it, and its sum for each person."""

    name: str
    sum: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold, in the insurer's own words and numbers. The days are both included."""

    number: str
    people: tuple[SoldPerson, ...]
    product: str
    plan: str
    first_day: date
    last_day: date
    benefits: tuple[SoldBenefit, ...]
    premium: Money


def differences(pdf_text: str, sold: Sold) -> list[Difference]:
    """Everything that the paper does not say as it was sold; empty when it says all of it."""
    text = plain(pdf_text)
    return list(_found(text, sold))


def _found(text: str, sold: Sold) -> Iterator[Difference]:
    if not places(text, sold.number):
        yield Difference(What.NUMBER)
    yield from _people(text, sold.people)
    if not places(text, sold.product):
        yield Difference(What.PRODUCT)
    if not places(text, sold.plan):
        yield Difference(What.PLAN)
    yield from _period(text, sold.first_day, sold.last_day)
    for place, benefit in enumerate(sold.benefits):
        if not any(next_amount(text, end) == benefit.sum for _, end in places(text, benefit.name)):
            yield Difference(What.SUM, f"benefits[{place}]")
    if not any(next_amount(text, label.end()) == sold.premium for label in _PREMIUM.finditer(text)):
        yield Difference(What.PREMIUM)


def _people(text: str, people: tuple[SoldPerson, ...]) -> Iterator[Difference]:
    names = [places(text, person.name) for person in people]
    numbers = [places(text, person.document_number) for person in people]
    for place in range(len(people)):
        if not names[place]:
            yield Difference(What.NAME, f"people[{place}]")
        if not numbers[place]:
            yield Difference(What.DOCUMENT, f"people[{place}]")
    if all(names) and all(numbers) and not _belong_together(people, names, numbers):
        yield Difference(What.PAIRING)


def _belong_together(people: tuple[SoldPerson, ...], names: list[Places], numbers: list[Places]) -> bool:
    """Whether each number stands with its name: row by row or column by column, the name before or behind.

    A name may stand alone, as a policyholder's does who is insured as well. A number may not.
    """
    seen = [(place, "name", people[who].name) for who, places in enumerate(names) for place in places]
    seen += [(place, "number", people[who].document_number) for who, places in enumerate(numbers) for place in places]
    marks = [(kind, value) for _, kind, value in sorted(set(seen))]
    owned = {(person.name, person.document_number) for person in people}
    return any(_pairs(order) == owned for order in (marks, marks[::-1]))


def _pairs(marks: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Each run of numbers with as many of the names right before it; a number that is left over goes with nobody."""
    pairs: set[tuple[str, str]] = set()
    names: list[str] = []
    for kind, run in groupby(marks, key=itemgetter(0)):
        values = [value for _, value in run]
        if kind == "name":
            names = values
        else:
            pairs |= set(zip([""] * (len(values) - len(names)) + names[-len(values) :], values, strict=True))
    return pairs


def _period(text: str, first_day: date, last_day: date) -> Iterator[Difference]:
    """The last day must follow the first at once, as a period is written: a day of birth or issue may be the same by chance."""
    starts, ends = _day_places(text, first_day), _day_places(text, last_day)
    if not starts:
        yield Difference(What.FIRST_DAY)
    if not ends:
        yield Difference(What.LAST_DAY)
    if starts and ends and not any(0 <= end[0] - start[1] <= _PERIOD_WIDTH for start in starts for end in ends):
        yield Difference(What.PERIOD)


# Between the first and the last day of a period stand words like "零时起至", a clock, an arrow.
_PERIOD_WIDTH = 40
_PREMIUM = re.compile(r"保\s*险?\s*费|PREMIUM")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _day_places(text: str, day: date) -> Places:
    year, month, number = str(day.year), f"0?{day.month}", f"0?{day.day}"
    word = rf"{_MONTHS[day.month - 1]}[A-Z]*\.?"
    ways = (
        rf"{year}\s*[-/.年]\s*{month}\s*[-/.月]\s*{number}(?!\d)(?:\s*日)?",
        rf"{day:%Y%m%d}",
        rf"{number}\s*{word}\s*,?\s*{year}",
        rf"{word}\s*{number}\s*,\s*{year}",
    )
    return sorted(found.span() for found in re.finditer(rf"(?<!\d)(?:{'|'.join(ways)})(?!\d)", text))
