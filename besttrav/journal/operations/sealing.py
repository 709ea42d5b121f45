"""Entries are sealed behind the oldest running transaction: what could still be joined waits for the next round, so none is missed.

Writers and sealer never wait for each other. An entry is not changed by being sealed; it belongs to the batch of its stream and
month whose window of ticks it lies in.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from besttrav.journal import heads, merkle, seals
from besttrav.journal.models import Batch
from besttrav.journal.signing import signer
from besttrav.journal.streams import month_of
from besttrav.kernel import clock, ids

WINDOW: Final = 4096
"""Entries in a batch, unless one transaction wrote more: small enough that a proof is quickly put together."""
WINDOWS_IN_ONE_RUN: Final = 64
SEALER_LOCK: Final = 0x6A6F_7572_6E61


def seal() -> int:
    """Seal what can no longer be joined, then write the new head outside. Returns how many entries were sealed.

    Returns 0 when another sealer is at work. A head that could not be written outside is written by the next run.
    """
    with transaction.atomic():
        sealed = _seal_windows() if _is_only_sealer() else 0
    heads.publish(signer())
    return sealed


def heal_ticks() -> bool:
    """Lift the ticks above all there are, if transactions are numbered lower than before: after a restore into another cluster.

    Until that is done nothing can be written. Says whether there was something to heal.
    """
    if not _missing_ticks():
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        # Wait for those who write and keep others out: the horizon must not jump over a transaction that is still running.
        cursor.execute("LOCK TABLE journal_entry IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("UPDATE journal_tick_base SET base = base + %s", [_missing_ticks()])
    return True


def _missing_ticks() -> int:
    """By how much the next tick would fall short of what has been given out already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest((SELECT max(tick) + 1 FROM journal_entry), (SELECT sealed_below FROM journal_tick_base))")
        (given_out,) = cursor.fetchone()
        # Asked second: by now every transaction whose entries were seen above has ended.
        cursor.execute("SELECT base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM journal_tick_base")
        (next_tick,) = cursor.fetchone()
    return max(0, int(given_out - next_tick))


class _Sealable(NamedTuple):
    stream: int
    id: UUID
    digest: bytes


def _is_only_sealer() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return bool(cursor.fetchone()[0])


def _seal_windows() -> int:
    last = Batch.objects.order_by("-number").first()
    low: int = last.high if last else 0
    horizon, sealed = _horizon(), 0
    if horizon < low:
        heal_ticks()
    for _ in range(WINDOWS_IN_ONE_RUN):
        high = _end_of_window(low, horizon)
        if high <= low:
            break
        for batch in _batches(low, high, after=last):
            sealed, last = sealed + batch.entries, batch
        low = high
    if sealed and last:
        _note_sealed_below(last.high)
    return sealed


def _horizon() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_horizon()")
        (horizon,) = cursor.fetchone()
    return int(horizon)


def _end_of_window(low: int, horizon: int) -> int:
    """The horizon, or the tick that the first entry too many has. One transaction's entries are never parted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tick FROM journal_entry WHERE tick >= %s AND tick < %s ORDER BY tick, id LIMIT %s", [low, horizon, WINDOW + 1]
        )
        ticks = [tick for (tick,) in cursor.fetchall()]
    return horizon if len(ticks) <= WINDOW else max(ticks[-1], ticks[0] + 1)


def _batches(low: int, high: int, *, after: Batch | None) -> Iterator[Batch]:
    previous = after
    for (stream, month), entries in groupby(_entries(low, high), key=lambda entry: (entry.stream, month_of(ids.minted_at(entry.id)))):
        leaves = [merkle.leaf(entry.digest) for entry in entries]
        batch = Batch(
            number=previous.number + 1 if previous else 1, stream=stream, month=month, low=low, high=high, entries=len(leaves),
            root=merkle.root(leaves), previous=previous.head if previous else seals.FIRST, key_id=signer().key_id, sealed_at=clock.now(),
        )  # fmt: skip
        batch.head = seals.head_digest(batch.header)
        batch.signature = signer().sign(seals.signed_message(batch.head))
        batch.save(force_insert=True)
        previous = batch
        yield batch


def _entries(low: int, high: int) -> Iterable[_Sealable]:
    """By stream and id: the order of the leaves, in which a month's entries stand together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stream, id, digest FROM journal_entry WHERE tick >= %s AND tick < %s ORDER BY stream, id", [low, high])
        return [_Sealable(stream, id, bytes(digest)) for stream, id, digest in cursor.fetchall()]


def _note_sealed_below(high: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_tick_base SET sealed_below = %s", [high])
