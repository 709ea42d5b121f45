"""The history of a person and of a record, in the reader's words."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import connection
from pytest_django import DjangoAssertNumQueries

from besttrav.journal import queries
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import ActorKind
from tests.journal.book import CLERK, OPENED, SEEN, SENT, Parcel


def test_a_person_sees_what_happened_with_their_data_newest_first() -> None:
    me, my_other_self, stranger = uuid4(), uuid4(), uuid4()
    record(SENT, actor=CLERK, subject=me, way="rail", pieces=None)
    record(OPENED, actor=CLERK, subject=my_other_self)
    record(OPENED, actor=CLERK, subject=stranger)
    views = queries.about_subject([me, my_other_self])
    assert [view.says for view in views] == ["Opened", "Sent by rail"]
    assert (views[0].actor_kind, views[0].actor_name) == (ActorKind.STAFF, "s0042")


def test_history_is_narrowed_by_action_time_and_page(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    me, parcel = uuid4(), Parcel.objects.create()
    with clock.frozen(datetime(2026, 1, 1, tzinfo=UTC)):
        record(SEEN, actor=CLERK, subject=me, about=parcel, page="old")
    for page in ("first", "second", "third"):
        record(SEEN, actor=CLERK, subject=me, about=parcel, page=page)
    record(OPENED, actor=CLERK, subject=me, about=parcel)
    with django_assert_num_queries(1):
        seen = queries.about_subject([me], [SEEN], clock.now() - timedelta(days=1))
    assert [view.facts["page"] for view in seen] == ["third", "second", "first"]
    assert queries.about_record(parcel, [SEEN], limit=2) == queries.about_subject([me], [SEEN], limit=2)
    assert [view.facts["page"] for view in queries.about_subject([me], [SEEN], before=seen[1].id)] == ["first", "old"]


def test_an_entry_of_an_older_version_shows_its_name() -> None:
    me = uuid4()
    entry = record(OPENED, actor=CLERK, subject=me)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE journal_entry SET action = 'parcels.opened_once' WHERE id = %s", [entry.id])
    assert queries.about_subject([me])[0].says == "parcels.opened_once"
