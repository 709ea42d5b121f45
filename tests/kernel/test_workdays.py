"""Working days as the State Council announced them, and never a guess."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel import workdays
from besttrav.kernel.workdays import YearNotAnnounced, add_workdays, holiday_calendar, is_workday, workdays_between

ANNOUNCED = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 11, 1))


@pytest.mark.parametrize(
    ("year", "worked_days", "statutory_days_off"),
    [(2024, 251, 11), (2025, 248, 13)],
)
def test_a_year_has_its_weekdays_less_its_statutory_holidays(year: int, worked_days: int, statutory_days_off: int) -> None:
    """The days off add up to the law on public holidays: making up weekends moves work and creates none."""
    all_days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    weekdays = sum(day.weekday() < 5 for day in all_days)
    assert sum(is_workday(day) for day in all_days) == worked_days == weekdays - statutory_days_off


def test_the_year_2026_has_its_weekdays_less_thirteen_holidays_too() -> None:
    """Counted without the turn of the year, which only the notice for 2027 settles: four more weekdays."""
    all_days = [date(2026, 1, 1) + timedelta(days=n) for n in range((date(2026, 12, 28) - date(2026, 1, 1)).days)]
    weekdays = sum(day.weekday() < 5 for day in all_days)
    assert sum(is_workday(day) for day in all_days) == weekdays - 13


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_notice_names_its_source_and_how_sure_we_are(year: int) -> None:
    calendar = holiday_calendar(year)
    assert calendar.notice.startswith("国办发明电〔")
    assert calendar.issued.year == year - 1
    assert calendar.checked.startswith("Certain")


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2024, 2, 9), True),  # New Year's Eve 2024 was recommended leave, not a holiday
        (date(2024, 2, 10), False),
        (date(2024, 2, 18), True),  # a working Sunday
        (date(2025, 1, 2), True),
        (date(2025, 9, 28), True),  # a working Sunday
        (date(2025, 10, 8), False),
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),  # a working Sunday
        (date(2026, 2, 23), False),
        (date(2026, 2, 28), True),  # a working Saturday
        (date(2026, 7, 4), False),  # an ordinary Saturday
        (date(2026, 7, 6), True),
    ],
)
def test_a_day_is_worked_or_not_as_announced(day: date, worked: bool) -> None:
    assert is_workday(day) is worked


def test_fifteen_working_days_over_the_spring_festival_take_four_weeks() -> None:
    assert add_workdays(date(2026, 2, 10), 15) == date(2026, 3, 9)
    assert workdays_between(date(2026, 2, 10), date(2026, 3, 9)) == 15


def test_the_day_a_term_starts_on_is_not_counted() -> None:
    monday = date(2026, 7, 6)
    assert add_workdays(monday, 1) == monday + timedelta(days=1)
    assert workdays_between(monday, monday) == 0


@given(ANNOUNCED, st.integers(min_value=1, max_value=35))
def test_a_term_ends_on_a_working_day_and_counts_back_to_its_length(start: date, count: int) -> None:
    end = add_workdays(start, count)
    assert is_workday(end)
    assert workdays_between(start, end) == count


@given(ANNOUNCED, st.integers(min_value=0, max_value=20), st.integers(min_value=0, max_value=20))
def test_counts_of_adjoining_stretches_add_up(start: date, more: int, still_more: int) -> None:
    middle, end = start + timedelta(days=more), start + timedelta(days=more + still_more)
    assert workdays_between(start, middle) + workdays_between(middle, end) == workdays_between(start, end)


@pytest.mark.parametrize("day", [date(2023, 12, 15), date(2027, 1, 4), date(2023, 7, 1), date(2040, 5, 5)])
def test_a_year_without_a_notice_is_refused(day: date) -> None:
    with pytest.raises(YearNotAnnounced):
        is_workday(day)


def test_a_term_that_runs_into_a_year_without_a_notice_is_refused() -> None:
    assert add_workdays(date(2026, 12, 21), 4) == date(2026, 12, 25)
    with pytest.raises(YearNotAnnounced):
        add_workdays(date(2026, 12, 21), 12)
    with pytest.raises(YearNotAnnounced):
        workdays_between(date(2026, 12, 20), date(2027, 1, 10))


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2026, 12, 31), date(2023, 12, 29)])
def test_the_last_days_of_december_wait_for_the_next_notice_which_may_move_them(day: date) -> None:
    with pytest.raises(YearNotAnnounced):
        is_workday(day)


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 12, 31)])
def test_the_last_days_of_december_are_known_once_the_next_notice_is(day: date) -> None:
    assert is_workday(day)


@pytest.mark.parametrize("count", [0, -1])
def test_a_term_has_at_least_one_working_day(count: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_workdays(date(2026, 7, 6), count)


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        workdays_between(date(2026, 7, 6), date(2026, 7, 5))


NOTICE = """
year = {year}
notice = "国办发明电〔2098〕1号"
issued = 2098-11-01
checked = "Invented for a test."
made_up = [{made_up}]
holidays = [{{ name = "元旦", first = {first}, last = 2099-01-01 }}]
"""


@pytest.mark.parametrize(
    ("year", "made_up", "first"),
    [
        (2099, "2099-01-05", "2099-01-01"),  # a Monday made up
        (2099, "2098-12-27", "2098-12-26"),  # too far back
        (2098, "2099-01-03", "2099-01-01"),  # another year's file
        (2099, "2098-12-28", "2098-12-28"),  # off and made up at once
    ],
)
def test_a_notice_that_contradicts_itself_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int, made_up: str, first: str
) -> None:
    (tmp_path / "2099.toml").write_text(NOTICE.format(year=year, made_up=made_up, first=first), encoding="utf-8")
    monkeypatch.setattr(workdays, "HOLIDAYS", tmp_path)
    holiday_calendar.cache_clear()
    with pytest.raises(ValueError, match=r"2099\.toml"):
        holiday_calendar(2099)
    holiday_calendar.cache_clear()
