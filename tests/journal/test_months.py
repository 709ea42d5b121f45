"""Months are made ahead of need and end as a whole; their signed headers stay, and the chain goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from besttrav.journal import proof
from besttrav.journal.actions import Stream
from besttrav.journal.models import Batch, Entry
from besttrav.journal.operations import drop_expired, ensure_months, seal
from besttrav.journal.streams import month_of
from besttrav.kernel import clock, ids
from tests.journal.book import OPENED, SEEN, another_connection, note, send, tamper

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "vault"]), pytest.mark.usefixtures("empty_book")]


@contextmanager
def in_month(year: int, month: int) -> Iterator[None]:
    """Time and the ids minted in it lie in this month, and its partitions are there."""
    moment = datetime(year, month, 15, tzinfo=UTC)
    with clock.frozen(moment), patch.object(ids, "new_id", lambda: _id_in(moment)):
        ensure_months()
        yield


def _id_in(moment: datetime) -> UUID:
    fresh, first = new_id(), ids.first_id_at(moment)
    return UUID(int=first.int & ~(2**62 - 1) | fresh.int & 2**62 - 1)


new_id = ids.new_id


def live_through(months: list[tuple[int, int]]) -> None:
    for year, month in months:
        with in_month(year, month):
            note(SEEN, page="home")
            note(OPENED)
            send(2)
            assert seal() == 4


def streams_kept() -> list[tuple[int, str]]:
    return sorted({(entry.stream, f"{ids.minted_at(entry.id):%Y-%m}") for entry in Entry.objects.exclude(action="journal.month_dropped")})


def test_months_are_made_ahead_and_once() -> None:
    with clock.frozen(datetime(2031, 11, 30, 23, 0, tzinfo=UTC)):
        assert ensure_months() == 15
        assert ensure_months() == 0
    with clock.frozen(datetime(2031, 12, 1, tzinfo=UTC)):
        assert ensure_months() == 5
    assert month_of(datetime(2032, 2, 29, tzinfo=UTC)) == datetime(2032, 2, 1, tzinfo=UTC).date()


def test_making_months_waits_for_nobody_who_writes_or_dumps() -> None:
    with another_connection() as other:
        other.execute("LOCK TABLE journal_entry IN ROW EXCLUSIVE MODE")
        with clock.frozen(datetime(2033, 1, 1, tzinfo=UTC)), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
            assert ensure_months() == 15
            cursor.execute("RESET lock_timeout")


def test_years_later_each_stream_has_lost_what_is_past_its_time_and_the_chain_still_verifies() -> None:
    live_through([(2019, 1), (2019, 2), (2021, 6)])
    with in_month(2021, 12):
        assert {(stream.name, f"{month:%Y-%m}") for stream, month in drop_expired() if month.year == 2019} >= {("ACCESS", "2019-01")}
        assert streams_kept() == [
            (1, "2021-06"),
            (3, "2019-01"),
            (3, "2019-02"),
            (3, "2021-06"),
            (5, "2019-01"),
            (5, "2019-02"),
            (5, "2021-06"),
        ]
        seal()
        report = proof.verify()
        assert report.holds
        assert report.dropped == 2
    with in_month(2022, 2):
        drop_expired()
        assert (3, "2019-01") not in streams_kept()
        assert (3, "2019-02") in streams_kept()
    with in_month(2032, 1):
        drop_expired()
        assert streams_kept() == []
        seal()
        assert proof.verify().holds
        # What the journal still knows of them: nine signed headers.
        assert Batch.objects.exclude(dropped_at=None).filter(month__year__lt=2022).count() >= 9


def test_a_month_ends_only_when_its_last_day_is_past_its_time() -> None:
    live_through([(2023, 1)])
    for moment, kept in ((datetime(2023, 8, 31, 23, 59, tzinfo=UTC), True), (datetime(2023, 9, 1, tzinfo=UTC), False)):
        with clock.frozen(moment):
            drop_expired()
            assert ((1, "2023-01") in streams_kept()) is kept


def test_a_month_with_an_entry_not_sealed_yet_stays() -> None:
    with in_month(2023, 1):
        note(SEEN, page="home")
        seal()
        late = note(SEEN, page="late")
    with in_month(2030, 1):
        drop_expired()
        assert Entry.objects.filter(id=late.id).exists()
        seal()
        drop_expired()
        assert not Entry.objects.filter(id=late.id).exists()
        assert proof.verify().holds


def test_a_month_that_does_not_verify_is_kept_as_evidence(caplog: pytest.LogCaptureFixture) -> None:
    with in_month(2023, 1):
        changed = note(SEEN, page="home")
        seal()
    tamper('UPDATE journal_entry SET facts = \'{"page": "other"}\' WHERE id = %s', changed.id)
    with in_month(2030, 1):
        drop_expired()
    assert Entry.objects.filter(id=changed.id).exists()
    assert "access of 2023-01 is past its time but does not verify" in caplog.text


def test_dropping_is_written_down() -> None:
    live_through([(2023, 1)])
    with in_month(2023, 12):
        drop_expired()
    dropped = Entry.objects.get(action="journal.month_dropped", facts__stream="access", facts__month="2023-01-01")
    assert dropped.facts == {"stream": "access", "month": "2023-01-01", "batches": 1, "entries": 1}
    assert Stream(dropped.stream) is Stream.SECURITY


def test_nobody_queues_behind_a_drop_that_cannot_have_its_lock() -> None:
    live_through([(2023, 1)])
    with another_connection() as other, in_month(2023, 12):
        other.execute("LOCK TABLE journal_entry_access_2023_01 IN ACCESS SHARE MODE")
        with pytest.raises(OperationalError) as given_up:
            drop_expired()
    assert isinstance(given_up.value.__cause__, LockNotAvailable)
    with in_month(2023, 12):
        drop_expired()
    assert (1, "2023-01") not in streams_kept()
