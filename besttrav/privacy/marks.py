"""Marks that match without being readable: how often a code was sent to a number, whom not to send offers, who has an account.

The text is hashed under a key held outside both databases and re-wrapped with each epoch; no record of it can be read back.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from besttrav.kernel import clock
from besttrav.privacy.kinds import Kind
from besttrav.privacy.vault import store
from besttrav.privacy.vault.store import NewMark


def note(mark: str, text: str, *, kind: Kind = Kind.PHONE, life: timedelta) -> None:
    """Note that this happened to this value now; the note ends after `life`. `mark` is a declared word such as "code_sent"."""
    store.put_marks([NewMark(kind=mark, text=kind.clean(text), ends_at=clock.now() + life)])


def times(mark: str, text: str, *, kind: Kind = Kind.PHONE, since: datetime | None = None) -> list[datetime]:
    """When it happened, oldest first, among the notes that have not ended."""
    return [at for at in store.times_marked(mark, kind.clean(text)) if since is None or at >= since]


def count(mark: str, text: str, *, kind: Kind = Kind.PHONE, since: datetime | None = None) -> int:
    """How often it happened since then."""
    return len(times(mark, text, kind=kind, since=since))


def forget(mark: str, text: str, *, kind: Kind = Kind.PHONE) -> None:
    """Forget every note of this about this value."""
    store.forget_marks(mark, kind.clean(text))


def locked(mark: str, *texts: str, kind: Kind = Kind.PHONE) -> AbstractContextManager[None]:
    """Nobody else works on these values meanwhile. Take it outside the transaction that looks and then writes."""
    return store.values_locked(mark, *(kind.clean(text) for text in texts))
