"""What time it is, and how tests and drills move it."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from besttrav.kernel import clock

NOON = datetime(2026, 5, 1, 12, tzinfo=clock.BEIJING)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 4, 30, 15, 59, 59, tzinfo=UTC), date(2026, 4, 30)),
        (datetime(2026, 4, 30, 16, 0, 0, tzinfo=UTC), date(2026, 5, 1)),
    ],
)
def test_today_is_the_day_in_beijing(moment: datetime, day: date) -> None:
    with clock.frozen(moment):
        assert clock.today() == day


def test_frozen_time_stands_still_and_goes_on_afterwards() -> None:
    with clock.frozen(NOON):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC
        with clock.advanced(timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() != NOON


def test_time_goes_on_even_after_an_error() -> None:
    with pytest.raises(OSError, match="broken"), clock.frozen(NOON):
        raise OSError("broken")
    assert clock.now() != NOON


def test_a_frozen_moment_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.frozen(datetime(2026, 5, 1)):
        pass


def test_time_stands_still_for_the_one_who_froze_it_only() -> None:
    seen: list[datetime] = []
    with clock.frozen(NOON):
        other = threading.Thread(target=lambda: seen.append(clock.now()))
        other.start()
        other.join()
    assert seen[0] != NOON
