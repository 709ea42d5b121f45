"""Text into envelopes: what `save()` and `bulk_create()` do to freshly assigned values, with one vault query for any number of rows."""

from collections.abc import Collection, Sequence
from typing import cast
from uuid import UUID

from django.db import models, transaction

from besttrav.kernel.errors import Refusal
from besttrav.privacy.fields import Fresh, PersonalField, fields_of
from besttrav.privacy.queries import sheets_being_erased
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import SheetState
from besttrav.privacy.vault.store import Card, NewMark


class SheetClosed(Refusal):
    code = "sheet_closed"
    message = "This file is restricted or erased: nothing can be added to it."
    way_out = "Start a new file."


def seal_instances(instances: Sequence[models.Model], only: Collection[str] | None = None) -> None:
    """Seal the freshly assigned values of these rows in place, of the fields named in `only` or of all.

    Raises SheetClosed when a sheet is not active, before anything is written.
    """
    fresh = [
        (instance, field)
        for instance in instances
        for field in fields_of(type(instance))
        if isinstance(instance.__dict__.get(field.attname), Fresh) and (only is None or field.name in only)
    ]
    if not fresh:
        return
    cards = store.cards_of(sheet for instance, field in fresh if (sheet := field.owner_of(instance)))
    if sheets_being_erased(cards.values()):
        raise SheetClosed
    envelopes = [_envelope(instance, field, _card(cards, field.owner_of(instance))) for instance, field in fresh]
    _put_marks([(instance, field) for instance, field in fresh if field.searchable])
    for (instance, field), envelope in zip(fresh, envelopes, strict=True):
        instance.__dict__[field.attname] = envelope


def place_of(field: PersonalField, row: UUID, card: Card) -> bytes:
    """What an envelope is bound to: the permanent field tag, the row, the sheet, the subject and the file."""
    return field.place + row.bytes + card.place


def _card(cards: dict[UUID, Card], sheet: UUID | None) -> Card:
    card = cards.get(sheet) if sheet else None
    if card is None or card.state is not SheetState.ACTIVE or card.cipher is None:
        raise SheetClosed
    return card


def _envelope(instance: models.Model, field: PersonalField, card: Card) -> bytes:
    assert card.cipher is not None
    return card.cipher.seal(_text(instance, field).encode(), place_of(field, instance.pk, card))


def _put_marks(fresh: Sequence[tuple[models.Model, PersonalField]]) -> None:
    """Let rows be found by their new values at once, and by their old ones until the transaction commits.

    A row that is there already is locked first: of two who save it at once, the second must see the mark of the first, or it would stay.
    """
    known = [(instance, field) for instance, field in fresh if not instance._state.adding]
    _lock({instance for instance, _ in known})
    earlier = store.marks_of((instance.pk, field.tag) for instance, field in known) if known else []
    try:
        store.put_marks([_mark(instance, field) for instance, field in fresh])
    except store.SheetNotActive:
        raise SheetClosed from None
    if earlier:
        transaction.on_commit(lambda: store.drop_marks(earlier), robust=True)  # What a crash leaves is found by `tidying`.


def _lock(rows: Collection[models.Model]) -> None:
    for model in sorted({type(row) for row in rows}, key=lambda model: model._meta.label):
        locked = model._base_manager.select_for_update().filter(pk__in=[row.pk for row in rows if type(row) is model])
        list(locked.order_by("pk").values_list("pk"))


def _mark(instance: models.Model, field: PersonalField) -> NewMark:
    return NewMark(kind=field.tag, text=_text(instance, field), sheet=field.owner_of(instance), row=instance.pk)


def _text(instance: models.Model, field: PersonalField) -> str:
    return cast(Fresh, instance.__dict__[field.attname]).text
