"""Ids that sort by time of birth (UUID version 7, RFC 9562 section 5.7), minted before the insert."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_lock = threading.Lock()
_last_tick = 0


def new_id() -> UUID:
    """A fresh id: 48 bits of milliseconds, 12 bits of counter, 62 random bits.

    Ids minted by one process strictly increase, in every thread and while the clock is set back: then they stay at the last millisecond
    and count on. The clock is the real one, also where `clock.frozen` holds another time: ids order what was written, not what it is about.
    """
    global _last_tick
    with _lock:
        tick = max((time.time_ns() // 1_000_000) << 12, _last_tick + 1)
        _last_tick = tick
    return _compose(tick, int.from_bytes(os.urandom(8)))


def first_id_at(moment: datetime) -> UUID:
    """The smallest id that can be minted at `moment`, to the millisecond: the border of a partition or of a search by time."""
    return _compose((moment - _EPOCH) // _MILLISECOND << 12, 0)


def minted_at(id: UUID) -> datetime:
    """When the id was minted, to the millisecond, in UTC."""
    return _EPOCH + (id.int >> 80) * _MILLISECOND


def _compose(tick: int, tail: int) -> UUID:
    milliseconds, counter = tick >> 12, tick & 0xFFF
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail & (1 << 62) - 1)
