"""What the journal's tests write about: parcels, sent and delivered; and hands that can do what the application cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections, models, transaction

from besttrav.journal.actions import Action, Fact, Stream, action, moving
from besttrav.journal.models import Entry
from besttrav.journal.operations import record
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor

SENT = action("parcels.sent", Stream.BUSINESS, "Sent by %(way)s", way=Fact.CODE, pieces=Fact.COUNT)
SEEN = action("parcels.seen", Stream.ACCESS, "Looked at %(page)s", page=Fact.CODE)
DELIVERED = action("parcels.delivered", Stream.BUSINESS, "Delivered")
OPENED = action("parcels.opened", Stream.DISCLOSURE, "Opened")
MOVED = moving("parcels.moved", Stream.BUSINESS, "Went from %(was)s to %(now)s: %(because)s")

CLERK = Actor.staff(id=uuid4(), number="s0042", roles=frozenset({"clerk"}))


class Parcel(models.Model):
    class State(models.TextChoices):
        PACKED = "packed"
        SENT = "sent"
        DELIVERED = "delivered"

    objects: ClassVar[models.Manager["Parcel"]] = models.Manager()
    MOVES: ClassVar = {State.PACKED: {State.SENT}, State.SENT: {State.DELIVERED}}
    MOVED = MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    state = models.TextField(choices=State.choices, default=State.PACKED)
    place = models.TextField(default="")

    class Meta:
        app_label = "journal"
        managed = False
        db_table = "journal_test_parcel"

    def __str__(self) -> str:
        return f"parcel {self.id}"


def send(count: int = 1, *, subject: UUID | None = None) -> list[Entry]:
    """Entries of one transaction."""
    with transaction.atomic():
        return [record(SENT, actor=CLERK, subject=subject, way="rail", pieces=number) for number in range(count)]


def note(noted: Action, **facts: Any) -> Entry:
    """One entry in a transaction of its own."""
    with transaction.atomic():
        return record(noted, actor=CLERK, **facts)


@contextmanager
def rolled_back() -> Iterator[None]:
    """A caller whose transaction fails in the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def another_connection() -> Iterator[psycopg.Connection[Any]]:
    """A second connection to the record, with transactions of its own."""
    with psycopg.connect(**connections["default"].get_connection_params()) as other:
        yield other


def tamper(statement: str, *parameters: Any) -> None:
    """Do what only the owner of the tables can: change what is append-only."""
    with transaction.atomic(), connection.cursor() as cursor:
        _triggers("DISABLE")
        cursor.execute(statement, parameters)
        assert cursor.rowcount != 0, "nothing was tampered with"
        _triggers("ENABLE")


def empty() -> None:
    """Take everything out, as no application can."""
    with transaction.atomic(), connection.cursor() as cursor:
        _triggers("DISABLE")
        cursor.execute("DELETE FROM journal_entry")
        cursor.execute("DELETE FROM journal_batch")
        cursor.execute("UPDATE journal_tick_base SET base = 0, sealed_below = 0")
        _triggers("ENABLE")
        _drop_months_of_other_years()


def _triggers(verb: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree('journal_entry')")
        for table in ["journal_batch", *(name for (name,) in cursor.fetchall())]:
            cursor.execute(f"ALTER TABLE {table} {verb} TRIGGER USER")


def _drop_months_of_other_years() -> None:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree('journal_entry') WHERE level = 2")
        for (table,) in cursor.fetchall():
            if str(now.year) not in table and str(now.year + 1) not in table:
                cursor.execute(f"DROP TABLE {table}")
