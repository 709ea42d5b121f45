"""Privacy in words, for both doors: what is held, who looked, what was agreed, what closing an account would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue import queries as catalogue
from besttrav.journal.queries import EntryView
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor, ActorKind
from besttrav.people.permissions import Role
from besttrav.people.queries import roles_by_staff
from besttrav.privacy import erasing, rights
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.fields import PersonalField, declared_fields
from besttrav.privacy.gate import reveal
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import ConsentEvent, Sharing
from besttrav.privacy.purposes import OWN_ACCESS, Basis, purposes
from besttrav.privacy.queries import answers_of
from besttrav.privacy.rights import HeldRecord, Holding
from besttrav.privacy.sharing import shared_of

SHOWN = 3  # rows of one kind on the card; the copy holds all

JOBS: dict[str, str | Promise] = {
    "people.codes": _("Sign-in codes"),
    "people.accounts": _("Account keeping"),
    "people.staff": _("Staff sign-in"),
    "people.travellers": _("Saved travellers"),
    "contact.send": _("Sending a text message"),
    "sales.underwrite": _("Checking an application"),
    "sales.issue": _("Concluding a contract"),
    "sales.find": _("Finding an order again"),
    "sales.notice": _("Telling insured people"),
    "sales.papers": _("Making papers"),
    "policies.papers": _("Checking the insurer's paper"),
    "policies.compare": _("Public check of a paper"),
    "invoices.issue": _("Having an invoice issued"),
}

# Kinds of recipients by the words that purposes use for them.
RECIPIENTS: dict[str, str | Promise] = {"insurer": _("Insurer"), "sms": _("Sender of text messages")}


@dataclass(frozen=True, slots=True)
class Value:
    """One value as a row: its name, its kind for the mask's reading, and its mask or, where asked for, its text."""

    label: object
    kind: str
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One record on a card."""

    at: datetime | None
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything of one sort: what it is, a few of its rows, why we may have it and how long."""

    model: str
    title: object
    count: int
    rows: list[Row]
    purposes: list[object]
    bases: list[object]
    kept_as: str
    source: str
    until: date | None

    @property
    def more(self) -> int:
        return max(self.count - len(self.rows), 0)


@dataclass(frozen=True, slots=True)
class Glance:
    """How many sorts are held, how many of them go on a fixed day and when the last does, how many consents hold."""

    sorts: int
    ending: int
    until: date | None
    agreed: int


@dataclass(frozen=True, slots=True)
class Look:
    """One opening of data: who, what, why, when."""

    at: datetime
    is_person: bool
    who: object
    number: str
    what: list[object]
    why: object


@dataclass(frozen=True, slots=True)
class Answer:
    """A consent the person was asked for, and what holds now."""

    code: str
    label: object
    effect: object
    is_given: bool
    at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class Given:
    """What of a person was given to one recipient at one moment, and why."""

    at: datetime
    kind: object
    name: object
    what: list[object]
    why: object
    basis: object


def given_to(subject: UUID) -> list[Given]:
    """Who received what, newest first."""
    labels = {field.tag: field.label for field in declared_fields()}
    shared = shared_of(subject)
    insurers = {offer.insurer.code: offer.insurer.name for offer in catalogue.on_shelf(clock.today())} if shared else {}
    return [_given(sharing, labels, insurers.get(sharing.recipient_name, sharing.recipient_name)) for sharing in shared]


def cards(subject: UUID, *, actor: Actor, opened: str = "") -> list[Card]:
    """All that is held, masked; the rows of the model named `opened` are opened as the person's own access."""
    return [
        _card(holding, actor, holding.model._meta.label_lower == opened) for holding in rights.held_about(subject, actor=actor, limit=SHOWN)
    ]


def looks(subject: UUID, *, before: UUID | None = None, limit: int = 20) -> tuple[list[Look], UUID | None]:
    """Who opened something, newest first, with the id to go on from when there is more. One's own looks are left out."""
    entries = rights.who_opened(subject, by_others=True, before=before, limit=limit)
    roles = roles_by_staff(entry.actor_id for entry in entries if entry.actor_kind is ActorKind.STAFF and entry.actor_id)
    labels = {field.tag: field.label for field in declared_fields()}
    return [_look(entry, roles, labels) for entry in entries], entries[-1].id if len(entries) == limit else None


