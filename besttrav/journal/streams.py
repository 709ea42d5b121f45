"""Streams of entries by how long they are kept. The periods and their legal sources are data: `streams.toml`."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from functools import cache
from pathlib import Path
from uuid import UUID


class Stream(IntEnum):
    """Where an entry is kept. The number is the partition key and never changes."""

    ACCESS = 1
    SECURITY = 2
    DISCLOSURE = 3
    RIGHTS = 4
    BUSINESS = 5

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a stream is kept: whole months after the month an entry was written in."""

    months: int
    rule: str
    law: str
    mark: str
    holds: str

    def ends(self, month: date) -> datetime:
        """From this moment on, what was written in `month` is past its time."""
        return start_of(months_later(month, 1 + self.months))


@cache
def retentions() -> dict[Stream, Retention]:
    """The retention of every stream; a stream without one, or with another number in the file, stops the start."""
    written = tomllib.loads(Path(__file__).with_name("streams.toml").read_text(encoding="utf-8"))
    numbers = {label: entry.pop("number") for label, entry in written.items()}
    if numbers != {stream.label: stream.value for stream in Stream}:
        raise ValueError("streams.toml and the Stream enum name different streams")
    return {Stream[label.upper()]: Retention(**entry) for label, entry in written.items()}


def month_of(moment: datetime) -> date:
    """The calendar month (UTC) a moment lies in, as its first day."""
    return moment.astimezone(UTC).date().replace(day=1)


def months_later(month: date, count: int) -> date:
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def start_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def first_id_of(month: date) -> UUID:
    """The border of a month's partition: no id of the month is smaller."""
    return UUID(int=int(start_of(month).timestamp() * 1000) << 80)
