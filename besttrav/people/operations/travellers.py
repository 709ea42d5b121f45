"""The people somebody insures again and again: kept only where they ask for it, filled in for nobody but them, gone when they say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.offer import Relation
from besttrav.contact import operations as contact
from besttrav.contact.templates import Template
from besttrav.journal.operations import record
from besttrav.kernel import clock, identity
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, queries
from besttrav.people.limits import TRAVELLERS
from besttrav.people.models import Account, AccountState, SavedTraveller
from besttrav.people.purposes import PREFILL
from besttrav.privacy import consents, erasing, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import Given, ShownText
from besttrav.privacy.fields import fields_of
from besttrav.privacy.gate import Opened, reveal, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import NOTIFY

TELLER = Actor.job("people.travellers")
FIELDS = tuple(field.name for field in fields_of(SavedTraveller))


class TooManyTravellers(Refusal):
    code = "too_many_travellers"
    message = _("These are more people than one list keeps.")
    way_out = _("Remove those you no longer insure, or save fewer.")


class GuardianMissing(Refusal):
    """Among them is a child, and nobody said that the guardian agrees."""

    code = "guardian_missing"
    message = _("For a child under 14 the guardian must agree.")
    way_out = _("Confirm it, or do not save the child.")


class AnotherPerson(Refusal):
    """What was agreed to was agreed to by somebody else."""

    code = "another_person"
    message = _("This is another person: neither a document nor name and birth date are the same.")
    way_out = _("Save this person anew, and remove the one you no longer insure.")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Document:
    """An identity document, checked."""

    kind: str
    number: str
    ends: date | None = None

    def __repr__(self) -> str:
        return "Document()"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Traveller:
    """Somebody as they were typed in, with at least one document and at most two."""

    name: str
    documents: tuple[Document, ...]
    birth_date: date
    relation: str = ""
    passport_name: str = ""
    sex: str = ""
    phone: str = ""
    email: str = ""

    def __repr__(self) -> str:
        return "Traveller()"

    @property
    def is_guarded(self) -> bool:
        """Whether a guardian decides for them today."""
        return identity.age_on(self.birth_date, clock.today()) < TRAVELLERS.guarded_below


def keep(
    *, account: Account, people: Sequence[Traveller], has_guardian: bool, agreed_to: ShownText, page: str, actor: Actor
) -> list[SavedTraveller]:
    """Save these people. Whoever is in the list already, by document or by name and birth date, is brought up to date.

    The holder declares that each agreed to it (K02), and for a child that the guardian did (K14). Raises GuardianMissing and
    TooManyTravellers, and then nobody is saved.
    """
    if any(one.is_guarded for one in people) and not has_guardian:
        raise GuardianMissing
    people = _each_once(people)
    with transaction.atomic():
        kept = _locked_list(account)
        known = _known(people, kept, actor)
        if len(kept) + known.count(None) > TRAVELLERS.most:
            raise TooManyTravellers
        people = _brought_together(people, known, actor)
        sheets = iter(files.open_sheets(keep=Keep.TRAVELLER, subjects=[None] * known.count(None), keeper=account.subject))
        rows = [row or SavedTraveller(account=account, person=next(sheets).id) for row in known]
        _save(rows, people)
        _agree(rows, people, agreed_to, page, actor)
        record(actions.TRAVELLERS_KEPT, about=account, actor=actor, subject=account.subject, travellers=len(rows))
    return rows


def change(*, traveller: SavedTraveller, told: Traveller, has_guardian: bool, agreed_to: ShownText, page: str, actor: Actor) -> None:
    """Write this in the place of what there was, about the same person. Raises AnotherPerson, and GuardianMissing for a child whose
    guardian was not said to agree before either."""
    (before,) = read([traveller], actor=actor)
    if not _keys(before) & _keys(told):
        raise AnotherPerson
    with transaction.atomic():
        (subject,) = files.subjects_of([traveller.person]).values()
        if told.is_guarded and not consents.is_given(subject, Consent.K14):
            if not has_guardian:
                raise GuardianMissing
            _agree([traveller], [told], agreed_to, page, actor)
        _save([traveller], [told])
        record(actions.TRAVELLER_CHANGED, about=traveller, actor=actor, subject=subject)


def pick(*, account: Account, ids: Iterable[UUID], actor: Actor) -> list[Traveller]:
    """Open these of the list to be filled in, all at once and written down; somebody else's are nobody. Their period begins anew."""
    rows = list(queries.travellers_of(account).filter(pk__in=list(ids)))
    if not rows:
        return []
    opened = read(rows, actor=actor)
    with transaction.atomic():
        _use(rows)
        record(actions.TRAVELLERS_USED, about=account, actor=actor, subject=account.subject, travellers=len(rows))
    return opened


