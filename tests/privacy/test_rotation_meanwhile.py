"""A rotation while others create, read and erase: nobody living is lost, and nobody erased comes along."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db import connections

from besttrav.kernel.actors import Actor
from besttrav.privacy import erasing, files, gate
from besttrav.privacy.files import Sheet
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault import epochs, store
from besttrav.privacy.vault.models import MarkDigest, SheetKey, SheetState
from tests.privacy.conftest import MEI
from tests.sample.models import Journey

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])

ROTATIONS = 2
PAUSE = 0.01
Done = TypeVar("Done")


@pytest.fixture(autouse=True)
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the others come in between."""
    monkeypatch.setattr(epochs, "BATCH", 10)


def journey() -> tuple[Journey, Sheet]:
    sheet = files.open_sheet(keep=Keep.QUOTE)
    return Journey.objects.create(buyer=sheet.id, name="林月", phone="12900001718"), sheet


def erase(sheet: Sheet) -> None:
    erasing.erase(subject=sheet.subject_id, actor=Actor.person(id=uuid4(), subject=sheet.subject_id), because="asked")


def until(over: Event, work: Callable[[], Done]) -> list[Done]:
    """Do the work again and again until the rotations are over, on connections of this thread."""
    done = []
    try:
        while not over.is_set():
            done.append(work())
            over.wait(PAUSE)
    finally:
        connections.close_all()
    return done


def test_rotations_lose_nobody_who_lives_and_bring_back_nobody_who_was_erased() -> None:
    known = [journey() for _ in range(12)]
    doomed = [journey() for _ in range(40)]
    erased: list[Sheet] = []

    def erase_one() -> None:
        if doomed:
            _row, sheet = doomed.pop()
            erase(sheet)
            erased.append(sheet)

    def read_all() -> None:
        gate.reveal([row for row, _ in known], ["name"], purpose=SERVE, actor=MEI)

    over = Event()
    with ThreadPoolExecutor(3) as others:
        creating, ending, reading = (
            others.submit(until, over, journey),
            others.submit(until, over, erase_one),
            others.submit(until, over, read_all),
        )
        try:
            for _ in range(ROTATIONS):
                number = epochs.rotate()
                epochs.mark_backup_verified(number)
                epochs.end_old()
        finally:
            over.set()
        created = creating.result()
        assert reading.result()
        ending.result()

    living = [row for row, _ in known] + [row for row, _ in doomed] + [row for row, _ in created]
    rows = list(Journey.objects.filter(pk__in=[row.pk for row in living]))
    assert len(rows) == len(living)
    assert {opened.name for opened in gate.reveal(rows, ["name"], purpose=SERVE, actor=MEI)} == {"林月"}
    assert gate.find(Journey, phone="12900001718", purpose=SERVE, actor=MEI).count() == len(living)
    assert created
    assert erased
    assert {card.state for card in store.cards_of(sheet.id for sheet in erased).values()} == {SheetState.SHREDDED}
    assert not SheetKey.objects.filter(sheet__in=[sheet.id for sheet in erased]).exists()
    assert set(SheetKey.objects.values_list("epoch", flat=True)) | set(MarkDigest.objects.values_list("epoch", flat=True)) == {number}