def answers(subject: UUID) -> list[Answer]:
    """What the person was asked and answered, the newest answer to each."""
    return [_answer(event) for event in answers_of(subject)]


def at_a_glance(cards: Sequence[Card], answers: Sequence[Answer]) -> Glance:
    """The page in four figures."""
    days = [card.until for card in cards if card.until]
    return Glance(sorts=len(cards), ending=len(days), until=max(days, default=None), agreed=sum(answer.is_given for answer in answers))


def plan(subject: UUID) -> list[tuple[object, str, str, date | None, int]]:
    """What closing would do, by class: what it is, erase or restrict or keep, under which law, until when, how many files."""
    counted: dict[tuple[Keep, str, str, date | None], int] = {}
    for item in erasing.plan(subject):
        law = item.keep.source if item.outcome == erasing.RESTRICT else item.law
        key = (item.keep, item.outcome, law, item.until)
        counted[key] = counted.get(key, 0) + 1
    order = {erasing.ERASE: 0, erasing.RESTRICT: 1, erasing.KEEP: 2}
    rows = sorted(counted.items(), key=lambda row: (order[row[0][1]], row[0][0].value))
    return [(keep.label, outcome, law, until, count) for (keep, outcome, law, until), count in rows]


def _card(holding: Holding, actor: Actor, is_open: bool) -> Card:
    shown = holding.records[:SHOWN]
    fields = [value.field for value in shown[0].values]
    texts = _texts(shown, fields, actor) if is_open else [{} for _row in shown]
    reasons = sorted({purpose for field in fields for purpose in field.purposes}, key=lambda purpose: purpose.code)
    first = shown[0]
    return Card(
        model=holding.model._meta.label_lower,
        title=holding.model._meta.verbose_name,
        count=holding.count,
        rows=[_row(held, opened) for held, opened in zip(shown, texts, strict=True)],
        purposes=[purpose.label for purpose in reasons],
        bases=list(dict.fromkeys(purpose.basis.label for purpose in reasons)),
        kept_as=first.keep.label,
        source=first.keep.source,
        until=first.until,
    )


def _texts(shown: Sequence[HeldRecord], fields: list[PersonalField], actor: Actor) -> list[dict[str, str]]:
    names = [field.name for field in fields]
    opened = reveal([held.record for held in shown], names, purpose=OWN_ACCESS, actor=actor)
    return [{name: texts[name] for name in names} for texts in opened]


def _row(held: HeldRecord, opened: dict[str, str]) -> Row:
    values = [
        Value(value.field.label, value.field.kind.name.lower(), opened.get(value.field.name) or value.mask, value.field.name in opened)
        for value in held.values
    ]
    return Row(_moment_of(held.record), values)


def _moment_of(record: models.Model) -> datetime | None:
    moment: datetime | None = getattr(record, "created_at", None) or getattr(record, "at", None)
    return moment


def _look(entry: EntryView, roles: dict[UUID, list[Role]], labels: dict[str, object]) -> Look:
    is_staff = entry.actor_kind is ActorKind.STAFF
    held = roles.get(entry.actor_id, []) if entry.actor_id else []
    purpose = purposes().get(entry.facts["purpose"])
    return Look(
        at=entry.at,
        is_person=is_staff,
        who=", ".join(str(role.label) for role in held) or _("Member of staff")
        if is_staff
        else JOBS.get(entry.actor_name, entry.actor_name),
        number=entry.actor_name if is_staff else "",
        what=[labels.get(tag, tag) for tag in entry.facts["fields"]],
        why=purpose.label if purpose else entry.facts["purpose"],
    )


def _given(sharing: Sharing, labels: dict[str, object], name: object) -> Given:
    purpose = purposes().get(sharing.purpose)
    return Given(
        at=sharing.at,
        kind=RECIPIENTS.get(sharing.recipient, sharing.recipient),
        name=name,
        what=list(dict.fromkeys(labels.get(tag, tag) for tag in sharing.fields)),
        why=purpose.label if purpose else sharing.purpose,
        basis=Basis(sharing.basis).label,
    )


def _answer(event: ConsentEvent) -> Answer:
    consent = Consent[event.code]
    return Answer(
        code=event.code,
        label=consent.label,
        effect=consent.effect_of_refusing,
        is_given=event.result == "given",
        at=event.at,
        version=event.text_version,
    )
