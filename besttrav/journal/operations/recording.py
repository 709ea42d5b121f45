"""Writing down: with the caller's transaction, or beside it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from besttrav.journal import aside, following, seals
from besttrav.journal.actions import Action, FactRefused
from besttrav.journal.likeness import looks_personal
from besttrav.journal.models import Entry
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.kernel.statements import straight


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it is written."""

    action: Action
    actor: Actor
    about: models.Model | None = None
    subject: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(action: Action, *, actor: Actor, about: models.Model | None = None, subject: UUID | None = None, **facts: Any) -> Entry:
    """Write down what happened, in the caller's transaction, and defer a job for each follower in it."""
    demand_transaction()
    written = _written(Draft(action=action, actor=actor, about=about, subject=subject, facts=facts), clock.now())
    _write_down([written])
    return written.entry


def record_all(drafts: Sequence[Draft]) -> None:
    """`record` for several happenings of one transaction, in one statement."""
    demand_transaction()
    now = clock.now()
    _write_down([_written(draft, now) for draft in drafts])


@contextmanager
def together(*, durable: bool = False) -> Iterator[None]:
    """A transaction whose entries are written in one statement, and their followers deferred in a second one, as its last.

    So until it ends, none of its own entries is to be read. What is recorded inside a savepoint is written there, and goes with it.
    """
    with transaction.atomic(durable=durable):
        batch = _Batch(_depth(), [])
        before = _batch.set(batch)
        try:
            yield
        finally:
            _batch.reset(before)
        _insert(batch.written)


def record_aside(drafts: Sequence[Draft]) -> list[UUID]:
    """Write down what must stay even if the caller rolls back: one statement on a second connection, on disk before this returns.

    Raises Unavailable when the journal cannot be reached; then do not do what was to be written down. Such actions have no
    followers: a job deferred beside a transaction that is still open would look for what is not there yet.
    """
    if followed := [draft.action.name for draft in drafts if following.followers(draft.action)]:
        raise ValueError(f"{followed[0]} is written aside and cannot be followed")
    now = clock.now()
    written = [_written(draft, now) for draft in drafts]
    if written:
        # Repeating after a lost connection must not fail when the first attempt did arrive.
        aside.commit(f"{_INSERT} ON CONFLICT (id, stream) DO NOTHING", [f"[{','.join(one.line for one in written)}]"])
    return [one.id for one in written]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Entries that wait for the end of their transaction."""

    depth: int
    written: list["_Written"]


_batch: ContextVar[_Batch | None] = ContextVar("entries of one transaction", default=None)


def _depth() -> int:
    """In how many savepoints this is."""
    return sum(savepoint is not None for savepoint in connection.savepoint_ids)


def _write_down(written: Sequence["_Written"]) -> None:
    batch = _batch.get()
    if batch is not None and batch.depth == _depth():
        batch.written.extend(written)
    else:
        _insert(written)


def _insert(written: Sequence["_Written"]) -> None:
    if written:
        straight(connection, _INSERT, [f"[{','.join(one.line for one in written)}]"])
        following.tell((one.draft.action, one.id, one.draft.facts) for one in written)


def demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written in the transaction of what it tells about")


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry's columns as they are hashed, its digest, and both together as the line that goes to the database."""

    draft: Draft
    id: UUID
    at: datetime
    columns: dict[str, Any]
    digest: bytes
    line: str

    @property
    def entry(self) -> Entry:
        columns = {name: value for name, value in self.columns.items() if name not in ("format", "salt", "id", "at")}
        ids_of = {name: UUID(columns[name]) for name in ("about_id", "actor_id", "subject") if columns[name]}
        entry = Entry(**{**columns, **ids_of}, id=self.id, at=self.at, salt=bytes.fromhex(self.columns["salt"]), digest=self.digest)
        entry._state.adding = False
        return entry


def _written(draft: Draft, at: datetime) -> _Written:
    _require_impersonal(draft.actor.name)
    about_type, about_id = _named(draft.about)
    actor, id = draft.actor, ids.new_id()
    columns = seals.entry_columns(
        str(id), draft.action.stream.value, seals.moment(at), draft.action.name, about_type, _text(about_id), _text(draft.subject),
        actor.kind.value, _text(actor.id), actor.name, draft.action.plain(draft.facts), os.urandom(16).hex(),
    )  # fmt: skip
    hashed = seals.canonical(columns)
    digest = seals.digest_of(hashed)
    # The database is told the very text that was hashed, with the digest added: encoding it twice would be half the work of writing.
    return _Written(draft, id, at, columns, digest, f'{hashed[:-1]},"digest":"{digest.hex()}"}}')


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)


@lru_cache(maxsize=1024)  # Staff numbers and names of jobs; one that is refused is not kept.
def _require_impersonal(name: str) -> None:
    if looks_personal(name):
        raise FactRefused("the actor's name looks personal")


def _named(about: models.Model | None) -> tuple[str, UUID | None]:
    if about is None:
        return "", None
    if not isinstance(about.pk, UUID):
        raise TypeError(f"{about._meta.label} has no random id and cannot be written about")
    return about._meta.label_lower, about.pk


# One parameter for any number of entries: a statement of seven hundred would cost more to bind than to run.
_INSERT = """
    INSERT INTO journal_entry
        (id, stream, at, action, about_type, about_id, subject, actor_kind, actor_id, actor_name, facts, salt, digest)
    SELECT id, stream, at, action, about_type, about_id, subject, actor_kind, actor_id, actor_name, facts,
           decode(salt, 'hex'), decode(digest, 'hex')
      FROM json_to_recordset(%s) AS entry
           (id uuid, stream smallint, at timestamptz, action text, about_type text, about_id uuid, subject uuid, actor_kind text,
            actor_id uuid, actor_name text, facts jsonb, salt text, digest text)
"""
