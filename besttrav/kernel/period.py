"""Stretches of time that include their start and exclude their end, counted in the days of Beijing where a day is meant."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from besttrav.kernel.clock import BEIJING

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, included, to `end`, excluded. Both are aware, are kept in UTC, and something lies between them."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs moments with a time zone")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.start >= self.end:
            raise ValueError("a period ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def covers(self, other: "Period") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Period") -> bool:
        """Whether the two share a moment; neighbours that only touch do not."""
        return self.start < other.end and other.start < self.end

    def overlap(self, other: "Period") -> "Period | None":
        return Period(max(self.start, other.start), min(self.end, other.end)) if self.overlaps(other) else None

    @property
    def first_day(self) -> date:
        """The day in Beijing on which the period starts."""
        return self.start.astimezone(BEIJING).date()

    @property
    def last_day(self) -> date:
        """The last day in Beijing that the period touches."""
        return (self.end - _INSTANT).astimezone(BEIJING).date()

    @property
    def day_count(self) -> int:
        """How many days in Beijing the period touches: a policy from the 1st to the 3rd has three."""
        return (self.last_day - self.first_day).days + 1

    @property
    def leap_day_count(self) -> int:
        """How many of those days are a 29 February."""
        leap_years = (year for year in range(self.first_day.year, self.last_day.year + 1) if calendar.isleap(year))
        return sum(self.first_day <= date(year, 2, 29) <= self.last_day for year in leap_years)


def days(first: date, last: date) -> Period:
    """The days from `first` to `last`, both included: from 00:00 in Beijing to 00:00 after the last."""
    return Period(_midnight(first), _midnight(last + _DAY))


def years(first: date, count: int) -> Period:
    """So many years from `first`: one year from 29 February ends with 28 February, one from 1 March may end with a 29th."""
    return days(first, anniversary(first, count) - _DAY)


def anniversary(day: date, years: int) -> date:
    """The same day that many years later, or 1 March where the year has no 29 February: so no year comes out short."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _midnight(day: date) -> datetime:
    if isinstance(day, datetime):
        raise TypeError("a day is a date without a time: ask clock.today() or convert it in Beijing first")
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)
