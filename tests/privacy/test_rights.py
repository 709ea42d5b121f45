"""What a person sees: everything held about them and nothing of anybody else, who opened it, and their own visits."""

from uuid import uuid4

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from besttrav.journal.queries import about_subject
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.privacy import access_log, gate, rights
from besttrav.privacy.models import AccessEntry, LogSheet
from besttrav.privacy.purposes import OWN_ACCESS, SERVE
from tests.privacy.conftest import MEI, Booked


def visit(subject: object, page: str = "/my/privacy/") -> None:
    access_log.note(
        subject=subject,  # type: ignore[arg-type]  # a test gives what a middleware would
        method="GET",
        status=200,
        page=page,
        address="203.0.113.7",
        browser="Firefox 140",
        language="zh-CN",
    )


def test_a_person_sees_their_own_group_of_a_shared_row_and_not_the_other_persons(booked: Booked) -> None:
    (mine,) = [holding for holding in rights.held_about(booked.buyer.subject_id, actor=booked.lin) if holding.count]
    assert {value.field.name: value.mask for value in mine.records[0].values} == {"name": "林*", "phone": "129****1718", "illness": "***"}
    (theirs,) = [holding for holding in rights.held_about(booked.companion.subject_id, actor=booked.gao) if holding.count]
    assert {value.field.name for value in theirs.records[0].values} == {"companion_name", "companion_birth"}


def test_the_view_costs_the_same_questions_whatever_is_held(booked: Booked) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as record, CaptureQueriesContext(connections["vault"]) as vault:
            rights.held_about(booked.buyer.subject_id, actor=booked.lin)
        return len(record) + len(vault)

    visit(booked.buyer.subject_id)
    few = questions()
    for _ in range(20):
        visit(booked.buyer.subject_id)
    assert questions() == few


def test_visits_are_kept_in_a_file_of_ones_own_and_strangers_share_one_a_day() -> None:
    lin = uuid4()
    visit(lin)
    visit(lin)
    visit(None, "/")
    visit(None, "/privacy/")
    assert LogSheet.objects.filter(subject=lin).count() == 1
    assert AccessEntry.objects.filter(visitor=LogSheet.objects.get(subject=lin).sheet).count() == 2
    crowd = LogSheet.objects.get(subject=None)
    assert AccessEntry.objects.filter(visitor=crowd.sheet).count() == 2
    me = Actor.person(id=uuid4(), subject=lin)
    (log,) = rights.held_about(lin, actor=me)
    assert {value.field.name: value.mask for value in log.records[0].values}["address"] == "203.0.*.*"
    assert gate.reveal_one(log.records[0].record, "address", purpose=OWN_ACCESS, actor=me).address == "203.0.113.7"


def test_who_opened_names_role_and_number_and_the_reason_never_a_person(booked: Booked) -> None:
    gate.reveal_one(booked.reloaded(), "phone", purpose=SERVE, actor=MEI)
    (seen,) = rights.who_opened(booked.buyer.subject_id)
    assert (seen.actor_kind, seen.actor_name, seen.facts["purpose"]) == ("staff", "0417", "serve")


def test_ones_own_looks_never_hide_those_of_others(booked: Booked) -> None:
    gate.reveal_one(booked.reloaded(), "phone", purpose=SERVE, actor=MEI)
    for _ in range(3):
        gate.reveal_one(booked.reloaded(), "phone", purpose=OWN_ACCESS, actor=booked.lin)
    assert [look.actor_name for look in rights.who_opened(booked.buyer.subject_id, by_others=True, limit=1)] == ["0417"]
    assert len(rights.who_opened(booked.buyer.subject_id)) == 4


def test_taking_a_copy_is_written_down(booked: Booked) -> None:
    package = rights.access_package(booked.buyer.subject_id, actor=booked.lin)
    assert package["records"][0]["facts"] == {"destination": "Japan"}
    told = [entry.action for entry in about_subject([booked.buyer.subject_id])]
    assert "privacy.taken" in told


def test_the_crowds_sheet_is_looked_up_once_and_a_stale_hint_is_noticed(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    visit(None)
    with django_assert_num_queries(1):
        visit(None)

    access_log._crowd[clock.today().isoformat()] = uuid4()
    visit(None)
    crowd = LogSheet.objects.get(subject=None)
    assert AccessEntry.objects.filter(visitor=crowd.sheet).count() == 3
