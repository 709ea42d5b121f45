"""A person as staff see them: masked, only what their roles could ever open, and the few values just opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.text import capfirst

from besttrav.kernel.actors import Actor
from besttrav.people.models import Account
from besttrav.people.permissions import Permission, purposes_for
from besttrav.privacy import rights
from besttrav.privacy.fields import PersonalField
from besttrav.privacy.purposes import Purpose
from besttrav.privacy.rights import Holding

ROWS = 3
Texts = dict[tuple[object, str], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One value: masked, or open for a minute."""

    title: object
    at: datetime | None
    tag: str
    label: object
    kind: str
    shown: str
    is_open: bool


def holdings_for(subject: UUID, *, actor: Actor) -> list[Holding]:
    """What is held about the person, as far as one of the actor's purposes reaches. Empty for nobody's subject too."""
    purposes = purposes_for(actor.roles, Permission.REVEAL) or purposes_for(actor.roles, Permission.FIND_PEOPLE)
    held = rights.held_about(subject, actor=actor, limit=ROWS)
    return [holding for holding in held if any(_reaches(value.field, purposes) for row in holding.records for value in row.values)]


def lines(holdings: Sequence[Holding], *, actor: Actor, opened: Texts | None = None) -> list[Line]:
    """The page's rows: one for each value that could be opened."""
    purposes = purposes_for(actor.roles, Permission.REVEAL) or purposes_for(actor.roles, Permission.FIND_PEOPLE)
    texts = opened or {}
    return [
        _line(holding, held.record, value.field, value.mask, texts)
        for holding in holdings
        for held in holding.records
        for value in held.values
        if _reaches(value.field, purposes)
    ]


def choices(shown: Sequence[Line]) -> list[tuple[str, str]]:
    """The fields that can be asked for, each once."""
    return list({line.tag: (line.tag, capfirst(f"{line.title} · {line.label}")) for line in shown}.values())


def _line(holding: Holding, record: object, field: PersonalField, mask: str, texts: Texts) -> Line:
    text = texts.get((getattr(record, "pk", None), field.tag), "")
    at = getattr(record, "created_at", None) or getattr(record, "at", None)
    return Line(holding.model._meta.verbose_name, at, field.tag, field.label, field.kind.name.lower(), text or mask, bool(text))


def _reaches(field: PersonalField, purposes: Sequence[Purpose]) -> bool:
    return any(field.serves(purpose) for purpose in purposes)


def account_of(holdings: Sequence[Holding]) -> Account | None:
    """The person's account among it."""
    records = (held.record for holding in holdings for held in holding.records)
    return next((record for record in records if isinstance(record, Account)), None)
