"""An entry stands or falls with the caller's transaction; what is written aside stays."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from besttrav.journal import aside, proof, queries, seals
from besttrav.journal.actions import FactRefused
from besttrav.journal.following import follow
from besttrav.journal.models import Entry
from besttrav.journal.operations import Draft, record, record_all, record_aside, together
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.jobs import job
from tests.journal.book import CLERK, DELIVERED, OPENED, SEEN, SENT, Parcel, another_connection, rolled_back


def test_an_entry_says_what_happened_by_whom_about_what() -> None:
    parcel, subject = Parcel.objects.create(), uuid4()
    entry = record(SENT, actor=CLERK, about=parcel, subject=subject, way="rail", pieces=2)
    found = Entry.objects.get(id=entry.id)
    assert (found.action, found.about_type, found.about_id, found.subject) == ("parcels.sent", "journal.parcel", parcel.id, subject)
    assert (found.actor_kind, found.actor_id, found.actor_name) == ("staff", CLERK.id, "s0042")
    assert found.facts == {"way": "rail", "pieces": 2}
    assert found.columns == entry.columns


def test_recording_costs_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        record(SEEN, actor=CLERK, page="home")


def test_what_is_rolled_back_did_not_happen() -> None:
    with rolled_back():
        entry = record(SEEN, actor=CLERK, page="home")
    assert not Entry.objects.filter(id=entry.id).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_an_entry_without_a_transaction_is_a_mistake() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record(SEEN, actor=CLERK, page="home")


def test_a_record_without_a_random_id_cannot_be_written_about() -> None:
    with pytest.raises(TypeError):
        record(SEEN, actor=CLERK, about=Parcel(id=None), page="home")


def test_an_actor_is_never_called_by_name() -> None:
    with pytest.raises(FactRefused):
        record(SEEN, actor=Actor.job("王小明"), page="home")


def test_followers_are_told_in_the_same_transaction(drain: Callable[[], int], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    follow(DELIVERED, thank)
    follow(DELIVERED, thank)  # twice is once
    thanked.clear()
    with rolled_back():
        record(DELIVERED, actor=CLERK)
    with django_assert_num_queries(2):
        entry = record(DELIVERED, actor=CLERK)
    assert drain() == 1
    assert thanked == [str(entry.id)]


def test_a_follower_may_want_some_entries_only(drain: Callable[[], int]) -> None:
    follow(SENT, thank, way={"rail", "ship"})
    thanked.clear()
    record(SENT, actor=CLERK, way="road", pieces=1)
    wanted = [record(SENT, actor=CLERK, way=way, pieces=1) for way in ("rail", "ship")]
    record_all([Draft(SENT, CLERK, facts={"way": "rail", "pieces": pieces}) for pieces in (1, 2)])
    assert drain() == 4
    assert thanked[:2] == [str(entry.id) for entry in wanted]
    with pytest.raises(ValueError, match="colour"):
        follow(SENT, thank, colour={"red"})


def test_several_entries_cost_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subjects = [uuid4() for _ in range(3)]
    with django_assert_num_queries(1):
        record_all([Draft(SEEN, CLERK, subject=subject, facts={"page": "home"}) for subject in subjects])
    assert set(Entry.objects.filter(subject__in=subjects).values_list("subject", flat=True)) == set(subjects)
    record_all([])


def test_entries_of_one_transaction_cost_one_statement_and_their_followers_another(
    drain: Callable[[], int], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    follow(DELIVERED, thank)
    thanked.clear()
    with together(), django_assert_num_queries(0):
        entries = [record(SEEN, actor=CLERK, page="home"), record(DELIVERED, actor=CLERK), record(DELIVERED, actor=CLERK)]
    with CaptureQueriesContext(connection) as said, together():
        record(DELIVERED, actor=CLERK)
        record(DELIVERED, actor=CLERK)
    assert [one["sql"].split()[0] for one in said if "SAVEPOINT" not in one["sql"]] == ["INSERT", "SELECT"]
    assert Entry.objects.filter(id__in=[entry.id for entry in entries]).count() == 3
    assert drain() == 4
    assert thanked[:2] == [str(entry.id) for entry in entries[1:]]


def test_what_is_recorded_together_stands_or_falls_with_its_transaction() -> None:
    with rolled_back(), together():
        entry = record(SEEN, actor=CLERK, page="home")
    with pytest.raises(RuntimeError), together():
        another = record(SEEN, actor=CLERK, page="home")
        raise RuntimeError
    assert not Entry.objects.filter(id__in=[entry.id, another.id]).exists()


def test_what_is_recorded_in_a_savepoint_goes_with_it() -> None:
    with together():
        kept = record(SEEN, actor=CLERK, page="home")
        with rolled_back():
            lost = record(SEEN, actor=CLERK, page="home")
        with together():
            inner = record(SEEN, actor=CLERK, page="home")
        assert Entry.objects.filter(id=inner.id).exists()
    assert set(Entry.objects.filter(id__in=[kept.id, lost.id]).values_list("id", flat=True)) == {kept.id}


def test_what_several_entries_share_is_worded_once_and_each_is_hashed_as_if_alone() -> None:
    parcel, facts, subjects = Parcel.objects.create(), {"way": "rail", "pieces": 2}, [uuid4() for _ in range(4)]
    drafts = [Draft(SENT, CLERK, parcel, subject, facts) for subject in subjects[:2]]
    drafts += [Draft(SENT, CLERK, None, subjects[2], facts), Draft(SENT, Actor.job("tests.post"), None, subjects[3], facts | {"pieces": 1})]
    record_all(drafts)
    written = {entry.subject: entry for entry in Entry.objects.filter(subject__in=subjects)}
    assert [bytes(written[subject].digest) for subject in subjects] == [
        seals.entry_digest(written[subject].columns) for subject in subjects
    ]
    assert [(written[subject].about_id, written[subject].actor_name, written[subject].facts["pieces"]) for subject in subjects] == [
        (parcel.id, "s0042", 2), (parcel.id, "s0042", 2), (None, "s0042", 2), (None, "tests.post", 1),
    ]  # fmt: skip


thanked: list[str] = []


@job("parcels.thank")
def thank(entry_id: str) -> None:
    thanked.append(str(queries.entry(entry_id).id))


def test_what_is_written_aside_is_there_for_others_before_the_caller_commits() -> None:
    entries = record_aside([Draft(OPENED, actor=CLERK, subject=uuid4()) for _ in range(50)])
    with another_connection() as other:
        found = other.execute("SELECT count(*) FROM journal_entry WHERE id = ANY(%s)", [entries]).fetchone()
    assert found == (50,)


def test_what_is_written_aside_stays_though_the_caller_rolls_back() -> None:
    subject = uuid4()
    with rolled_back():
        record_aside([Draft(OPENED, actor=CLERK, subject=subject)])
    assert [view.says for view in queries.about_subject([subject])] == ["Opened"]


def test_nothing_is_written_aside_when_there_is_nothing() -> None:
    aside.disconnect()
    assert record_aside([]) == []
    assert not aside._idle, "no connection was asked for"


def test_what_is_followed_cannot_be_written_aside() -> None:
    follow(DELIVERED, thank)
    with pytest.raises(ValueError, match="cannot be followed"):
        record_aside([Draft(DELIVERED, actor=CLERK)])


def test_a_connection_that_was_cut_is_replaced() -> None:
    subject = uuid4()
    record_aside([Draft(OPENED, actor=CLERK)])
    with another_connection() as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
            [aside.NAME],
        )
    record_aside([Draft(OPENED, actor=CLERK, subject=subject)])
    assert len(queries.about_subject([subject])) == 1


def test_an_unreachable_journal_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    aside.disconnect()
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", 1)
    with pytest.raises(Unavailable, match="journal"):
        record_aside([Draft(OPENED, actor=CLERK)])


def test_an_entry_is_refused_in_a_month_that_does_not_exist() -> None:
    """A missing partition fails loudly: there is no corner where entries could gather unseen."""
    with pytest.raises(IntegrityError, match=r"\bjournal_entry_access\b"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_entry (id, stream, at, action, about_type, actor_kind, actor_name, facts, salt, digest)"
            " VALUES ('00000000-0000-7000-8000-000000000000', 1, now(), '', '', '', '', '{}', %s, %s)",
            [bytes(16), bytes(32)],
        )


def test_an_entry_not_sealed_yet_has_no_proof() -> None:
    with pytest.raises(proof.NotSealedYet):
        proof.verify_entry(record(SEEN, actor=CLERK, page="home").id)
