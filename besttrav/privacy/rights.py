"""What a person can ask and see: everything held about them, who opened it, and a copy of all of it. Generated from the declarations.

No model is known here by name, so what a room declares tomorrow is shown, exported and erased without a change.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Max

from besttrav.journal.operations import record
from besttrav.journal.queries import EntryView, about_subject
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.privacy import actions, gate
from besttrav.privacy.fields import PersonalField, SheetField, fields_of, personal_models, sheets_of
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import Clock, SheetState

PAGE = 50


@dataclass(frozen=True, slots=True)
class HeldValue:
    """One value held: what kind it is, its mask, why it may be opened and by which rule it is kept."""

    field: PersonalField
    mask: str


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """One row about the person, by the file it belongs to. `until` is None while its period has not begun."""

    record: models.Model
    group: SheetField
    keep: Keep
    state: SheetState
    until: date | None
    values: list[HeldValue]


@dataclass(frozen=True, slots=True)
class Holding:
    """All rows of one model about the person; `count` may be more than the `records` shown."""

    model: type[models.Model]
    count: int
    records: list[HeldRecord]


def held_about(subject: UUID, *, actor: Actor, limit: int = PAGE) -> list[Holding]:
    """Everything held about this person, masked, newest first, at most `limit` rows of each model. Queries do not grow with the rows."""
    sheets = _open_sheets(subject)
    return [holding for model, group in _groups() if (holding := _holding(model, group, sheets, actor, limit)).count]


def who_opened(subject: UUID, *, by_others: bool = False, before: UUID | None = None, limit: int | None = PAGE) -> list[EntryView]:
    """Each time somebody opened something about this person, newest first: role and number, never a name; purpose; fields; time.

    What this person keeps about others is included. `by_others` leaves out what people opened of their own.
    """
    return about_subject(_subjects_with(subject), [actions.OPENED], by_others=by_others, before=before, limit=limit)


def access_package(subject: UUID, *, actor: Actor) -> dict[str, Any]:
    """A copy of everything held about this person, ready for JSON, with the purpose, basis and rule beside every value (article 45).

    Other people in the same files are not in it; what this person keeps about others is. The making of the copy is written down, once for
    all of it.
    """
    sheets = _open_sheets(subject)
    records = [entry for model, group in _groups() for entry in _exported(model, group, sheets, actor)]
    with transaction.atomic():
        values = sum(len(entry["values"]) for entry in records)
        record(actions.TAKEN, actor=actor, subject=subject, values=values)
    return {"made_at": clock.now().isoformat(), "subject": str(subject), "records": records}


def as_json(package: dict[str, Any]) -> str:
    """The copy as text, a line for each record."""
    # json indents in Python, and takes some 20 times as long.
    head = json.dumps({name: value for name, value in package.items() if name != "records"}, ensure_ascii=False)
    records = ",\n".join(json.dumps(record, ensure_ascii=False) for record in package["records"])
    return f'{head[:-1]}, "records": [\n{records}\n]}}'


def _subjects_with(subject: UUID) -> set[UUID]:
    """The person, and those about whom the person keeps something."""
    return {subject} | {about for _, about, _, _, _ in store.sheets_of_subjects([subject])}


@dataclass(frozen=True, slots=True)
class _OpenSheet:
    keep: Keep
    state: SheetState
    until: date | None


def _open_sheets(subject: UUID) -> dict[UUID, _OpenSheet]:
    rows = [row for row in store.sheets_of_subjects([subject]) if row[3] != SheetState.SHREDDED]
    ends = dict(Clock.objects.filter(file_id__in={row[2] for row in rows}).values_list("file_id").annotate(end=Max("ends_on")))
    return {sheet: _OpenSheet(Keep(keep), SheetState(state), ends.get(file)) for sheet, _, file, state, keep in rows}


def _groups() -> Iterator[tuple[type[models.Model], SheetField]]:
    for model in personal_models():
        for group in sheets_of(model):
            yield model, group


def _of_group(model: type[models.Model], group: SheetField) -> list[PersonalField]:
    return [field for field in fields_of(model) if field.of == group.attname and field.serves(OWN_ACCESS)]


def _holding(model: type[models.Model], group: SheetField, sheets: dict[UUID, _OpenSheet], actor: Actor, limit: int) -> Holding:
    rows = model._default_manager.filter(**{f"{group.attname}__in": list(sheets)}).order_by("-pk")
    found = list(rows[: limit + 1])
    count = len(found) if len(found) <= limit else rows.count()
    shown = found[:limit]
    fields = _of_group(model, group)
    masks = gate.masked(shown, [field.name for field in fields], actor=actor)
    return Holding(model, count, [_held(row, group, sheets, fields, mask) for row, mask in zip(shown, masks, strict=True)])


def _held(
    row: models.Model, group: SheetField, sheets: dict[UUID, _OpenSheet], fields: list[PersonalField], mask: dict[str, str]
) -> HeldRecord:
    sheet = sheets[getattr(row, group.attname)]
    values = [HeldValue(field, mask[field.name]) for field in fields if mask[field.name]]
    return HeldRecord(row, group, sheet.keep, sheet.state, sheet.until, values)


def _exported(model: type[models.Model], group: SheetField, sheets: dict[UUID, _OpenSheet], actor: Actor) -> Iterator[dict[str, Any]]:
    rows = list(model._default_manager.filter(**{f"{group.attname}__in": list(sheets)}).order_by("pk"))
    fields = _of_group(model, group)
    described = {field.name: _described(field) for field in fields}
    facts = [field for field in model._meta.concrete_fields if not isinstance(field, (PersonalField, SheetField)) and not field.primary_key]
    opened = gate.reveal(rows, [field.name for field in fields], purpose=OWN_ACCESS, actor=actor)
    for row, texts in zip(rows, opened, strict=True):
        sheet = sheets[getattr(row, group.attname)]
        yield {
            "record": model._meta.label_lower,
            "id": str(row.pk),
            "kept_as": sheet.keep.rules.code,
            "kept_until": sheet.until.isoformat() if sheet.until else None,
            "state": sheet.state.value,
            "values": [described[field.name] | {"value": text} for field in fields if (text := texts[field.name])],
            "facts": {field.name: str(value) for field in facts if (value := field.value_from_object(row)) not in (None, "")},
        }


def _described(field: PersonalField) -> dict[str, Any]:
    reasons = sorted(field.purposes, key=lambda purpose: purpose.code)
    return {
        "field": field.tag,
        "kind": field.kind.name.lower(),
        "purposes": [{"code": purpose.code, "basis": purpose.basis.value, "clause": purpose.clause} for purpose in reasons],
        "source_of_period": field.keep.rules.source,
    }
