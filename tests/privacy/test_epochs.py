"""Key epochs: everybody living is carried over, nobody else, and the old one ends only after a verified backup."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.kernel import clock
from besttrav.kernel.keys import KeyGone
from besttrav.privacy import files, gate, marks
from besttrav.privacy.crypto.suites import Damaged
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault import epochs, secrets, store
from besttrav.privacy.vault.models import Epoch, EpochState, MarkDigest, SheetKey
from tests.privacy.conftest import MEI, Booked


def names(*booked: Booked) -> list[str]:
    return [opened.name for opened in gate.reveal([one.reloaded() for one in booked], ["name"], purpose=SERVE, actor=MEI)]


def test_people_read_and_are_found_before_during_and_after_a_rotation(book: Callable[..., Booked]) -> None:
    before = book()
    marks.note("code_sent", "12900001718", life=timedelta(days=1))
    number = epochs.begin()
    during = book()
    assert names(before, during) == ["林月", "林月"]
    progress: list[tuple[int, int]] = []
    epochs.carry_over(lambda done, total: progress.append((done, total)))
    assert progress[-1][0] == progress[-1][1] > 0
    epochs.mark_backup_verified(number)
    assert epochs.end_old() == [number - 1]
    assert names(before, during, book()) == ["林月"] * 3
    assert gate.find(type(before.journey), phone="12900001718", purpose=SERVE, actor=MEI).count() == 3
    assert marks.count("code_sent", "12900001718") == 1


def test_the_old_epoch_stays_until_a_backup_under_the_new_one_is_verified(booked: Booked) -> None:
    epochs.rotate()
    with pytest.raises(epochs.BackupNotVerified):
        epochs.end_old()
    assert Epoch.objects.filter(state=EpochState.CLOSING).exists()


def test_wrapped_keys_of_an_ended_epoch_open_with_no_key_still_held(booked: Booked) -> None:
    old = Epoch.objects.get(state=EpochState.OPEN)
    collected = [(row.sheet, bytes(row.wrapped)) for row in SheetKey.objects.filter(epoch=old.number)]
    collected_marks = [(row.mark, bytes(row.digest), bytes(row.sealed)) for row in MarkDigest.objects.filter(epoch=old.number)]
    assert collected
    assert collected_marks
    before = store.open_epoch()
    assert all(before.unwrap(wrapped, sheet) for sheet, wrapped in collected)
    number = epochs.rotate()
    epochs.mark_backup_verified(number)
    epochs.end_old()
    after = store.open_epoch()
    for sheet, wrapped in collected:
        with pytest.raises(Damaged):
            after.unwrap(wrapped, sheet)
    for mark, digest, sealed in collected_marks:
        with pytest.raises(Damaged):
            after.marks.open(sealed, mark.bytes)
        assert after.digest(after.hash("sample.journey.phone", "+8612900001718")) != digest
    with pytest.raises(KeyGone):
        secrets.key_service().unwrap(old.provider_key, bytes(old.secret), b"epoch %d" % old.number)
    assert secrets.unlocked(old.provider_key) is None
    assert bytes(Epoch.objects.get(number=old.number).secret) == b""


def test_a_shredded_key_is_not_carried_over(book: Callable[..., Booked]) -> None:
    gone, living = book(), book()
    epochs.begin()
    store.shred([gone.buyer.id], decision=gone.buyer.id, decided_at=clock.now())
    epochs.carry_over()
    assert not SheetKey.objects.filter(sheet=gone.buyer.id).exists()
    assert SheetKey.objects.filter(sheet=living.buyer.id).count() == 2


def test_carrying_over_twice_changes_nothing(booked: Booked) -> None:
    epochs.rotate()
    before = set(SheetKey.objects.values_list("epoch", "sheet"))
    epochs.carry_over()
    assert set(SheetKey.objects.values_list("epoch", "sheet")) == before


def test_a_second_rotation_waits_for_the_first_to_end(booked: Booked) -> None:
    number = epochs.rotate()
    assert epochs.begin() == number


def test_new_keys_go_into_the_open_epoch_only(booked: Booked) -> None:
    number = epochs.begin()
    sheet = files.open_sheet(keep=Keep.QUOTE)
    assert list(SheetKey.objects.filter(sheet=sheet.id).values_list("epoch", flat=True)) == [number]


def test_secrets_print_nothing() -> None:
    assert "EpochSecrets object" in repr(store.open_epoch())


def test_a_provider_key_left_by_a_crash_after_the_vault_forgot_it_is_destroyed_later(booked: Booked) -> None:
    old = Epoch.objects.get(state=EpochState.OPEN)
    epochs.rotate()
    Epoch.objects.filter(number=old.number).update(state=EpochState.ENDED)
    assert old.provider_key in secrets.key_service().references()
    assert epochs.destroy_ended() == [old.provider_key]
    assert old.provider_key not in secrets.key_service().references()


def test_a_process_that_has_just_started_unlocks_the_epochs_it_meets(book: Callable[..., Booked]) -> None:
    before = book()
    epochs.begin()
    during = book()
    secrets.forget_all_but([])
    assert names(before, during) == ["林月", "林月"]
    secrets.forget_all_but([])
    assert gate.find(type(before.journey), phone="12900001718", purpose=SERVE, actor=MEI).count() == 2
