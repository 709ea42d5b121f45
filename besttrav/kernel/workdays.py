"""Working days by the notices of the State Council: one file of data per year, and no guess about a year without one.

Legal terms in working days do not count the day they start on (Civil Code, article 201); so `add_workdays` starts with the next day.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal

HOLIDAYS = Path(__file__).parent / "holidays"

_DAY = timedelta(days=1)
_SATURDAY = 5

# The notice for a new year reaches back: 29 December 2018 became a working Saturday and 31 December 2018 a Monday off. So the days
# from here on are known only when the following year is.
_TURN_OF_THE_YEAR = (12, 28)


class YearNotAnnounced(Refusal):
    """The State Council's notice for the year is not among our data, so nobody can say which of its days are worked."""

    code = "year_not_announced"
    message = _("The official working days of that year have not been announced yet.")
    way_out = _("Choose an earlier date, or try again once the holiday notice for that year has been added.")


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """One notice: the days off it names and the weekend days it makes up for them."""

    year: int
    notice: str
    issued: date
    checked: str
    days_off: frozenset[date]
    made_up: frozenset[date]


def is_workday(day: date) -> bool:
    """Whether offices work on that day. Raises YearNotAnnounced where no notice says so."""
    calendars = list(_calendars_for(day))
    if any(day in each.made_up for each in calendars):
        return True
    return day.weekday() < _SATURDAY and not any(day in each.days_off for each in calendars)


def add_workdays(day: date, count: int) -> date:
    """The last day of a term of `count` working days that starts on `day`: the count-th working day after it."""
    if count < 1:
        raise ValueError("a term has at least one working day")
    while count:
        day += _DAY
        count -= is_workday(day)
    return day


def workdays_between(start: date, end: date) -> int:
    """How many working days come after `start`, up to and including `end`: what a term running since `start` has used up."""
    if end < start:
        raise ValueError("the end does not come before the start")
    return sum(is_workday(start + _DAY * distance) for distance in range(1, (end - start).days + 1))


@cache
def holiday_calendar(year: int) -> HolidayCalendar:
    """The notice for that year, checked to be about it: every day off or made up lies in it or in the December before."""
    try:
        text = (HOLIDAYS / f"{year}.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise YearNotAnnounced from None
    notice = tomllib.loads(text)
    found = HolidayCalendar(
        year=notice["year"],
        notice=notice["notice"],
        issued=notice["issued"],
        checked=notice["checked"],
        days_off=frozenset(_days_off(notice)),
        made_up=frozenset(notice["made_up"]),
    )
    _check(found, year)
    return found


def _calendars_for(day: date) -> Iterator[HolidayCalendar]:
    yield holiday_calendar(day.year)
    if (day.month, day.day) >= _TURN_OF_THE_YEAR:
        yield holiday_calendar(day.year + 1)


def _days_off(notice: dict[str, Any]) -> Iterator[date]:
    for holiday in notice["holidays"]:
        for distance in range((holiday["last"] - holiday["first"]).days + 1):
            yield holiday["first"] + _DAY * distance


def _check(found: HolidayCalendar, year: int) -> None:
    named = found.days_off | found.made_up
    border = date(year - 1, *_TURN_OF_THE_YEAR)
    if found.year != year or not all(border <= day <= date(year, 12, 31) for day in named):
        raise ValueError(f"holidays/{year}.toml names days of another year")
    if found.days_off & found.made_up or not all(day.weekday() >= _SATURDAY for day in found.made_up):
        raise ValueError(f"holidays/{year}.toml: only a weekend day that is not off can be made up")