def renew(*, account: Account, actor: Actor) -> int:
    """Keep everybody in the list for another period. Returns how many."""
    rows = list(queries.travellers_of(account))
    if rows:
        with transaction.atomic():
            _use(rows)
            record(actions.TRAVELLERS_KEPT, about=account, actor=actor, subject=account.subject, travellers=len(rows))
    return len(rows)


def remove(*, traveller: SavedTraveller, actor: Actor) -> None:
    """Forget one of them: the key is destroyed, the row removed."""
    (subject,) = files.subjects_of([traveller.person]).values()
    with transaction.atomic():
        try:
            erasing.erase(subject=subject, actor=actor, because="traveller_removed", keeps=[Keep.TRAVELLER])
        except erasing.NothingToErase:  # Its period was over this very day: the sweep was here first.
            pass
        record(actions.TRAVELLER_REMOVED, about=traveller, actor=actor, subject=subject)
        traveller.delete()


def tell_of_ending(*, limit: int = 500) -> int:
    """Tell whoever has people in the list whose period is over soon, once for each period. Returns how many were told."""
    soon = clock.today() + timedelta(days=TRAVELLERS.notice_days)
    ending = SavedTraveller.objects.filter(ends_on__lte=soon, ends_on__gt=clock.today(), told_at=None, account__state=AccountState.ACTIVE)
    accounts = Account.objects.filter(pk__in=ending.values("account")).order_by("pk")[:limit]
    return sum(_tell(account, ending.filter(account=account)) for account in accounts)


def drop_forgotten() -> int:
    """Remove the rows whose people are past their time and have been erased. Returns how many."""
    count: int = SavedTraveller.objects.filter(name__isnull=True).delete()[0]
    return count


def read(rows: Sequence[SavedTraveller], *, actor: Actor) -> list[Traveller]:
    """What was typed for them, for whoever keeps the list: opened in one batch and written down."""
    return [_told(row, opened) for row, opened in zip(rows, reveal(rows, FIELDS, purpose=PREFILL, actor=actor), strict=True)]


def _locked_list(account: Account) -> list[SavedTraveller]:
    """Nobody else adds to it until the transaction ends."""
    Account.objects.select_for_update().get(pk=account.pk)
    return list(queries.travellers_of(account))


def _known(people: Sequence[Traveller], kept: Sequence[SavedTraveller], actor: Actor) -> list[SavedTraveller | None]:
    """The row of each who is in the list already, None of whoever is new to it."""
    rows: dict[object, SavedTraveller] = {}
    found: dict[int, SavedTraveller] = {}
    named = ("name", "birth_date", "identity_number", "other_number")
    for row, opened in zip(kept, reveal(kept, named, purpose=PREFILL, actor=actor), strict=True):
        rows[opened.name, opened.birth_date] = rows[opened.identity_number] = row
        if opened.other_number:
            rows[opened.other_number] = row
    for keys_of in (_numbers, _called):  # Whoever shows a document comes before whoever only has the name.
        for place, person in enumerate(people):
            mine = next((rows[key] for key in keys_of(person) if key in rows and rows[key] not in found.values()), None)
            if mine and place not in found:
                found[place] = mine
    return [found.get(place) for place in range(len(people))]


def _each_once(people: Sequence[Traveller]) -> list[Traveller]:
    seen: set[object] = set()
    once: list[Traveller] = []
    for person in people:
        if not _keys(person) & seen:
            once.append(person)
        seen |= _keys(person)
    return once


def _keys(person: Traveller) -> set[object]:
    """What tells that somebody is the same: one of their documents, or name and birth date together."""
    return {*_numbers(person), *_called(person)}


