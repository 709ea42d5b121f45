"""The gate: the only way from an envelope to text.

`reveal` asks in this order, and any "no" or "don't know" refuses everything: is the purpose declared for the field; does the actor hold it;
does its legal basis stand and are the consents it needs live; is the file open. Then one disclosure per subject is committed on a second
connection, and only then is the batch decrypted. Every call reads the vault's state, so no key outlives an erasure or a withdrawal.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import Draft, record_aside
from besttrav.kernel.actors import Actor, ActorKind
from besttrav.kernel.errors import Refusal
from besttrav.privacy import actions, consents
from besttrav.privacy.crypto.suites import Damaged
from besttrav.privacy.fields import Fresh, PersonalField
from besttrav.privacy.purposes import Purpose, purposes
from besttrav.privacy.queries import sheets_being_erased
from besttrav.privacy.sealing import place_of
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import SheetState
from besttrav.privacy.vault.store import Card

Record = TypeVar("Record", bound=models.Model)


class Closed(Refusal):
    """The gate stays shut. `code` says why, for the log and for tests; the message is for people."""

    code = "gate_closed"
    message = _("This information cannot be opened.")


class NotDeclared(Closed):
    code = "not_declared"
    message = _("This information was not collected for this purpose.")
    way_out = _("Choose the purpose you need it for.")


class NotYours(Closed):
    code = "not_yours"
    message = _("Your role does not include this purpose.")
    way_out = _("Ask your supervisor to grant the role, or hand the case over.")


class NoConsent(Closed):
    code = "no_consent"
    message = _("The person has not agreed to this, or has withdrawn.")
    way_out = _("Ask the person again only when they start this step themselves.")


class Restricted(Closed):
    code = "restricted"
    message = _("This file may only be stored and protected.")
    way_out = _("Only the person and statutory duties can open it.")


class Gone(Closed):
    code = "gone"
    message = _("This information has been erased.")


class Unreadable(Closed):
    code = "unreadable"
    message = _("This information is damaged and cannot be opened.")
    way_out = _("Tell the security team: somebody may have changed it.")


class Opened:
    """Text that was let out for one purpose. Read it as attributes; it prints as nothing, so let it go soon."""

    __slots__ = ("_texts",)

    def __init__(self, texts: dict[str, str | None]) -> None:
        self._texts = texts

    def __getattr__(self, name: str) -> str:
        try:
            return self._texts[name] or ""
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> str:
        return self._texts[name] or ""

    def __repr__(self) -> str:
        return f"Opened({', '.join(self._texts)})"

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (repr(self),)


def reveal(
    records: Sequence[models.Model], fields: Sequence[str], *, purpose: Purpose, actor: Actor, case: UUID | None = None
) -> list[Opened]:
    """The text of these fields of these records, in their order. All or nothing.

    `case` is the id of the claim, ticket or order the opening is for. Whatever the number of records, this costs one vault query, one
    disclosure statement, and in the record a query for a purpose with consents and one while an erasure is under way. Raises a `Closed`, or
    `Unavailable` when the vault or the journal cannot be reached.
    """
    return reveal_all([(records, fields)], purpose=purpose, actor=actor, case=case)[0]


def reveal_all(
    parts: Sequence[tuple[Sequence[models.Model], Sequence[str]]], *, purpose: Purpose, actor: Actor, case: UUID | None = None
) -> list[list[Opened]]:
    """`reveal` for records of several models, or of different fields, at once: it costs the same, and all parts are opened or none."""
    asked = list(_asked(parts, purpose))
    if not asked:
        return [[] for _ in parts]
    cards = _cards(asked)
    _require_actor(actor, purpose, cards.values())
    _require_consents(purpose, cards.values())
    _require_open(purpose, cards.values())
    _disclose(asked, cards, purpose, actor, case)
    opened = iter([_opened(record, groups, cards) for record, groups in asked])
    return [list(islice(opened, len(records))) for records, _ in parts]


def reveal_one(record: models.Model, *fields: str, purpose: Purpose, actor: Actor, case: UUID | None = None) -> Opened:
    """`reveal` for one record."""
    return reveal([record], fields, purpose=purpose, actor=actor, case=case)[0]


def masked(records: Sequence[models.Model], fields: Sequence[str], *, actor: Actor) -> list[dict[str, str]]:
    """Display masks (138****1718) by field, in the order of the records: no purpose needed, but never without a live key.

    A value that is missing shows as "", one that is restricted or gone as its kind only.
    """
    if not records or actor.kind is ActorKind.VISITOR:
        return [dict.fromkeys(fields, "") for _ in records]
    declared = [_field(type(records[0]), name) for name in fields]
    owners = _by_owner(declared)
    cards = _cards((record, owners) for record in records)
    closing = sheets_being_erased(cards.values())
    return [{field.name: _mask(record, field, cards, closing, actor) for field in declared} for record in records]


def find(model: type[Record], *, purpose: Purpose, actor: Actor, **text: str) -> "models.QuerySet[Record]":
    """The records whose searchable field equals this text, through keyed marks in the vault; exactly one field is given.

    Nothing is disclosed but that they match, so the actor must hold the purpose; files that are not open do not match.
    """
    ((name, value),) = text.items()
    matching = find_all(model, name, [value], purpose=purpose, actor=actor)[value]
    return model._default_manager.filter(pk__in=[record.pk for record in matching])


def find_all(
    model: type[Record], name: str, texts: Sequence[str], *, purpose: Purpose, actor: Actor, besides: Collection[UUID] = ()
) -> dict[str, list[Record]]:
    """`find` for several texts at once, as they were given: it costs the same for one and for many. Rows of `besides` do not count."""
    field = _declared(model, name, purpose)
    if not field.searchable:
        raise NotDeclared(f"{name} is not searchable")
    if purpose.own or not _holds(actor, purpose):
        raise NotYours
    cleaned = {text: field.kind.clean(text) for text in texts}
    marked = set(store.rows_marked(field.tag, *set(cleaned.values()))).difference(besides)
    candidates = list(model._default_manager.filter(pk__in=marked))
    cards = store.cards_of(sheet for record in candidates if (sheet := field.owner_of(record)))
    closing = sheets_being_erased(cards.values())
    # A mark may outlive a rolled-back save, so each candidate is compared before it counts.
    found = [(record, _card_of(record, field, cards)) for record in candidates]
    open_ones = [(record, _open(record, field, card)) for record, card in found if _is_open(card, closing)]
    return {text: [record for record, told in open_ones if told == clean] for text, clean in cleaned.items()}


def _field(model: type[models.Model], name: str) -> PersonalField:
    field = model._meta.get_field(name)
    if not isinstance(field, PersonalField):
        raise NotDeclared(f"{model.__name__}.{name} is not a personal field")
    return field


def _declared(model: type[models.Model], name: str, purpose: Purpose) -> PersonalField:
    field = _field(model, name)
    if purposes().get(purpose.code) is not purpose or not field.serves(purpose):
        raise NotDeclared
    return field


def _asked(
    parts: Sequence[tuple[Sequence[models.Model], Sequence[str]]], purpose: Purpose
) -> Iterator[tuple[models.Model, dict[str, list[PersonalField]]]]:
    """Each record with the fields it is asked for."""
    for records, fields in parts:
        if records:
            groups = _by_owner(_declared(type(records[0]), name, purpose) for name in fields)
            yield from ((record, groups) for record in records)


def _by_owner(fields: Iterable[PersonalField]) -> dict[str, list[PersonalField]]:
    """The fields by the sheet field that says whose they are: what a row asks once for each person in it."""
    groups: dict[str, list[PersonalField]] = {}
    for field in fields:
        groups.setdefault(field.of, []).append(field)
    return groups


def _cards(asked: Iterable[tuple[models.Model, Collection[str]]]) -> dict[UUID, Card]:
    """The cards of everybody in these records, each given with its sheet fields."""
    return store.cards_of(sheet for record, owners in asked for owner in owners if (sheet := record.__dict__.get(owner)))


def _holds(actor: Actor, purpose: Purpose) -> bool:
    return bool(purpose.roles & actor.roles)


def _require_actor(actor: Actor, purpose: Purpose, cards: Iterable[Card]) -> None:
    if purpose.own and actor.subject and all(card.is_own_of(actor.subject) for card in cards):
        return
    if not _holds(actor, purpose):
        raise NotYours


def _require_consents(purpose: Purpose, cards: Iterable[Card]) -> None:
    subjects = {card.subject for card in cards}
    given = consents.given(subjects, purpose.consents)
    if any((subject, code) not in given for subject in subjects for code in purpose.consents):
        raise NoConsent


def _require_open(purpose: Purpose, cards: Iterable[Card]) -> None:
    cards = list(cards)
    if any(card.cipher is None for card in cards) or sheets_being_erased(cards):
        raise Gone
    if not purpose.statutory and any(card.state is SheetState.RESTRICTED for card in cards):
        raise Restricted


def _disclose(
    asked: Sequence[tuple[models.Model, dict[str, list[PersonalField]]]],
    cards: dict[UUID, Card],
    purpose: Purpose,
    actor: Actor,
    case: UUID | None,
) -> None:
    """One entry per subject, committed aside before anything is decrypted: a rolled-back request does not unsay it."""
    opened: dict[UUID, set[str]] = {}
    first: dict[UUID, models.Model] = {}
    for record, groups in asked:
        for owner, fields in groups.items():
            sheet = record.__dict__.get(owner)
            tags = [field.tag for field in fields if _envelope(record, field) is not None]
            if sheet and tags:
                if sheet not in cards:
                    raise Gone
                subject = cards[sheet].subject
                opened.setdefault(subject, set()).update(tags)
                first.setdefault(subject, record)
    alike = {tags: _opening(purpose, case, tags) for tags in {frozenset(tags) for tags in opened.values()}}
    record_aside(
        [
            Draft(actions.OPENED, about=first[subject], actor=actor, subject=subject, facts=alike[frozenset(tags)])
            for subject, tags in opened.items()
        ]
    )


def _opening(purpose: Purpose, case: UUID | None, tags: Iterable[str]) -> dict[str, object]:
    return {"purpose": purpose.code, "basis": purpose.basis.value, "case": case, "fields": sorted(tags)}


def _card_of(record: models.Model, field: PersonalField, cards: dict[UUID, Card]) -> Card | None:
    sheet = field.owner_of(record)
    return cards.get(sheet) if sheet else None


def _is_open(card: Card | None, closing: set[UUID]) -> bool:
    return card is not None and card.cipher is not None and card.state is SheetState.ACTIVE and card.sheet not in closing


def _mask(record: models.Model, field: PersonalField, cards: dict[UUID, Card], closing: set[UUID], actor: Actor) -> str:
    if _envelope(record, field) is None:
        return ""
    card = _card_of(record, field, cards)
    is_ones_own = card is not None and card.state is SheetState.RESTRICTED and card.is_own_of(actor.subject)
    if not is_ones_own and not _is_open(card, closing):
        return "—"
    return field.kind.mask(_open(record, field, card) or "")


def _opened(record: models.Model, groups: dict[str, list[PersonalField]], cards: dict[UUID, Card]) -> Opened:
    texts: dict[str, str | None] = {}
    for owner, fields in groups.items():
        card = cards.get(record.__dict__.get(owner))  # type: ignore[arg-type]  # no sheet has no card
        for field in fields:
            texts[field.name] = _open(record, field, card)
    return Opened(texts)


def _open(record: models.Model, field: PersonalField, card: Card | None) -> str | None:
    envelope = _envelope(record, field)
    if envelope is None:
        return None
    if card is None or card.cipher is None:
        raise Gone
    try:
        return card.cipher.open(envelope, place_of(field, record.pk, card)).decode()
    except Damaged:
        raise Unreadable from None


def _envelope(record: models.Model, field: PersonalField) -> bytes | None:
    """What stands in the column. A query that left it out does not make it nothing: it is loaded now, before anything is written down."""
    held: dict[str, Any] = record.__dict__
    if field.attname not in held:
        record.refresh_from_db(fields=[field.attname])
    envelope: bytes | Fresh | None = held[field.attname]
    if isinstance(envelope, Fresh):
        raise NotDeclared("the record is not saved")
    return envelope
