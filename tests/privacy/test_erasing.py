"""Forgetting: the plan shown before is what happens, all of it or nothing, and the certificate names both dates."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from besttrav.journal.queries import about_subject
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.privacy import actions, erasing, files, gate, ledger, queries, recovering
from besttrav.privacy.erasing import ERASE, RESTRICT
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import Erasure
from besttrav.privacy.purposes import OWN_ACCESS, SERVE
from besttrav.privacy.vault import epochs, store
from besttrav.privacy.vault.models import Mark, Sheet, SheetKey, Tombstone
from tests.privacy.conftest import MEI, Booked
from tests.sample.models import Journey


@pytest.fixture
def erase(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, drain: Callable[[], int]) -> Callable[[Booked], Erasure]:
    def erased(booked: Booked) -> Erasure:
        with django_capture_on_commit_callbacks(execute=True):
            erasure = erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
        drain()
        erasure.refresh_from_db()
        return erasure

    return erased


def test_erasing_one_person_of_a_row_leaves_the_other_readable(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erase(booked)
    assert gate.reveal_one(booked.reloaded(), "companion_name", purpose=SERVE, actor=MEI).companion_name == "高晨"
    assert booked.reloaded().name is None
    assert not SheetKey.objects.filter(sheet=booked.buyer.id).exists()
    assert not Mark.objects.filter(sheet=booked.buyer.id).exists()
    assert Tombstone.objects.filter(sheet=booked.buyer.id).exists()


def test_the_certificate_names_both_dates(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erasure = erase(booked)
    assert erasure.state == "done"
    assert erasure.done_at is not None
    assert erasure.everywhere_on == clock.today() + timedelta(days=settings.EPOCH_DAYS + settings.KEYRING_COPY_DAYS)
    assert erasing.everywhere_on(erasure) == erasure.everywhere_on
    epochs.rotate()
    epochs.mark_backup_verified(store.open_epoch().number)
    epochs.end_old()
    assert erasing.everywhere_on(erasure) == clock.today() + timedelta(days=settings.KEYRING_COPY_DAYS)
    assert queries.erasures_of(booked.buyer.subject_id) == [erasure]


def test_what_the_law_keeps_is_restricted_with_its_rule_and_end(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    ends = files.become(booked.buyer.file_id, Keep.CONTRACT, date(2026, 3, 1))
    (item,) = erasing.plan(booked.buyer.subject_id)
    assert (item.outcome, item.until) == (RESTRICT, date(2031, 3, 1)) == (RESTRICT, ends)
    assert "44, 51" in item.law
    erase(booked)
    with pytest.raises(gate.Restricted):
        gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    assert gate.reveal_one(booked.reloaded(), "name", purpose=OWN_ACCESS, actor=booked.lin).name == "林月"


def test_a_plan_can_be_narrowed_to_some_classes(booked: Booked) -> None:
    assert erasing.plan(booked.buyer.subject_id, [Keep.CHAT]) == []
    assert [item.outcome for item in erasing.plan(booked.buyer.subject_id, [Keep.QUOTE])] == [ERASE]


def test_with_nothing_left_to_erase_the_person_is_told(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erase(booked)
    with pytest.raises(erasing.NothingToErase):
        erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")


def test_a_decision_that_is_rolled_back_erases_nothing(booked: Booked) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
        raise RuntimeError
    assert gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI).name == "林月"


def test_finishing_twice_is_finishing_once(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erasure = erase(booked)
    erasing.finish(erasure_id=erasure.pk)
    erasing.clear_rows(erasure_id=erasure.pk)
    assert erasure.done_at == Erasure.objects.get(pk=erasure.pk).done_at


def test_the_decision_is_outside_both_databases_before_the_first_key_dies(booked: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    order: list[str] = []
    append, shred = ledger.append, store.shred

    def noted(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            order.append(step)
            return function(*args, **options)

        return run

    monkeypatch.setattr(ledger, "append", noted("ledger", append))
    monkeypatch.setattr(store, "shred", noted("shred", shred))
    erasing.finish(erasure_id=erasure.pk)
    assert order == ["ledger", "shred"]
    assert any(decision.id == erasure.pk and decision.erased == (booked.buyer.id,) for decision in ledger.decisions())


def test_a_vault_restored_from_before_the_erasure_forgets_again_by_replay(booked: Booked) -> None:
    wrapped = SheetKey.objects.get(sheet=booked.buyer.id)
    erasure = erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    erasing.finish(erasure_id=erasure.pk)
    Sheet.objects.filter(pk=booked.buyer.id).update(state="active", shredded_at=None)
    SheetKey.objects.create(epoch=wrapped.epoch, sheet=wrapped.sheet, wrapped=wrapped.wrapped)
    assert recovering.replay() >= 1
    with pytest.raises(gate.Gone):
        gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    assert recovering.replay() == 0


def test_a_torn_line_in_the_ledger_is_no_decision_and_spoils_no_other(booked: Booked) -> None:
    ledger.append(ledger.Decision(uuid4(), clock.now(), (booked.buyer.id,)))
    before = list(ledger.decisions())
    with open(settings.ERASURE_LEDGER, "ab") as file:
        file.write(b'{"id": "torn')
    assert list(ledger.decisions()) == before
    decision = ledger.Decision(uuid4(), clock.now(), (booked.buyer.id,), ((booked.companion.id, date(2031, 3, 1)),))
    ledger.append(decision)
    assert list(ledger.decisions()) == [*before, decision]


def test_an_expired_file_is_erased_by_the_sweep_and_a_held_or_running_one_is_not(
    book: Callable[..., Booked], drain: Callable[[], int]
) -> None:
    due, held, running = book(), book(), book()
    for booked in (due, held):
        files.start_clock(booked.buyer.file_id, Keep.QUOTE, clock.today() - timedelta(days=30))
    files.start_clock(running.buyer.file_id, Keep.QUOTE, clock.today() - timedelta(days=29))
    files.hold(held.buyer.file_id, law="Civil Procedure Law 67", reason="litigation", owner="0102", until=clock.today() + timedelta(days=1))
    while erasing.sweep():
        pass
    drain()
    assert due.reloaded().name is None
    assert [gate.masked([booked.reloaded()], ["name"], actor=MEI)[0]["name"] for booked in (held, running)] == ["林*", "林*"]
    with clock.advanced(timedelta(days=1)):
        assert erasing.sweep() == 2


def test_the_longest_of_several_clocks_wins(booked: Booked) -> None:
    files.start_clock(booked.buyer.file_id, Keep.QUOTE, clock.today() - timedelta(days=400))
    files.start_clock(booked.buyer.file_id, Keep.IDENTITY, clock.today())
    assert erasing.sweep() == 0


def test_a_sheet_nobody_came_to_use_is_swept_after_an_hour_and_a_used_one_confirmed(booked: Booked) -> None:
    abandoned = files.open_sheet(keep=Keep.QUOTE)
    assert erasing.sweep_unused() == 0
    with clock.advanced(timedelta(hours=2)):
        assert erasing.sweep_unused() == 1
    assert Sheet.objects.get(pk=abandoned.id).state == "shredded"
    assert Sheet.objects.get(pk=booked.buyer.id).is_confirmed


def test_after_a_restore_the_sweep_kills_nobody_who_came_before_it(booked: Booked) -> None:
    Journey.objects.filter(pk=booked.journey.pk).delete()  # what restoring an older record looks like
    with clock.advanced(timedelta(hours=1)):
        store.note_restore()
    with clock.advanced(timedelta(hours=5)):
        assert erasing.sweep_unused() == 0
    assert Sheet.objects.get(pk=booked.buyer.id).state == "active"


def test_what_is_left_in_the_rows_after_an_erasure_is_not_personal(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erase(booked)
    row = booked.reloaded()
    assert (row.destination, row.name, row.phone, row.illness) == ("Japan", None, None, None)


def test_the_journal_tells_of_the_decision_and_the_end_without_a_name(booked: Booked, erase: Callable[[Booked], Erasure]) -> None:
    erasure = erase(booked)
    told = about_subject([booked.buyer.subject_id], [actions.ERASURE_DECIDED, actions.ERASURE_DONE])
    assert [entry.action for entry in told] == ["privacy.erasure_done", "privacy.erasure_decided"]
    assert all(entry.about_id == erasure.pk for entry in told)


def test_one_year_policy_of_the_specification_ends_in_time() -> None:
    assert Keep.CONTRACT.ends_on(date(2026, 3, 1)) == date(2031, 3, 1)
    assert Keep.LONG_CONTRACT.ends_on(date(2024, 2, 29)) == date(2034, 2, 28)
    assert Keep.LOG.ends_on(date(2026, 7, 31)) == date(2027, 2, 28)
    assert Keep.CODE.ends_on(date(2026, 12, 31)) == date(2027, 1, 1)


def test_periods_count_in_beijing_days() -> None:
    with clock.frozen(datetime.fromisoformat("2026-11-21T16:30:00+00:00")):
        assert clock.today() == date(2026, 11, 22)
        sheet = files.open_sheet(keep=Keep.CODE)
    with clock.frozen(datetime.fromisoformat("2026-11-22T15:59:00+00:00")):
        assert erasing.sweep() == 0
    with clock.frozen(datetime.fromisoformat("2026-11-22T16:00:00+00:00")):
        assert erasing.sweep() == 1
    assert Sheet.objects.get(pk=sheet.id).state in ("active", "shredded")
    assert Actor.job("privacy.sweep").name == "privacy.sweep"
