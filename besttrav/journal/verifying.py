"""Proving the whole journal: the chain of batches against its signatures and the heads outside, and every entry against its batch.

Everything is read in streams, so the size of the journal does not matter, and in one snapshot, so others write and seal meanwhile.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from besttrav.journal import aside, heads, merkle, seals
from besttrav.journal.models import Batch
from besttrav.journal.signing import is_signed, trusted_keys
from besttrav.journal.streams import Stream, first_id_of, month_of, months_later, retentions
from besttrav.kernel import clock, ids

Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]
Leaf = tuple[str, bytes]
"""An entry's id and the hash it has as a leaf."""

TOLD: Final = 1000
STRIDE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written: what, and where."""

    what: str
    batch: int | None = None
    entry: UUID | None = None

    def __str__(self) -> str:
        where = [f"batch {self.batch}" if self.batch else "", f"entry {self.entry}" if self.entry else ""]
        return " ".join([self.what, *filter(None, where)])


@dataclass(slots=True)
class Report:
    """What a verification saw. `unsealed` entries wait for the next seal and are held by nothing but their own digest.

    The first thousand `problems` are told one by one; `problem_count` counts all.
    """

    entries: int = 0
    unsealed: int = 0
    batches: int = 0
    dropped: int = 0
    heads: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    @property
    def holds(self) -> bool:
        return self.problem_count == 0

    def add(self, what: str, *, batch: int | None = None, entry: str | None = None) -> None:
        self.problem_count += 1
        if len(self.problems) < TOLD:
            self.problems.append(Problem(what, batch, UUID(entry) if entry else None))


def verify(progress: Progress = lambda entries: None) -> Report:
    """Prove the whole journal. `progress` hears the number of entries read so far.

    What it tells of: `entry_changed`, `entry_added`, `batch_broken` (an entry taken away, added, put elsewhere, or changed together
    with its digest), `chain_broken`, `signature_forged`, `tail_cut`, `head_differs`, `dropped_too_early`, `dropped_but_there`.
    """
    report = Report()
    outside = _Heads()  # Taken before the snapshot: a head written after it may be of a batch that the snapshot does not see.
    with aside.snapshot() as connection:
        sealed_below = _check_chain(connection, outside, report)
        for stream in Stream:
            _check_stream(connection, stream, sealed_below, report, progress)
        _check_no_other_stream(connection, report)
    return report


def verify_month(stream: Stream, month: date) -> Report:
    """Prove the entries of one stream and month against its batches, but not the batches against the chain."""
    report = Report()
    with aside.snapshot() as connection:
        row = connection.execute("SELECT coalesce(max(high), 0) FROM journal_batch").fetchone()
        _check_stream(connection, stream, row[0] if row else 0, report, lambda entries: None, month)
    return report


# The chain of batches.


def _check_chain(connection: Connection, outside: "_Heads", report: Report) -> int:
    """Every header names the head before it, is signed, and is what was written outside. Returns the tick below which all is sealed."""
    keys, previous, number, sealed_below = trusted_keys(), seals.FIRST, 0, 0
    for batch in _batches(connection, "ORDER BY number", {}):
        head = seals.head_digest(batch.header)
        if (batch.number, bytes(batch.previous), bytes(batch.head)) != (number + 1, previous, head):
            report.add("chain_broken", batch=batch.number)
        if not is_signed(head, bytes(batch.signature), keys.get(batch.key_id)):
            report.add("signature_forged", batch=batch.number)
        if outside.differ(batch.number, head):
            report.add("head_differs", batch=batch.number)
        previous, number, sealed_below = head, batch.number, max(sealed_below, batch.high)
        report.batches += 1
    for missing in outside.beyond():
        report.add("tail_cut", batch=missing)
    for late in outside.late:
        if not _stands(connection, late):
            report.add("head_differs", batch=late.number)
    report.heads = outside.count
    return sealed_below


def _stands(connection: Connection, late: heads.Head) -> bool:
    return connection.execute("SELECT 1 FROM journal_batch WHERE number = %s AND head = %s", [late.number, late.digest]).rowcount == 1


class _Heads:
    """The heads written outside, read along with the chain. Those that stand twice or behind a later one are `late`: they are asked for
    by themselves, since the chain is past them."""

    def __init__(self) -> None:
        self.late: list[heads.Head] = []
        self._lines = heads.written(heads.length())
        self._waiting: dict[int, bytes] = {}
        self._read_to = 0
        self.count = 0

    def differ(self, number: int, head: bytes) -> bool:
        while self._read_to < number and self._read_line():
            pass
        return self._waiting.pop(number, head) != head

    def beyond(self) -> list[int]:
        """The numbers of batches that are not there any more."""
        while self._read_line():
            pass
        return sorted(self._waiting)

    def _read_line(self) -> bool:
        line = next(self._lines, None)
        if line is None:
            return False
        self.count += 1
        if line.number <= self._read_to:
            self.late.append(line)
        else:
            self._waiting[line.number] = line.digest
            self._read_to = line.number
        return True


# The entries of a stream, read by tick along with the batches of the stream.


def _check_stream(
    connection: Connection, stream: Stream, sealed_below: int, report: Report, progress: Progress, month: date | None = None
) -> None:
    entries = _Entries(connection, stream, month, report, progress)
    for low, high, batches in _windows(connection, stream, month):
        _report_added(entries.below(low), report)
        _check_window(sorted(entries.below(high)), batches, report)
    _report_added(entries.below(sealed_below), report)
    report.unsealed += sum(1 for _leaf in entries.below(None))


def _check_window(entries: list[Leaf], batches: dict[date, Batch], report: Report) -> None:
    for month, in_month in _by_month(entries):
        batch = batches.pop(month, None)
        if batch is None:
            _report_added(in_month, report)
        else:
            _check_batch(batch, [leaf for _id, leaf in in_month], report)
    for batch in batches.values():
        _check_absent(batch, report)


def _check_batch(batch: Batch, leaves: list[bytes], report: Report) -> None:
    if batch.dropped_at is not None:
        report.add("dropped_but_there", batch=batch.number)
    if len(leaves) != batch.entries or merkle.root(leaves) != bytes(batch.root):
        report.add("batch_broken", batch=batch.number)


def _check_absent(batch: Batch, report: Report) -> None:
    """No entry is there: right only when the month was past its time when it was dropped."""
    if batch.dropped_at is None:
        report.add("batch_broken", batch=batch.number)
    elif not retentions()[Stream(batch.stream)].ends(batch.month) <= batch.dropped_at <= clock.now():
        report.add("dropped_too_early", batch=batch.number)
    else:
        report.dropped += 1


def _check_no_other_stream(connection: Connection, report: Report) -> None:
    known = [stream.value for stream in Stream]
    rows = connection.execute("SELECT id::text FROM journal_entry WHERE stream <> ALL (%s::smallint[])", [known])
    _report_added(((id, b"") for (id,) in rows), report)


def _report_added(leaves: Iterable[Leaf], report: Report) -> None:
    for id, _leaf in leaves:
        report.add("entry_added", entry=id)


def _by_month(entries: list[Leaf]) -> Iterator[tuple[date, list[Leaf]]]:
    """Leaves come by id, so those of one month stand together, and mostly all do."""
    if entries and _month_of(entries[0]) == _month_of(entries[-1]):
        yield _month_of(entries[0]), entries
    else:
        for month, in_month in groupby(entries, key=_month_of):
            yield month, list(in_month)


def _month_of(leaf: Leaf) -> date:
    return month_of(ids.minted_at(UUID(leaf[0])))


class _Entries:
    """The entries of a stream by tick, each checked against its own digest on the way."""

    def __init__(self, connection: Connection, stream: Stream, month: date | None, report: Report, progress: Progress) -> None:
        self._rows = _entry_rows(connection, stream, month)
        self._next = next(self._rows, None)
        self._stream = stream.value
        self._report, self._progress = report, progress

    def below(self, tick: int | None) -> Iterator[Leaf]:
        """The leaves of the entries below this tick that were not asked for before; of all that are left, with None."""
        report, rows, stream = self._report, self._rows, self._stream
        row = self._next
        while row is not None and (tick is None or row[0] < tick):
            _tick, id, at, action, about_type, about_id, subject, actor_kind, actor_id, actor_name, facts, salt, digest = row
            columns = seals.entry_columns(
                id, stream, at.isoformat(timespec="microseconds"), action, about_type, about_id, subject, actor_kind, actor_id, actor_name,
                _parsed(facts), salt,
            )  # fmt: skip
            if seals.entry_digest(columns) != digest:
                report.add("entry_changed", entry=id)
            report.entries += 1
            if report.entries % STRIDE == 0:
                self._progress(report.entries)
            yield id, merkle.leaf(digest)
            row = next(rows, None)
        self._next = row


# The same few facts come again and again, and parsing them would take a sixth of the time.
_parsed = lru_cache(4096)(json.loads)


def _entry_rows(connection: Connection, stream: Stream, month: date | None) -> Iterator[tuple[Any, ...]]:
    statement = """
        SELECT tick, id::text, at, action, about_type, about_id::text, subject::text, actor_kind, actor_id::text, actor_name, facts::text,
               encode(salt, 'hex'), digest
          FROM journal_entry WHERE stream = %(stream)s AND id >= %(first)s AND id < %(end)s ORDER BY tick, id"""
    first, end = (first_id_of(month), first_id_of(months_later(month, 1))) if month else (UUID(int=0), UUID(int=2**128 - 1))
    with connection.cursor("journal_entries", withhold=False) as cursor:
        cursor.itersize = 5000
        cursor.execute(statement, {"stream": stream.value, "first": first, "end": end}, binary=True)
        yield from cursor


def _windows(connection: Connection, stream: Stream, month: date | None) -> Iterator[tuple[int, int, dict[date, Batch]]]:
    """The batches of a stream by the window of ticks they share."""
    condition = "WHERE stream = %(stream)s AND (%(month)s::date IS NULL OR month = %(month)s) ORDER BY low, month"
    batches = _batches(connection, condition, {"stream": stream.value, "month": month})
    for (low, high), together in groupby(batches, key=lambda batch: (batch.low, batch.high)):
        yield low, high, {batch.month: batch for batch in together}


def _batches(connection: Connection, condition: LiteralString, parameters: dict[str, Any]) -> Iterator[Batch]:
    columns = sql.SQL(", ").join(sql.Identifier(field.attname) for field in Batch._meta.concrete_fields)
    with connection.cursor("journal_batches") as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM journal_batch ").format(columns) + sql.SQL(condition), parameters)
        for row in cursor:
            yield Batch(*row)
