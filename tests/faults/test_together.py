"""Two things at once: who is first decides, nobody is half erased, nothing that was erased is written again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction

from besttrav.kernel.actors import Actor
from besttrav.privacy import access_log, erasing, files, gate, invariants, marks, tidying, turning
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import AccessEntry, Erasure
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.sealing import SheetClosed
from besttrav.privacy.vault import epochs, store
from besttrav.privacy.vault.models import Mark, MarkDigest, Sheet, SheetState
from tests.sample.models import Journey

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])

MEI = Actor.staff(id=uuid4(), number="0417", roles=frozenset({"service"}))


def arrive(phone: str = "12900001718") -> tuple[files.Sheet, Journey]:
    sheet = files.open_sheet(keep=Keep.QUOTE)
    return sheet, Journey.objects.create(buyer=sheet.id, name="林月", phone=phone)


def erase(sheet: files.Sheet) -> None:
    erasing.erase(subject=sheet.subject_id, actor=Actor.person(id=sheet.subject_id, subject=sheet.subject_id), because="asked")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Play acts in threads that start together, each on its own connections; exceptions are returned, not raised."""
    barrier = Barrier(len(acts))

    def played(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result() for future in [threads.submit(played, act) for act in acts]]


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Play an act on other connections, here and now, wherever it is called."""

    def played() -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: at_once(act)[0]).result()

    yield played


def found_by(phone: str) -> set[Any]:
    return set(gate.find(Journey, purpose=SERVE, actor=MEI, phone=phone).values_list("pk", flat=True))


def left_of(sheet: files.Sheet) -> tuple[str, int]:
    marks_left = Mark.objects.filter(sheet=sheet.id).count()
    return Sheet.objects.get(pk=sheet.id).state, marks_left


def test_two_erasures_of_one_person_at_once_both_end_well() -> None:
    for _ in range(5):
        sheet, _journey = arrive()
        outcomes = at_once(partial(erase, sheet), partial(erase, sheet))
        assert all(outcome is None or isinstance(outcome, erasing.NothingToErase) for outcome in outcomes)
        assert left_of(sheet) == (SheetState.SHREDDED, 0)
    assert not Erasure.objects.filter(state="decided").exists()


def test_an_erasure_during_a_rotation_leaves_no_key_in_either_epoch() -> None:
    people = [arrive(f"129{number:08d}") for number in range(12)]
    outcomes = at_once(turning.rotate, *[partial(erase, sheet) for sheet, _ in people[::2]])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    epochs.mark_backup_verified(turning.rotate())
    turning.end_old()
    assert [found_by(f"129{number:08d}") for number in range(12)] == [
        set() if number % 2 == 0 else {people[number][1].pk} for number in range(12)
    ]
    assert_nothing_erased_is_left()


def test_a_row_is_not_saved_after_the_decision_to_erase_its_person() -> None:
    sheet, journey = arrive()
    erase(sheet)
    journey.phone = "12911112222"
    with pytest.raises(SheetClosed):
        journey.save()
    with pytest.raises(SheetClosed):
        Journey.objects.create(buyer=sheet.id, name="林月")
    assert left_of(sheet) == (SheetState.SHREDDED, 0)


def test_a_mark_never_lands_on_a_person_who_is_erased_between_looking_and_putting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seal has looked and found the sheet open; the erasure comes and goes; only then the mark would be put."""
    sheet, journey = arrive()
    put = store.put_marks
    with beside(lambda: erase(sheet)) as erased_meanwhile:

        def late(wanted: Any) -> None:
            erased_meanwhile()
            put(wanted)

        monkeypatch.setattr(store, "put_marks", late)
        journey.phone = "12911112222"
        with pytest.raises(SheetClosed):
            journey.save()
    assert left_of(sheet) == (SheetState.SHREDDED, 0)


def test_a_row_under_way_while_its_person_is_erased_is_emptied_afterwards() -> None:
    sheet, _journey = arrive()
    with beside(lambda: erase(sheet)) as erased_meanwhile, transaction.atomic():
        late = Journey.objects.create(buyer=sheet.id, illness="花粉过敏")
        erased_meanwhile()
    with pytest.raises(gate.Gone):
        gate.reveal_one(Journey.objects.get(pk=late.pk), "name", purpose=SERVE, actor=MEI)
    erasing.clear_late_rows()
    assert Journey.objects.get(pk=late.pk).illness is None


