"""Reading the journal. Below the people room nobody knows roles: the caller answers for who may see the answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils.translation import gettext

from besttrav.journal.actions import Action
from besttrav.journal.models import Entry
from besttrav.journal.streams import Stream
from besttrav.kernel.actors import ActorKind
from besttrav.kernel.statements import Row, columns_of, loaded


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as a page shows it."""

    id: UUID
    at: datetime
    action: str
    stream: Stream
    says: str
    facts: Mapping[str, Any]
    about_type: str
    about_id: UUID | None
    subject: UUID | None
    actor_kind: ActorKind
    actor_id: UUID | None
    actor_name: str


def about_subject(
    subject_ids: Iterable[UUID],
    actions: Iterable[Action] | None = None,
    since: datetime | None = None,
    *,
    by_others: bool = False,
    before: UUID | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """What happened with these subjects' data, newest first; the next page starts `before` the last id of this one.

    `by_others` leaves out what people did themselves. It is left out here and not by the page, or a page full of one's own doing would
    hide what others did before.
    """
    entries = Entry.objects.filter(subject__in=list(subject_ids))
    if by_others:
        entries = entries.exclude(actor_kind=ActorKind.PERSON.value)
    return _views(entries, actions, since, before, limit)


def about_record(
    record: models.Model,
    actions: Iterable[Action] | None = None,
    since: datetime | None = None,
    *,
    before: UUID | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """What happened to this record, newest first."""
    entries = Entry.objects.filter(about_id=record.pk, about_type=record._meta.label_lower)
    return _views(entries, actions, since, before, limit)


def about_any(ids: Iterable[UUID], *, limit: int) -> list[EntryView]:
    """What happened to any of these records, newest first."""
    return _views(Entry.objects.filter(about_id__in=list(ids)), None, None, None, limit)


def latest(*, before: UUID | None = None, limit: int = 50) -> list[EntryView]:
    """What happened last, newest first; the next page starts `before` the last id of this one."""
    return _views(Entry.objects.all(), None, None, before, limit)


def entry(id: UUID | str) -> EntryView:
    """One entry, as a follower loads it; raises Entry.DoesNotExist."""
    return _view(Entry.objects.get(id=id))


def _views(
    entries: models.QuerySet[Entry], actions: Iterable[Action] | None, since: datetime | None, before: UUID | None, limit: int | None
) -> list[EntryView]:
    if actions is not None:
        wanted = list(actions)
        # The streams let the database leave out the partitions of all others.
        entries = entries.filter(stream__in={action.stream.value for action in wanted}, action__in=[action.name for action in wanted])
    if since is not None:
        entries = entries.filter(at__gte=since)
    if before is not None:
        entries = entries.filter(id__lt=before)
    return [_view(entry) for entry in entries.order_by("-id")[:limit]]


def _view(entry: Entry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        stream=Stream(entry.stream),
        says=_sentence(entry),
        facts=entry.facts,
        about_type=entry.about_type,
        about_id=entry.about_id,
        subject=entry.subject,
        actor_kind=ActorKind(entry.actor_kind),
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
    )


def _sentence(entry: Entry) -> str:
    """The action's sentence in the reader's language. An entry of an older version shows its action's name."""
    if entry.declared is None:
        return entry.action
    return str(entry.declared.says) % _Shown(entry.facts)


class _Shown(dict[str, Any]):
    """Facts for a sentence; one that did not apply is a dash."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, list):
            return ", ".join(value)
        return "–" if value is None else str(value)


def record_of(model: type[Row], entry_id: str) -> Row:
    """The record of this model that an entry tells about, for a follower. Raises DoesNotExist."""
    table, key = model._meta.db_table, model._meta.pk.column
    told = "(SELECT about_id FROM journal_entry WHERE id = %s LIMIT 1)"
    found = loaded(model, f'SELECT {columns_of(model)} FROM "{table}" WHERE "{key}" = {told}', [entry_id])  # noqa: S608  # our own names
    if not found:
        raise model.DoesNotExist  # type: ignore[attr-defined]  # every model has one
    return found[0][0]


def broken_histories(model: type[models.Model]) -> list[UUID]:
    """Records of a model with states whose moves are no path of its table, or do not end in the state they have: at most twenty."""
    stateful: Any = model
    allowed = [f"{was}>{now}" for was, onward in stateful.MOVES.items() for now in onward]
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN % {"table": model._meta.db_table}, [stateful.MOVED.name, allowed])
        return [id for (id,) in cursor.fetchall()]


_BROKEN = """
WITH move AS (
    SELECT about_id, facts->>'was' AS was, facts->>'now' AS now,
           lag(facts->>'now') OVER history AS before, lead(id) OVER history IS NULL AS is_last
      FROM journal_entry WHERE action = %%s
    WINDOW history AS (PARTITION BY about_id ORDER BY tick, id)
)
SELECT DISTINCT about_id FROM move JOIN "%(table)s" record ON record.id = about_id
 WHERE (before IS NOT NULL AND before <> move.was) OR NOT move.was || '>' || move.now = ANY(%%s) OR (is_last AND record.state <> move.now)
 LIMIT 20
"""
