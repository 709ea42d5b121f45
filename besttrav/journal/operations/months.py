"""The months of each stream: made ahead of need, and ended when their time is past."""

import logging
from datetime import date
from typing import Final

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from besttrav.journal.actions import Fact, Stream, action
from besttrav.journal.models import Batch
from besttrav.journal.operations.recording import record
from besttrav.journal.streams import month_of, months_later, retentions
from besttrav.journal.verifying import verify_month
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor

AHEAD: Final = 2
MONTHS_LOCK: Final = 0x6A6F_7572_6D6F

MONTH_DROPPED = action(
    "journal.month_dropped",
    Stream.SECURITY,
    _("Entries of the stream %(stream)s for the month of %(month)s reached the end of their time"),
    stream=Fact.CODE,
    month=Fact.DAY,
    batches=Fact.COUNT,
    entries=Fact.COUNT,
)

_log = logging.getLogger(__name__)


@transaction.atomic
def ensure_months() -> int:
    """Make the partitions of this month and the next two where they are missing, and say how many were."""
    this_month, made = month_of(clock.now()), 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MONTHS_LOCK])
        for stream in Stream:
            for ahead in range(AHEAD + 1):
                month = months_later(this_month, ahead)
                cursor.execute("SELECT journal_ensure_month(%s, %s::smallint, %s::date)", [stream.label, stream.value, month])
                made += cursor.fetchone()[0]
    return made


def drop_expired() -> list[tuple[Stream, date]]:
    """End every month that is past its stream's time and whose entries are all sealed. Returns what was dropped.

    A month that does not verify is kept, and told to the log: it is evidence.
    """
    past = [(stream, month) for stream, month in _months() if retentions()[stream].ends(month) <= clock.now()]
    return [(stream, month) for stream, month in past if _holds(stream, month) and _drop(stream, month)]


def _months() -> list[tuple[Stream, date]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree('journal_entry') WHERE isleaf AND level = 2 ORDER BY 1")
        names = [name.removeprefix("journal_entry_").split("_") for (name,) in cursor.fetchall()]
    return [(Stream[label.upper()], date(int(year), int(month), 1)) for label, year, month in names]


def _holds(stream: Stream, month: date) -> bool:
    report = verify_month(stream, month)
    if not report.holds:
        _log.error("journal: %s of %s is past its time but does not verify, and is kept", stream.label, month.isoformat()[:7])
    return report.holds


@transaction.atomic
def _drop(stream: Stream, month: date) -> bool:
    parent = sql.Identifier(f"journal_entry_{stream.label}")
    part = sql.Identifier(f"journal_entry_{stream.label}_{month:%Y_%m}")
    batches = Batch.objects.filter(stream=stream.value, month=month, dropped_at=None)
    with connection.cursor() as cursor:
        # Everybody who writes into this stream would queue behind us while we wait for the lock.
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        # From above, as readers lock: the other way round we would meet them half-way and one of us would die.
        cursor.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(parent))
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(part))
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(part))
        entries, sealed = cursor.fetchone()[0], batches.aggregate(entries=Sum("entries"))["entries"] or 0
        if entries != sealed:
            return False
        cursor.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(parent, part))
        cursor.execute(sql.SQL("DROP TABLE {}").format(part))
    _record_drop(stream, month, batches.update(dropped_at=clock.now()), entries)
    return True


def _record_drop(stream: Stream, month: date, batches: int, entries: int) -> None:
    job = Actor.job("journal.drop_expired")
    record(MONTH_DROPPED, actor=job, stream=stream.label, month=month, batches=batches, entries=entries)
