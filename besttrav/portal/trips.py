"""A trip as an address carries it: where, from when to when, how many people of which band. Nothing in it says who they are.

?to=JP&start=2026-12-01&end=2026-12-08&adults=2&children=1
"""

import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.countries import COUNTRIES, Country

_LABELS = {
    "children": _("Children"),
    "adults": _("Adults"),
    "seniors": _("Seniors"),
    "elders": _("Elders"),
    "eldest": _("Eldest"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """People from `first` to `last` years, both included, told apart by nothing else."""

    code: str
    first: int
    last: int

    @property
    def label(self) -> Promise:
        return _LABELS[self.code]

    @property
    def range(self) -> str:
        return f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True)
class Limits:
    longest: int
    furthest: int
    most_people: int


_tables = tomllib.loads(Path(__file__).with_name("trip.toml").read_text(encoding="utf-8"))
BANDS = tuple(Band(**band) for band in _tables.pop("band"))
LIMITS = Limits(**_tables)


@dataclass(frozen=True, slots=True)
class AskedTrip:
    """What somebody said about their trip so far; any part may be missing. `people` are counts in the order of BANDS."""

    to: str = ""
    start: date | None = None
    end: date | None = None
    people: tuple[int, ...] = (0,) * len(BANDS)

    @property
    def place(self) -> Country | None:
        return COUNTRIES.get(self.to)

    @property
    def days(self) -> int:
        """How many days, both ends included; 0 while they are not known."""
        return (self.end - self.start).days + 1 if self.start and self.end else 0

    @property
    def count(self) -> int:
        return sum(self.people)

    @property
    def groups(self) -> list[tuple[Band, int]]:
        """Who goes: each band that has somebody."""
        return [(band, count) for band, count in zip(BANDS, self.people, strict=True) if count]

    @property
    def is_dated(self) -> bool:
        """Whether dates and people are known: enough for a price where the product holds everywhere alike."""
        return bool(self.start and self.end and self.count)

    @property
    def is_whole(self) -> bool:
        """Whether a price for exactly this trip can be told."""
        return bool(self.is_dated and self.to)

    def parameters(self) -> dict[str, str]:
        """As an address carries it; what is not known is left out."""
        days = {"start": self.start, "end": self.end}
        return (
            ({"to": self.to} if self.to else {})
            | {name: day.isoformat() for name, day in days.items() if day}
            | {band.code: str(count) for band, count in self.groups}
        )

    @property
    def query(self) -> str:
        """The parameters behind a "?", or nothing."""
        return _query(self)

    def without(self, *parts: str) -> "AskedTrip":
        """The trip with some parts taken back: to, days, people."""
        taken = replace(self, to="") if "to" in parts else self
        taken = replace(taken, start=None, end=None) if "days" in parts else taken
        return replace(taken, people=(0,) * len(BANDS)) if "people" in parts else taken


@lru_cache(maxsize=64)
def _query(trip: AskedTrip) -> str:
    """A page asks for it once a link."""
    return f"?{urlencode(parameters)}" if (parameters := trip.parameters()) else ""


def last_day(start: date) -> date:
    """The last day a trip may have that begins then."""
    return start + timedelta(days=LIMITS.longest - 1)
