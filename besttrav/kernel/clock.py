"""What time it is. Everybody asks here, so a test or a drill can move time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("frozen_moment", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The calendar day in Beijing: the day every contract and every legal clock counts in."""
    return now().astimezone(BEIJING).date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Let time stand still at `moment` for tests and drills; the moment must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a frozen moment needs a time zone")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


@contextmanager
def advanced(by: timedelta) -> Iterator[None]:
    """Stand still `by` later than now."""
    with frozen(now() + by):
        yield