def test_an_opening_that_began_before_the_decision_ends_and_none_begins_after_it() -> None:
    sheet, journey = arrive()
    outcomes = at_once(*[lambda: gate.reveal_one(journey, "phone", purpose=SERVE, actor=MEI).phone] * 4, lambda: erase(sheet))
    assert all(outcome == "+8612900001718" or isinstance(outcome, gate.Gone) for outcome in outcomes[:-1])
    with pytest.raises(gate.Gone):
        gate.reveal_one(journey, "phone", purpose=SERVE, actor=MEI)


def test_of_two_who_change_a_number_at_once_the_last_one_is_found_and_only_they() -> None:
    """Each save drops the marks it found, so none may drop the other's: the person would be found by nobody, and sign up a second time."""
    sheet, journey = arrive("12900000000")
    for turn in range(6):
        numbers = [f"1291{turn:03d}{number:04d}" for number in range(2)]

        def change(number: str) -> None:
            mine = Journey.objects.get(pk=journey.pk)
            mine.phone = number
            with transaction.atomic():
                mine.save(update_fields=["phone"])

        assert at_once(*[partial(change, number) for number in numbers]) == [None, None]
        now = gate.reveal_one(Journey.objects.get(pk=journey.pk), "phone", purpose=SERVE, actor=MEI).phone
        assert found_by(now) == {journey.pk}
        assert len(Mark.objects.filter(row=journey.pk, kind="sample.journey.phone")) == 1
    assert left_of(sheet)[0] == SheetState.ACTIVE


def test_a_save_that_is_rolled_back_leaves_the_old_number_and_no_stray_mark() -> None:
    _sheet, journey = arrive("12900001718")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journey.phone = "12911112222"
        journey.save()
        raise ZeroDivisionError
    assert (found_by("12900001718"), found_by("12911112222")) == ({journey.pk}, set())
    assert tidying.sweep_stray_marks(older_than=timedelta(0)) == 1
    assert Mark.objects.filter(row=journey.pk, kind="sample.journey.phone").count() == 1
    assert found_by("12900001718") == {journey.pk}


def test_a_field_that_is_not_saved_changes_no_mark() -> None:
    _sheet, journey = arrive("12900001718")
    journey.phone, journey.name = "12911112222", "林悦"
    with transaction.atomic():
        journey.save(update_fields=["name"])
    assert (found_by("12900001718"), found_by("12911112222")) == ({journey.pk}, set())


def test_a_mark_forgotten_while_it_is_being_carried_over_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch has read the mark and not written it yet; whoever forgets it now must wait for the batch, and forget it in both epochs."""
    marks.note("code_sent", "12900001718", life=timedelta(days=1))
    carried, forgetting = epochs._MARKS, []
    with ThreadPoolExecutor(1) as thread:

        def slowly(*read: Any) -> tuple[bytes, ...]:
            forgetting.append(thread.submit(at_once, partial(marks.forget, "code_sent", "12900001718")))
            wait(forgetting, timeout=0.5)
            return carried.seal_anew(*read)

        monkeypatch.setattr(epochs, "_MARKS", replace(carried, seal_anew=slowly))
        turning.rotate()
    assert len(forgetting) == 1
    assert (Mark.objects.count(), MarkDigest.objects.count()) == (0, 0)


def test_somebody_erased_this_month_can_still_turn_a_page() -> None:
    sheet = files.open_sheet(keep=Keep.ACCOUNT)
    visit: dict[str, Any] = {"method": "GET", "status": 200, "page": "/my/", "address": "10.0.0.1", "browser": "Firefox", "language": "zh"}
    access_log.note(subject=sheet.subject_id, **visit)
    erase(sheet)
    access_log.note(subject=sheet.subject_id, **visit)
    access_log.note(subject=sheet.subject_id, **visit)
    visitors = set(AccessEntry.objects.values_list("visitor", flat=True))
    assert sorted(Sheet.objects.filter(pk__in=visitors).values_list("state", flat=True)) == [SheetState.ACTIVE, SheetState.RESTRICTED]


def assert_nothing_erased_is_left() -> None:
    assert list(invariants.what_was_erased_has_no_key_and_no_mark()) == []
    assert list(invariants.no_key_stands_without_its_sheet_and_no_digest_without_its_mark()) == []