def _numbers(person: Traveller) -> list[object]:
    return [one.number for one in person.documents]


def _called(person: Traveller) -> list[object]:
    return [(Kind.NAME.clean(person.name), person.birth_date.isoformat())]


def _brought_together(people: Sequence[Traveller], known: Sequence[SavedTraveller | None], actor: Actor) -> list[Traveller]:
    """Of whoever is known, what was not typed this time stays: another document, a number, an address."""
    rows = [row for row in known if row]
    before = dict(zip((row.pk for row in rows), read(rows, actor=actor), strict=True))
    return [_together(person, before[row.pk]) if row else person for person, row in zip(people, known, strict=True)]


def _together(now: Traveller, before: Traveller) -> Traveller:
    typed = {one.kind for one in now.documents}
    documents = (*now.documents, *(one for one in before.documents if one.kind not in typed))[:2]
    rest = {name: getattr(now, name) or getattr(before, name) for name in ("relation", "passport_name", "sex", "phone", "email")}
    return replace(now, documents=documents, **rest)


def _told(row: SavedTraveller, opened: Opened) -> Traveller:
    documents = [
        Document(kind=kind, number=number, ends=date.fromisoformat(ends) if ends else None)
        for kind, number, ends in (
            (row.identity_kind, opened.identity_number, opened.identity_ends),
            (row.other_kind, opened.other_number, opened.other_ends),
        )
        if number
    ]
    return Traveller(
        name=opened.name,
        documents=tuple(documents),
        birth_date=date.fromisoformat(opened.birth_date),
        relation=opened.relation,
        passport_name=opened.passport_name,
        sex=opened.sex,
        phone=opened.phone,
        email=opened.email,
    )


def _save(rows: Sequence[SavedTraveller], people: Sequence[Traveller]) -> None:
    ends_on = files.start_clocks_of([row.person for row in rows], Keep.TRAVELLER, clock.today())
    for row, person in zip(rows, people, strict=True):
        first, *rest = person.documents
        other = rest[0] if rest else Document(kind="", number="")
        row.identity_kind, row.identity_number, row.identity_ends = first.kind, first.number, first.ends
        row.other_kind, row.other_number, row.other_ends = other.kind, other.number or None, other.ends
        row.name, row.birth_date = person.name, person.birth_date
        for name in ("passport_name", "relation", "sex", "phone", "email"):
            setattr(row, name, getattr(person, name) or None)
        row.used_at, row.ends_on, row.told_at = clock.now(), ends_on, None
        row.save()


def _use(rows: Sequence[SavedTraveller]) -> None:
    ends_on = files.start_clocks_of([row.person for row in rows], Keep.TRAVELLER, clock.today())
    SavedTraveller.objects.filter(pk__in=[row.pk for row in rows]).update(used_at=clock.now(), ends_on=ends_on, told_at=None)


def _agree(rows: Sequence[SavedTraveller], people: Sequence[Traveller], agreed_to: ShownText, page: str, actor: Actor) -> None:
    """The consents of these people, which the holder declares to have; their own is given, and not declared."""
    subjects = files.subjects_of(row.person for row in rows)
    given: list[Given] = []
    for row, one in zip(rows, people, strict=True):
        subject, way = subjects[row.person], "tap" if one.relation == Relation.SELF else "declared"
        given.append(Given(subject, Consent.K02, way=way))
        if one.is_guarded:
            given.append(Given(subject, Consent.K14, way=way))
    consents.give_all(given, text=agreed_to, page=page, actor=actor)


def _tell(account: Account, ending: QuerySet[SavedTraveller]) -> bool:
    phone = reveal_one(account, "phone", purpose=NOTIFY, actor=TELLER).phone
    with transaction.atomic():
        rows = list(ending.select_for_update().order_by("ends_on"))
        if not rows:
            return False
        SavedTraveller.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=clock.now())
        values = {"day": rows[0].ends_on.isoformat()}
        contact.prepare(
            phone=phone, template=Template.TRAVELLERS_ENDING, values=values, language="zh-hans", actor=TELLER, subject=account.subject
        )
        record(actions.TRAVELLERS_ENDING, about=account, actor=TELLER, subject=account.subject, travellers=len(rows))
    return True
