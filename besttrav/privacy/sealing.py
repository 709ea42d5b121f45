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
    rows = [(instance, values) for instance in instances if (values := _fresh(instance, only))]
    if not rows:
        return
    cards = store.cards_of({sheet for instance, values in rows for field, _ in values if (sheet := field.owner_of(instance))})
    if sheets_being_erased(cards.values()):
        raise SheetClosed
    envelopes = [_envelopes(instance, values, cards) for instance, values in rows]
    _put_marks([(instance, field) for instance, values in rows for field, _ in values if field.searchable])
    for (instance, _), sealed in zip(rows, envelopes, strict=True):
        instance.__dict__.update(sealed)


def place_of(field: PersonalField, row: UUID, card: Card) -> bytes:
    """What an envelope is bound to: the permanent field tag, the row, the sheet, the subject and the file."""
    return field.place + row.bytes + card.place


def _card(cards: dict[UUID, Card], sheet: UUID | None) -> Card:
    card = cards.get(sheet) if sheet else None
    if card is None or card.state is not SheetState.ACTIVE or card.cipher is None:
        raise SheetClosed
    return card


def _fresh(instance: models.Model, only: Collection[str] | None) -> list[tuple[PersonalField, Fresh]]:
    held = instance.__dict__
    return [
        (field, value)
        for field in fields_of(type(instance))
        if (value := held.get(field.attname)).__class__ is Fresh and (only is None or field.name in only)
    ]


def _envelopes(instance: models.Model, values: list[tuple[PersonalField, Fresh]], cards: dict[UUID, Card]) -> dict[str, bytes]:
    """By column. A row asks once for each person in it, and not for each value."""
    owners = {of: _card(cards, instance.__dict__.get(of)) for of in {field.of for field, _ in values}}
    row = instance.pk
    return {
        field.attname: card.cipher.seal(value.text.encode(), place_of(field, row, card))
        for field, value in values
        if (card := owners[field.of]).cipher
    }


def _put_marks(fresh: Sequence[tuple[models.Model, PersonalField]]) -> None:
    """Let rows be found by their new values at once, and by their old ones until the transaction commits.

    A row that is there already is locked first: of two who save it at once, the second must see the mark of the first, or it would stay.
    """
    if not fresh:
        return
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
