"""Periods: the start belongs to them, the end does not, and days are those of Beijing."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel.clock import BEIJING
from besttrav.kernel.period import Period, anniversary, days, years

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 12, 31))
MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2150, 12, 31), timezones=st.sampled_from([UTC, BEIJING]))


def test_days_run_from_midnight_to_midnight_in_beijing() -> None:
    trip = days(date(2026, 5, 1), date(2026, 5, 3))
    assert trip.start == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert trip.end == datetime(2026, 5, 3, 16, tzinfo=UTC)


def test_a_period_holds_its_first_moment_but_not_its_last() -> None:
    trip = days(date(2026, 5, 1), date(2026, 5, 1))
    assert datetime(2026, 5, 1, tzinfo=BEIJING) in trip
    assert datetime(2026, 5, 1, 23, 59, 59, 999_999, tzinfo=BEIJING) in trip
    assert datetime(2026, 5, 2, tzinfo=BEIJING) not in trip
    assert datetime(2026, 4, 30, 23, 59, 59, 999_999, tzinfo=BEIJING) not in trip


@given(DAYS, st.integers(min_value=0, max_value=2000))
def test_a_period_of_days_gives_its_days_back(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    period = days(first, last)
    assert (period.first_day, period.last_day, period.day_count) == (first, last, more + 1)
    counted = sum((day := first + timedelta(days=n)).month == 2 and day.day == 29 for n in range(more + 1))
    assert period.leap_day_count == counted


@given(MOMENTS, MOMENTS, MOMENTS, MOMENTS)
def test_two_periods_overlap_exactly_where_they_share_a_moment(a: datetime, b: datetime, c: datetime, d: datetime) -> None:
    a, b, c, d = (moment.astimezone(UTC) for moment in (a, b, c, d))
    if a == b or c == d:
        return
    one, other = Period(min(a, b), max(a, b)), Period(min(c, d), max(c, d))
    shared = one.overlap(other)
    assert shared == other.overlap(one)
    assert (shared is not None) == one.overlaps(other) == other.overlaps(one)
    assert one.overlaps(other) == (other.start in one or one.start in other)
    if shared:
        assert one.covers(shared)
        assert other.covers(shared)


def test_neighbours_touch_without_overlapping() -> None:
    may, june = days(date(2026, 5, 1), date(2026, 5, 31)), days(date(2026, 6, 1), date(2026, 6, 30))
    assert may.end == june.start
    assert not may.overlaps(june)
    assert may.overlap(june) is None


def test_a_period_that_starts_in_the_afternoon_touches_that_day() -> None:
    stay = Period(datetime(2026, 5, 1, 15, tzinfo=BEIJING), datetime(2026, 5, 3, 9, tzinfo=BEIJING))
    assert (stay.first_day, stay.last_day, stay.day_count) == (date(2026, 5, 1), date(2026, 5, 3), 3)


def test_the_same_stretch_is_equal_whatever_the_zone_it_was_written_in() -> None:
    somewhere = timezone(timedelta(hours=-5))
    trip = days(date(2026, 5, 1), date(2026, 5, 3))
    assert Period(trip.start.astimezone(somewhere), trip.end.astimezone(BEIJING)) == trip


@pytest.mark.parametrize(("start", "end"), [(0, 0), (1, 0)])
def test_a_period_ends_after_it_starts(start: int, end: int) -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(noon + timedelta(hours=start), noon + timedelta(hours=end))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Period(datetime(2026, 5, 1), datetime(2026, 5, 2, tzinfo=UTC))


def test_a_moment_is_not_taken_for_a_day() -> None:
    with pytest.raises(TypeError, match="a day is a date"):
        days(datetime(2026, 5, 1, tzinfo=UTC), date(2026, 5, 2))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 3, 1), date(2024, 2, 29)),
        (date(2025, 3, 1), date(2026, 2, 28)),
        (date(2025, 7, 16), date(2026, 7, 15)),
    ],
)
def test_a_year_of_cover_ends_on_the_day_before_its_anniversary(first: date, last: date) -> None:
    assert years(first, 1) == days(first, last)


@given(DAYS, st.integers(min_value=1, max_value=30))
def test_years_follow_each_other_without_gap_or_overlap(first: date, count: int) -> None:
    assert years(first, count).end == days(anniversary(first, count), anniversary(first, count)).start


def test_summer_time_of_the_eighties_moves_no_midnight() -> None:
    summer_time_began = days(date(1986, 5, 4), date(1986, 5, 4))
    assert summer_time_began.end - summer_time_began.start == timedelta(hours=23)
    assert summer_time_began.day_count == 1
