"""The gate: every "no" and every "don't know" refuses, and what was opened stays written down."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connections, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from besttrav.journal import aside
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Unavailable
from besttrav.privacy import consents, erasing, files, gate, rights
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.gate import find, masked, reveal, reveal_all, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import ANSWER_RIGHTS, NOTIFY, OWN_ACCESS, SECURITY, SERVE, Basis, Purpose
from besttrav.privacy.sealing import SheetClosed
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import Sheet, SheetKey
from tests.privacy.conftest import JOB, MEI, OFFICER, STRANGER, Booked
from tests.sample.models import ADVISE, Journey

SHOWN = ShownText(version="2026-12", sha256="0" * 64)


def times_opened(booked: Booked) -> int:
    return len(rights.who_opened(booked.buyer.subject_id))


def test_a_clerk_opens_for_a_declared_purpose_and_the_person_can_see_it(booked: Booked) -> None:
    case = uuid4()
    opened = reveal([booked.reloaded()], ["name", "phone"], purpose=SERVE, actor=MEI, case=case)[0]
    assert (opened.name, opened["phone"]) == ("林月", "+8612900001718")
    (entry,) = rights.who_opened(booked.buyer.subject_id)
    assert entry.actor_name == "0417"
    assert entry.facts == {
        "purpose": "serve",
        "basis": "13-2",
        "case": str(case),
        "fields": ["sample.journey.name", "sample.journey.phone"],
    }


def test_what_was_opened_prints_as_nothing(booked: Booked) -> None:
    opened = reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    assert "林月" not in f"{opened!r} {opened}"
    with pytest.raises(AttributeError):
        _ = opened.phone


def test_one_disclosure_is_written_for_each_person_of_a_row(booked: Booked) -> None:
    reveal_one(booked.reloaded(), "name", "companion_name", purpose=SERVE, actor=MEI)
    (about_companion,) = rights.who_opened(booked.companion.subject_id)
    assert about_companion.facts["fields"] == ["sample.journey.companion_name"]
    assert times_opened(booked) == 1


@pytest.mark.parametrize(
    ("fields", "purpose", "actor", "refusal"),
    [
        (["companion_name"], NOTIFY, JOB, gate.NotDeclared),
        (["destination"], SERVE, MEI, gate.NotDeclared),
        (["name"], SECURITY, JOB, gate.NotDeclared),
        (["name"], SERVE, JOB, gate.NotYours),
        (["name"], SERVE, STRANGER, gate.NotYours),
        (["name"], SERVE, Actor.visitor(), gate.NotYours),
        (["name"], OWN_ACCESS, MEI, gate.NotYours),
        (["name"], OWN_ACCESS, STRANGER, gate.NotYours),
        (["name"], ANSWER_RIGHTS, MEI, gate.NotYours),
        (["illness"], ADVISE, MEI, gate.NoConsent),
        (["name"], Purpose("serve", "", Basis.CONTRACT, "3.1", frozenset({"service"}), every_field=True), MEI, gate.NotDeclared),
    ],
)
def test_the_gate_refuses_and_writes_no_disclosure(
    booked: Booked, fields: list[str], purpose: Purpose, actor: Actor, refusal: type[gate.Closed]
) -> None:
    with pytest.raises(refusal):
        reveal([booked.reloaded()], fields, purpose=purpose, actor=actor)
    assert times_opened(booked) == 0


def test_what_the_query_left_out_is_opened_with_a_disclosure_too(booked: Booked) -> None:
    (journey,) = Journey.objects.filter(pk=booked.journey.pk).defer("name")
    assert reveal_one(journey, "name", purpose=SERVE, actor=MEI).name == "林月"
    (entry,) = rights.who_opened(booked.buyer.subject_id)
    assert entry.facts["fields"] == ["sample.journey.name"]


def test_everybody_opens_their_own_data_and_nobody_elses_in_the_same_row(booked: Booked) -> None:
    assert reveal_one(booked.reloaded(), "name", "illness", purpose=OWN_ACCESS, actor=booked.lin).illness == "花粉过敏"
    assert reveal_one(booked.reloaded(), "companion_name", purpose=OWN_ACCESS, actor=booked.gao).companion_name == "高晨"
    with pytest.raises(gate.NotYours):
        reveal_one(booked.reloaded(), "name", "companion_name", purpose=OWN_ACCESS, actor=booked.lin)


def test_one_row_of_another_person_in_a_batch_refuses_the_batch(book: Callable[..., Booked]) -> None:
    mine, theirs = book(), book()
    with pytest.raises(gate.NotYours):
        reveal([mine.reloaded(), theirs.reloaded()], ["name"], purpose=OWN_ACCESS, actor=mine.lin)
    assert times_opened(mine) == 0


def test_consent_opens_and_its_withdrawal_closes_at_once(booked: Booked) -> None:
    subject = booked.buyer.subject_id
    consents.give(subject=subject, code=Consent.K03, text=SHOWN, page="health", way="tap", actor=booked.lin)
    assert reveal_one(booked.reloaded(), "illness", purpose=ADVISE, actor=MEI).illness == "花粉过敏"
    consents.withdraw(subject=subject, code=Consent.K03, page="privacy", way="tap", actor=booked.lin)
    with pytest.raises(gate.NoConsent):
        reveal_one(booked.reloaded(), "illness", purpose=ADVISE, actor=MEI)
    assert reveal_one(booked.reloaded(), "illness", purpose=OWN_ACCESS, actor=booked.lin).illness == "花粉过敏"


def test_another_persons_consent_does_not_count(book: Callable[..., Booked]) -> None:
    one, other = book(), book()
    consents.give(subject=one.buyer.subject_id, code=Consent.K03, text=SHOWN, page="health", way="tap", actor=one.lin)
    with pytest.raises(gate.NoConsent):
        reveal([one.reloaded(), other.reloaded()], ["illness"], purpose=ADVISE, actor=MEI)


def test_a_restricted_file_opens_only_to_its_person_and_to_statutory_purposes(booked: Booked) -> None:
    store.restrict({booked.buyer.id: date(2031, 3, 1)})
    with pytest.raises(gate.Restricted):
        reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    assert reveal_one(booked.reloaded(), "name", purpose=OWN_ACCESS, actor=booked.lin).name == "林月"
    assert reveal_one(booked.reloaded(), "name", purpose=ANSWER_RIGHTS, actor=OFFICER).name == "林月"
    assert masked([booked.reloaded()], ["name", "companion_name"], actor=MEI) == [{"name": "—", "companion_name": "高*"}]
    assert masked([booked.reloaded()], ["name"], actor=booked.lin) == [{"name": "林*"}]


def test_from_the_decision_to_erase_nothing_opens_though_the_keys_still_live(booked: Booked) -> None:
    erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    assert SheetKey.objects.filter(sheet=booked.buyer.id).exists()
    for purpose, actor in ((SERVE, MEI), (OWN_ACCESS, booked.lin), (ANSWER_RIGHTS, OFFICER)):
        with pytest.raises(gate.Gone):
            reveal_one(booked.reloaded(), "name", purpose=purpose, actor=actor)
    assert masked([booked.reloaded()], ["name"], actor=MEI) == [{"name": "—"}]
    assert not find(Journey, name="林月", purpose=SERVE, actor=MEI).filter(pk=booked.journey.pk).exists()


def test_a_dead_key_and_an_unknown_sheet_are_gone(booked: Booked) -> None:
    SheetKey.objects.filter(sheet=booked.buyer.id).delete()
    with pytest.raises(gate.Gone):
        reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    Sheet.objects.filter(pk=booked.companion.id).delete()
    with pytest.raises(gate.Gone):
        reveal_one(booked.reloaded(), "companion_name", purpose=SERVE, actor=MEI)
    assert masked([booked.reloaded()], ["name", "companion_name"], actor=MEI) == [{"name": "—", "companion_name": "—"}]


def test_a_disclosure_survives_the_transaction_it_was_made_in(booked: Booked) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
        raise RuntimeError
    assert times_opened(booked) == 1


def test_without_the_journal_nothing_opens(booked: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    aside.disconnect()
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", 1)
    with pytest.raises(Unavailable):
        reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    monkeypatch.undo()
    assert times_opened(booked) == 0


def test_without_the_vault_nothing_opens_masks_matches_or_is_saved(booked: Booked) -> None:
    journey = booked.reloaded()

    def unreachable(*_: object) -> None:
        raise OperationalError("gone")

    with connections["vault"].execute_wrapper(unreachable):
        for attempt in (
            lambda: reveal_one(journey, "name", purpose=SERVE, actor=MEI),
            lambda: masked([journey], ["name"], actor=MEI),
            lambda: find(Journey, name="林月", purpose=SERVE, actor=MEI),
            lambda: Journey.objects.create(buyer=booked.buyer.id, name="林月"),
        ):
            with pytest.raises(Unavailable), transaction.atomic():
                attempt()
    assert times_opened(booked) == 0


@pytest.mark.parametrize("people", [1, 50])
def test_a_page_of_many_costs_the_same_few_questions(
    book: Callable[..., Booked], people: int, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [book().reloaded() for _ in range(people)]
    statements: list[object] = []
    execute = psycopg.Connection.execute

    def counted(self: psycopg.Connection[Any], *args: Any, **options: Any) -> Any:
        statements.append(args)
        return execute(self, *args, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    with django_assert_num_queries(1, using="vault"), django_assert_num_queries(0, using="default"):
        reveal(rows, ["name", "phone"], purpose=SERVE, actor=MEI)
    assert len(statements) == 1, "one statement writes down all disclosures"
    with django_assert_num_queries(1, using="vault"), django_assert_num_queries(0, using="default"):
        masked(rows, ["name", "phone"], actor=MEI)


def test_parts_with_different_fields_are_opened_at_once_or_not_at_all(
    book: Callable[..., Booked], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = book(), book()
    rows = [first.reloaded()], [second.reloaded()]
    with django_assert_num_queries(1, using="vault"), django_assert_num_queries(0, using="default"):
        (one,), (other,), nobody = reveal_all([(rows[0], ["name"]), (rows[1], ["phone"]), ([], ["name"])], purpose=SERVE, actor=MEI)
    assert (one.name, other.phone, nobody) == ("林月", "+8612900001718", [])
    assert [entry.facts["fields"] for booked in (first, second) for entry in rights.who_opened(booked.buyer.subject_id)] == [
        ["sample.journey.name"],
        ["sample.journey.phone"],
    ]
    erasing.erase(subject=second.buyer.subject_id, actor=MEI, because="asked")
    with pytest.raises(gate.Gone):
        reveal_all([(rows[0], ["name"]), (rows[1], ["phone"])], purpose=SERVE, actor=MEI)
    assert times_opened(first) == 1


def test_masks_need_no_purpose_and_write_no_disclosure(booked: Booked) -> None:
    (shown,) = masked([booked.reloaded()], ["name", "phone", "companion_birth", "illness"], actor=MEI)
    assert shown == {"name": "林*", "phone": "129****1718", "companion_birth": "2015-**-**", "illness": "***"}
    assert times_opened(booked) == 0
    assert masked([booked.reloaded()], ["name"], actor=Actor.visitor()) == [{"name": ""}]


def test_a_person_is_found_by_any_spelling_of_an_exact_value(booked: Booked) -> None:
    for spelling in ("12900001718", "+86 129 0000 1718", "１２９ 0000-1718", "008612900001718"):
        assert list(find(Journey, phone=spelling, purpose=SERVE, actor=MEI)) == [booked.journey]
    assert not find(Journey, phone="12900001719", purpose=SERVE, actor=MEI)
    with pytest.raises(gate.NotYours):
        find(Journey, phone="12900001718", purpose=SERVE, actor=STRANGER)
    with pytest.raises(gate.NotDeclared):
        find(Journey, companion_name="高晨", purpose=SERVE, actor=MEI)


def test_a_changed_value_is_found_by_the_new_one_only(
    booked: Booked, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        booked.journey.phone = "12900009999"
        booked.journey.save()
    assert find(Journey, phone="12900009999", purpose=SERVE, actor=MEI).exists()
    assert not find(Journey, phone="12900001718", purpose=SERVE, actor=MEI).exists()


def test_a_change_that_was_rolled_back_leaves_the_old_value_findable(booked: Booked) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        booked.journey.phone = "12900009999"
        booked.journey.save()
        raise RuntimeError
    assert not find(Journey, phone="12900009999", purpose=SERVE, actor=MEI).exists()
    assert find(Journey, phone="12900001718", purpose=SERVE, actor=MEI).exists()


def test_rows_without_the_value_open_as_empty(booked: Booked) -> None:
    sheet = files.open_sheet(keep=Keep.QUOTE)
    empty = Journey.objects.create(buyer=sheet.id)
    opened = reveal([booked.reloaded(), Journey.objects.get(pk=empty.pk)], ["name"], purpose=SERVE, actor=MEI)
    assert [one.name for one in opened] == ["林月", ""]
    assert reveal([], ["name"], purpose=SERVE, actor=MEI) == []


def test_roles_count_as_they_are_now(booked: Booked) -> None:
    with pytest.raises(gate.NotYours):
        reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=replace(MEI, roles=frozenset()))


def test_a_closed_sheet_takes_no_new_value(booked: Booked) -> None:
    erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    booked.journey.name = "林月"
    with pytest.raises(SheetClosed):
        booked.journey.save()


def test_a_hold_keeps_a_file_and_ends_by_itself(booked: Booked) -> None:
    until = clock.today() + timedelta(days=10)
    files.hold(booked.buyer.file_id, law="Civil Procedure Law 67", reason="litigation", owner="0102", until=until)
    (item,) = [item for item in erasing.plan(booked.buyer.subject_id) if item.sheet == booked.buyer.id]
    assert (item.outcome, item.law, item.until) == ("keep", "Civil Procedure Law 67", until)
    with clock.advanced(timedelta(days=10)):
        (item,) = [item for item in erasing.plan(booked.buyer.subject_id) if item.sheet == booked.buyer.id]
    assert item.outcome == "erase"
