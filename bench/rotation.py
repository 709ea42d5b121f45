"""Carrying keys and marks into the next epoch while somebody reads all the time (line 18)."""

import time
from collections.abc import Callable, Iterator
from statistics import median, quantiles

from django.db import connections

from bench import people, reading
from bench.measuring import Judged, Line, seconds
from bench.models import SealedPerson
from bench.reading import Reads
from bench.sizes import Sizes
from besttrav.kernel import clock, ids
from besttrav.privacy.crypto.suites import new_key
from besttrav.privacy.vault import epochs, store
from besttrav.privacy.vault.models import Epoch
from besttrav.privacy.vault.router import VAULT

READ = 200
QUIET_SECONDS = 1.0


def lines(sizes: Sizes) -> Iterator[Line]:
    people.fill(SealedPerson, people.sheets(READ))
    _add_keys(sizes.keys - _count("vault_sheet_key"))
    keys = _count("vault_sheet_key")
    with reading.reader(READ) as reader:
        _took, quiet = reader.watch_while(lambda: time.sleep(QUIET_SECONDS))
        took, busy = reader.watch_while(epochs.rotate)
    limit = _crypt(keys)
    yield Line(f"rotation of {keys:,} keys, reads going on", "s", took, limit, took / limit, judged=Judged.MEASURED, must=10, aim=6)
    yield Line(
        "reads meanwhile that failed", "", busy.failed + quiet.failed, judged=Judged.MEASURED, must=0, note=f"of {len(busy.times):,}"
    )
    yield _reads("median of a read meanwhile, and before", median, quiet, busy)
    yield _reads("95th of 100 reads meanwhile, and before", lambda times: quantiles(times, n=20)[-1], quiet, busy)
    yield _reads("slowest read meanwhile, and before", max, quiet, busy)
    epochs.mark_backup_verified(Epoch.objects.get(state="open").number)
    yield Line("ending the old epoch", "ms", seconds(epochs.end_old) * 1e3)
    _add_marks(sizes.marks - _count("vault_mark_digest"))
    marks = _count("vault_mark_digest")
    yield Line(f"rotation of {keys:,} keys and {marks:,} marks, nobody reading", "s", seconds(epochs.rotate))


def _reads(what: str, figure: Callable[[list[float]], float], quiet: Reads, busy: Reads) -> Line:
    before, meanwhile = figure(quiet.times) * 1e3, figure(busy.times) * 1e3
    return Line(what, "ms", meanwhile, before, meanwhile / before)


def _crypt(count: int) -> float:
    """The limit: opening and sealing as many keys in memory, and nothing else."""
    epoch, sheet = store.open_epoch(), ids.new_id()
    sample = [epoch.wrap(new_key(), sheet) for _ in range(min(count, 20_000))]
    return seconds(lambda: [epoch.wrap(epoch.unwrap(wrapped, sheet), sheet) for wrapped in sample]) * count / len(sample)


def _add_keys(count: int) -> None:
    """Whole sheets of new subjects, by COPY: one by one they would take minutes."""
    epoch, now = store.open_epoch(), clock.now()
    sheets = [ids.new_id() for _ in range(max(count, 0))]
    _copy("vault_subject", "id, created_at", ((sheet, now) for sheet in sheets))
    _copy("vault_file", "id, keep, opened_at", ((sheet, "ACCOUNT", now) for sheet in sheets))
    columns = "id, subject_id, file_id, state, is_confirmed, created_at"
    _copy("vault_sheet", columns, ((sheet, sheet, sheet, "active", True, now) for sheet in sheets))
    _copy("vault_sheet_key", "epoch, sheet, wrapped", ((epoch.number, sheet, epoch.wrap(new_key(), sheet)) for sheet in sheets))


def _add_marks(count: int) -> None:
    epoch, now = store.open_epoch(), clock.now()
    marks = [ids.new_id() for _ in range(max(count, 0))]
    _copy("vault_mark", "id, kind, created_at", ((mark, "bench", now) for mark in marks))
    hashes = ((mark, epoch.hash("bench", str(mark))) for mark in marks)
    rows = ((epoch.number, mark, epoch.digest(h), epoch.marks.seal(h, mark.bytes)) for mark, h in hashes)
    _copy("vault_mark_digest", "epoch, mark, digest, sealed", rows)


def _copy(table: str, columns: str, rows: Iterator[tuple[object, ...]]) -> None:
    with connections[VAULT].cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _count(table: str) -> int:
    with connections[VAULT].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE epoch = (SELECT number FROM vault_epoch WHERE state = 'open')")
        return int(cursor.fetchone()[0])
