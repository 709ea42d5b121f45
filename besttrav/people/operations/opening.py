"""Staff looking for a person and opening their data: by an exact key, for a purpose, under a case number, within a quota."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, phones
from besttrav.people.limits import STAFF
from besttrav.people.models import Account, Opening, StaffMember
from besttrav.people.permissions import Permission, purposes_for
from besttrav.privacy import marks
from besttrav.privacy.fields import fields_of
from besttrav.privacy.gate import NotYours, Opened, find, reveal
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import Purpose
from besttrav.privacy.rights import Holding


class QuotaReached(Refusal):
    code = "quota_reached"
    message = _("You have opened as much personal data in the last hour as your role needs.")
    way_out = _("Go on later, or ask your supervisor to take over the case.")


class SearchesUsedUp(Refusal):
    code = "searches_used_up"
    message = _("You have searched for as many people in the last hour as your role needs.")
    way_out = _("Go on later, or ask your supervisor to take over the case.")


class NothingChosen(Refusal):
    code = "nothing_chosen"
    message = _("Choose what you need to see.")


def search(*, phone: str, actor: Actor) -> list[Account]:
    """The accounts with exactly this number. Every search is written down, with how many it found, and counts towards a quota: whoever
    tries numbers one by one learns what a mask hides. Raises PhoneRefused or SearchesUsedUp.
    """
    phone = phones.clean(phone)
    purpose = _first_declared(Account, "phone", purposes_for(actor.roles, Permission.FIND_PEOPLE))
    _count_search(actor)
    found = list(find(Account, phone=phone, purpose=purpose, actor=actor).order_by("-id"))
    with transaction.atomic():
        record(actions.PERSON_SEARCHED, actor=actor, subject=found[0].subject if len(found) == 1 else None, found=len(found))
    return found


def open_for(
    *, staff: StaffMember, subject: UUID, holdings: Sequence[Holding], tags: Sequence[str], purpose: Purpose, reference: str, actor: Actor
) -> dict[tuple[object, str], str]:
    """The chosen fields of these rows as text, by row id and tag. The person sees the look at once, with purpose and role.

    Raises NotYours, QuotaReached, NothingChosen, or what the gate raises.
    """
    if purpose not in purposes_for(actor.roles, Permission.REVEAL):
        raise NotYours
    if not tags or not holdings:
        raise NothingChosen
    opening = _begin(staff, subject, purpose, reference)
    texts: dict[tuple[object, str], str] = {}
    for holding in holdings:
        names = {field.tag: field.name for field in fields_of(holding.model) if field.tag in tags}
        rows = [held.record for held in holding.records]
        if names and rows:
            opened: list[Opened] = reveal(rows, list(names.values()), purpose=purpose, actor=actor, case=opening.id)
            texts |= {(row.pk, tag): text[name] for row, text in zip(rows, opened, strict=True) for tag, name in names.items()}
    return texts


def _count_search(actor: Actor) -> None:
    """Under the lock of the searcher's own row, so that parallel searches are counted one by one."""
    searcher = str(actor.id)
    with transaction.atomic():
        StaffMember.objects.select_for_update().get(id=actor.id)
        if marks.count("person_searched", searcher, kind=Kind.PAGE, since=clock.now() - timedelta(hours=1)) >= STAFF.searches_an_hour:
            raise SearchesUsedUp
        marks.note("person_searched", searcher, kind=Kind.PAGE, life=timedelta(hours=1))


def _begin(staff: StaffMember, subject: UUID, purpose: Purpose, reference: str) -> Opening:
    """Count under the row's lock, so that two tabs at once do not double the quota."""
    since = clock.now() - timedelta(hours=1)
    with transaction.atomic():
        StaffMember.objects.select_for_update().get(id=staff.id)
        if Opening.objects.filter(staff=staff, opened_at__gt=since).count() >= STAFF.reveals_an_hour:
            raise QuotaReached
        return Opening.objects.create(staff=staff, subject=subject, purpose=purpose.code, reference=reference)


def _first_declared(model: type[models.Model], name: str, purposes: Sequence[Purpose]) -> Purpose:
    field = next(field for field in fields_of(model) if field.name == name)
    for purpose in purposes:
        if field.serves(purpose):
            return purpose
    raise NotYours
