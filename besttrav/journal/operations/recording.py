"""Writing down: with the caller's transaction, or beside it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
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
    (written,) = _written([Draft(action=action, actor=actor, about=about, subject=subject, facts=facts)])
    _write_down([written])
    return written.entry


def record_all(drafts: Sequence[Draft]) -> None:
    """`record` for several happenings of one transaction, in one statement."""
    demand_transaction()
    _write_down(_written(drafts))


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
    written = _written(drafts)
    if written:
        aside.commit(_INSERT, [_lines(written)], again=_INSERT_UNLESS_THERE)
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
        straight(connection, _INSERT, [_lines(written)])
        following.tell((one.draft.action, one.id, one.draft.facts) for one in written)


def demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written in the transaction of what it tells about")


@dataclass(frozen=True, slots=True)
class _Happening:
    """What several entries tell alike: everything but which record and whose data. It is checked and put into words once for all."""

    action: Action
    actor: Actor
    given: Mapping[str, Any]
    about_type: str
    at: datetime
    facts: Mapping[str, Any]
    shared: str

    @classmethod
    def of(cls, draft: Draft, about_type: str, at: datetime) -> "_Happening":
        action, actor = draft.action, draft.actor
        _require_impersonal(actor.name)
        facts = action.plain(draft.facts)
        shared = seals.shared_text(seals.moment(at), action.name, about_type, actor.kind.value, _text(actor.id), actor.name, facts)
        return cls(action, actor, draft.facts, about_type, at, facts, shared)

    def covers(self, draft: Draft, about_type: str) -> bool:
        same = draft.action is self.action and draft.actor is self.actor and draft.facts is self.given
        return same and about_type == self.about_type


class _Written(NamedTuple):
    """An entry's columns, its digest, and both together as the line that goes to the database."""

    draft: Draft
    id: UUID
    happening: _Happening
    about_id: UUID | None
    salt: bytes
    digest: bytes
    line: str

    @property
    def entry(self) -> Entry:
        action, actor = self.happening.action, self.happening.actor
        entry = Entry(
            id=self.id, stream=action.stream.value, at=self.happening.at, action=action.name, about_type=self.happening.about_type,
            about_id=self.about_id, subject=self.draft.subject, actor_kind=actor.kind.value, actor_id=actor.id, actor_name=actor.name,
            facts=self.happening.facts, salt=self.salt, digest=self.digest,
        )  # fmt: skip
        entry._state.adding = False
        return entry


def _written(drafts: Sequence[Draft]) -> list[_Written]:
    now, happening, written = clock.now(), None, []
    for draft in drafts:
        about_type, about_id = _named(draft.about)
        if happening is None or not happening.covers(draft, about_type):
            happening = _Happening.of(draft, about_type, now)
        written.append(_told(happening, draft, about_id))
    return written


def _told(happening: _Happening, draft: Draft, about_id: UUID | None) -> _Written:
    id, salt, stream = ids.new_id(), os.urandom(16), happening.action.stream.value
    hashed = seals.entry_text(happening.shared, _text(about_id), str(id), salt.hex(), stream, _text(draft.subject))
    digest = seals.digest_of(hashed)
    # The database is told the very text that was hashed, with the digest added: encoding it twice would be half the work of writing.
    return _Written(draft, id, happening, about_id, salt, digest, f'{hashed[:-1]},"digest":"{digest.hex()}"}}')


def _lines(written: Sequence[_Written]) -> str:
    return f"[{','.join(one.line for one in written)}]"


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


# One parameter for any number of entries: a statement of seven hundred would cost more to bind than to run. And their tick is one.
_INSERT = """
    INSERT INTO journal_entry
        (id, stream, tick, at, action, about_type, about_id, subject, actor_kind, actor_id, actor_name, facts, salt, digest)
    SELECT id, stream, (SELECT journal_tick()), at, action, about_type, about_id, subject, actor_kind, actor_id, actor_name, facts,
           decode(salt, 'hex'), decode(digest, 'hex')
      FROM json_to_recordset(%s) AS entry
           (id uuid, stream smallint, at timestamptz, action text, about_type text, about_id uuid, subject uuid, actor_kind text,
            actor_id uuid, actor_name text, facts jsonb, salt text, digest text)
"""
_INSERT_UNLESS_THERE = f"{_INSERT} ON CONFLICT (id, stream) DO NOTHING"
