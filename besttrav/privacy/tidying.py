"""Small things that would otherwise stay: marks past their time, and marks that a crash or a rolled-back save left behind."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from besttrav.privacy.erasing import settled_before
from besttrav.privacy.fields import PersonalField, declared_fields, sealed_bytes
from besttrav.privacy.sealing import place_of
from besttrav.privacy.vault import store
from besttrav.privacy.vault.store import PlacedMark

BATCH: Final = 2000


def sweep_marks() -> int:
    """Forget every mark whose time is over. Returns how many."""
    gone = 0
    while ended := store.ended_marks(limit=BATCH):
        store.drop_marks(ended)
        gone += len(ended)
    return gone


def sweep_stray_marks(*, older_than: timedelta = timedelta(hours=1)) -> int:
    """Forget marks by which a row would be found that is not there or says something else. Returns how many.

    A mark is put before its row is saved, so young ones are left alone; so are those from before a restore, whose row may yet come back.
    """
    by_tag = {field.tag: field for field in declared_fields() if field.searchable}
    gone, last, border = 0, UUID(int=0), settled_before(older_than)
    while page := store.placed_marks(after=last, before=border, limit=BATCH):
        last = page[-1].mark
        for tag in {mark.kind for mark in page} & by_tag.keys():
            strays = _strays(by_tag[tag], [mark for mark in page if mark.kind == tag])
            store.drop_marks(strays)
            gone += len(strays)
    return gone


def _strays(field: PersonalField, marks: Iterable[PlacedMark]) -> list[UUID]:
    marks = list(marks)
    texts = _texts(field, {mark.row for mark in marks})
    restored_at = store.restored_at()
    absent = [mark.mark for mark in marks if mark.row not in texts and (restored_at is None or mark.created_at > restored_at)]
    present = [mark for mark in marks if mark.row in texts]
    hashes = store.hashes_of_marks(mark.mark for mark in present)
    return absent + [mark.mark for mark in present if hashes.get(mark.mark) not in (None, texts[mark.row])]


def _texts(field: PersonalField, rows: Iterable[UUID]) -> dict[UUID, bytes | None]:
    """What each row would be found by now, as a keyed hash; None for one that has no value or cannot be opened."""
    found = list(field.model._default_manager.filter(pk__in=list(rows)).only("pk", field.of, field.name))
    cards = store.cards_of(sheet for row in found if (sheet := field.owner_of(row)))
    epoch = store.open_epoch()
    hashes: dict[UUID, bytes | None] = {}
    for row in found:
        value, card = getattr(row, field.attname), cards.get(field.owner_of(row) or UUID(int=0))
        hashes[row.pk] = None
        if value is not None and card is not None and card.cipher is not None:
            hashes[row.pk] = epoch.hash(field.tag, card.cipher.open(sealed_bytes(value), place_of(field, row.pk, card)).decode())
    return hashes
