"""The journal: writing an entry, sealing, verifying a million of them, proving one."""

import os
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from statistics import median
from uuid import UUID

from django.db import connection, transaction

from bench.measuring import Line, Medians, interleaved, seconds
from bench.models import PlainEntry
from bench.sizes import Sizes
from besttrav.journal import aside, proof, seals
from besttrav.journal.models import Entry
from besttrav.journal.operations import Draft, record, record_aside, seal
from besttrav.journal.streams import Stream
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.privacy.actions import TAKEN

WRITER = Actor.job("bench.writing")
WRITTEN_TOGETHER = 500
"""Entries in one transaction while filling; a seal never parts them."""


def lines(sizes: Sizes) -> Iterator[Line]:
    yield from _writing(sizes)
    written = _fill(sizes.entries)
    took, sealed = _seal_all()
    yield Line("sealing", "entries/s", sealed / took)
    reading, verifying, total = seconds(_read_all), seconds(_verify_all), Entry.objects.count()
    yield Line(f"verifying {total:,} entries", "entries/s", total / verifying, total / reading, reading / verifying)
    yield from _proving([written[index * len(written) // sizes.proofs] for index in range(sizes.proofs)])


def _writing(sizes: Sizes) -> Iterator[Line]:
    """Against a plain row by the ORM, both in one transaction; and beside the transaction, on disk before it returns."""
    subject = ids.new_id()

    @transaction.atomic
    def plain() -> None:
        for number in range(sizes.records):
            PlainEntry._default_manager.create(action=TAKEN.name, subject=subject, actor_name=WRITER.name, facts={"values": number})

    @transaction.atomic
    def recorded() -> None:
        for number in range(sizes.records):
            record(TAKEN, actor=WRITER, subject=subject, values=number)

    def beside() -> None:
        for number in range(sizes.records // 10 + 1):
            record_aside([Draft(TAKEN, actor=WRITER, subject=subject, facts={"values": number})])

    def page_beside() -> None:
        record_aside([Draft(TAKEN, actor=WRITER, subject=subject, facts={"values": number}) for number in range(sizes.page)])

    times = interleaved(sizes.rounds, plain, recorded, beside, page_beside)
    yield _line("record(), against a plain row", times, sizes.records)
    yield Line("record_aside() of one, on disk", "us", times.seconds(2) / (sizes.records // 10 + 1) * 1e6)
    yield Line(f"record_aside() of {sizes.page}, on disk", "us", times.seconds(3) * 1e6)


def _line(what: str, times: Medians, count: int) -> Line:
    return Line(what, "us", times.seconds(1) / count * 1e6, times.seconds(0) / count * 1e6, times.ratio(1), times.processor_ratio(1))


_COLUMNS = "id, stream, at, action, about_type, subject, actor_kind, actor_name, facts, salt, digest"
_Row = tuple[UUID, int, datetime, str, str, UUID, str, str, str, bytes, bytes]


def _fill(count: int) -> list[UUID]:
    """Entries with true digests, by COPY: a million calls of record() would take minutes."""
    written: list[UUID] = []
    subject = ids.new_id()
    while len(written) < count:
        entries = [_entry(subject, len(written) + number) for number in range(min(WRITTEN_TOGETHER, count - len(written)))]
        with connection.cursor() as cursor, cursor.copy(f"COPY journal_entry ({_COLUMNS}) FROM STDIN") as copy:
            for entry in entries:
                copy.write_row(entry)
        written += [entry[0] for entry in entries]
    return written


def _entry(subject: UUID, number: int) -> _Row:
    id, at, salt, facts = ids.new_id(), clock.now(), os.urandom(16), {"values": number}
    kind, name = WRITER.kind.value, WRITER.name
    columns = seals.entry_columns(
        str(id), Stream.RIGHTS.value, seals.moment(at), TAKEN.name, "", None, str(subject), kind, None, name, facts, salt.hex()
    )
    return id, Stream.RIGHTS.value, at, TAKEN.name, "", subject, kind, name, seals.canonical(facts), salt, seals.entry_digest(columns)


def _seal_all() -> tuple[float, int]:
    took, sealed, counts = 0.0, 0, [1]
    while counts[-1]:
        took += seconds(lambda: counts.append(seal()))
        sealed += counts[-1]
    return took, sealed


def _read_all() -> None:
    """The limit: the same rows over the same wire in the same order, and nothing done with them."""
    with aside.snapshot() as reading, reading.cursor("bench_entries") as cursor:
        cursor.itersize = 5000
        cursor.execute(f"SELECT tick, {_COLUMNS} FROM journal_entry ORDER BY stream, tick, id".encode())
        for _row in cursor:
            pass


def _verify_all() -> None:
    report = proof.verify()
    if not report.holds:
        raise RuntimeError(f"the journal does not verify: {report.problems[:3]}")


def _proving(chosen: list[UUID]) -> Iterator[Line]:
    making = [seconds(partial(proof.verify_entry, id)) for id in chosen]
    checking = [seconds(proof.verify_entry(id).holds) for id in chosen]
    yield Line("making the proof that one entry is in", "us", median(making) * 1e6)
    yield Line("checking it", "us", median(checking) * 1e6)
