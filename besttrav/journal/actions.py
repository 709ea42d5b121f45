"""How a room declares what it writes down: a name, a stream, a sentence for people, and the facts with their types.

SIGNED_IN = action("people.signed_in", Stream.SECURITY, _("Signed in by %(way)s"), way=Fact.CODE, new_device=Fact.FLAG)
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from besttrav.journal.likeness import looks_personal
from besttrav.journal.streams import Stream

__all__ = ["Action", "Fact", "FactRefused", "Stream", "action", "actions", "moving"]


class FactRefused(ValueError):
    """A fact that was not declared, is of another type, or looks personal. A mistake of the programmer; the value is not repeated."""


class Fact(StrEnum):
    """What may be written down. There is no free text, because sooner or later a free text holds a name."""

    CODE = "code"
    CODES = "codes"
    FLAG = "flag"
    COUNT = "count"
    FEN = "fen"
    ID = "id"
    DAY = "day"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """Something that can happen. `says` may use the facts as named placeholders; it is translated when shown."""

    name: str
    stream: Stream
    says: str | Promise
    facts: Mapping[str, Fact]

    def plain(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts as they are stored. Every declared fact must be given; None says it does not apply, and is left out."""
        if facts.keys() != self.facts.keys():
            odd = sorted(facts.keys() ^ self.facts.keys())
            raise FactRefused(f"{self.name}: facts not declared, or declared and not given: {', '.join(odd)}")
        return {name: self._checked(name, value) for name, value in facts.items() if value is not None}

    def _checked(self, name: str, value: Any) -> Any:
        try:
            return _CHECKS[self.facts[name]](value)
        except (FactRefused, TypeError, AttributeError) as error:
            because = str(error) if isinstance(error, FactRefused) else "it is of another type"
            raise FactRefused(f"{self.name}: {name} is not {_EXPECTED[self.facts[name]]}: {because}") from None

    def __str__(self) -> str:
        return self.name


_declared: dict[str, Action] = {}
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_TAKEN = {"action", "about", "actor", "subject", "because", "record", "to"}


def action(name: str, stream: Stream, says: str | Promise, /, **facts: Fact) -> Action:
    """Declare an action, once, in the room's `actions.py`. Its name is `room.what_happened`, in the past tense, and permanent."""
    if odd := _TAKEN & facts.keys():
        raise ValueError(f"{name}: a fact cannot be called {', '.join(sorted(odd))}")
    return _declare(Action(name, stream, says, facts))


def moving(name: str, stream: Stream, says: str | Promise) -> Action:
    """Declare the action by which `operations.move` writes down a change of state: the model's `MOVED`."""
    return _declare(Action(name, stream, says, {"was": Fact.CODE, "now": Fact.CODE, "because": Fact.CODE}))


def actions() -> list[Action]:
    """Everything that can happen, by name."""
    return [_declared[name] for name in sorted(_declared)]


def named(name: str) -> Action | None:
    """The action of this name; None for one that an older version wrote."""
    return _declared.get(name)


def _declare(action: Action) -> Action:
    if not _NAME.fullmatch(action.name) or action.name in _declared:
        raise ValueError(f"{action.name!r} is not of the form room.what_happened, or is declared twice")
    _declared[action.name] = action
    return action


_CODE = re.compile(r"[a-z0-9_.:-]{1,80}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}")


@lru_cache(maxsize=4096)  # Codes are few and come again and again; one that is refused is not kept.
def _code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise FactRefused("looks personal" if looks_personal(value) else "other characters, or too long")
    if _UUID.fullmatch(value):
        raise FactRefused("declare it as Fact.ID")
    return str(_impersonal(value))


def _codes(values: Iterable[str]) -> list[str]:
    if isinstance(values, str | Mapping):
        raise TypeError
    return [_code(value) for value in values]


def _flag(value: bool) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return int(_impersonal(value))


def _id(value: UUID) -> str:
    # Only random ids: a version 5 or a hand-made one can hide a name or a number.
    if value.version not in {4, 7}:
        raise FactRefused("not a random id")
    return str(value)


def _day(value: date) -> str:
    if isinstance(value, datetime):
        raise TypeError
    return value.isoformat()


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value):
        raise FactRefused("32, 48 or 64 bytes in lower-case hex are")
    return value


def _impersonal(value: str | int) -> str | int:
    if looks_personal(str(value)):
        raise FactRefused("looks personal")
    return value


_EXPECTED = {
    Fact.CODE: "a code of a-z 0-9 _ . : -, up to 80",
    Fact.CODES: "a list of codes",
    Fact.FLAG: "yes or no",
    Fact.COUNT: "a whole number",
    Fact.FEN: "an amount in fen",
    Fact.ID: "a random id",
    Fact.DAY: "a day",
    Fact.DIGEST: "a digest in hex",
}
_CHECKS: dict[Fact, Callable[[Any], Any]] = {
    Fact.CODE: _code,
    Fact.CODES: _codes,
    Fact.FLAG: _flag,
    Fact.COUNT: _whole,
    Fact.FEN: _whole,
    Fact.ID: _id,
    Fact.DAY: _day,
    Fact.DIGEST: _digest,
}
