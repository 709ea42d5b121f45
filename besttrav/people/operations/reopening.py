"""A number that a hundred wrong codes in a row have closed, by its owner or by a stranger: staff open it again, once its holder is known.

Guessing stays as far off as before: each opening gives another hundred entries of a million, a number is opened once a day at most, and
its holder is told each time.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.contact import operations as contact
from besttrav.contact.templates import Template
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, phones
from besttrav.people.limits import REOPENING
from besttrav.people.models import NumberProof, Reopening, StaffMember
from besttrav.people.operations import codes
from besttrav.privacy import marks
from besttrav.privacy.kinds import Kind


class NotClosed(Refusal):
    code = "not_closed"
    message = _("This number is not closed by wrong codes.")
    way_out = _("Too many codes on one day open again by themselves the next day.")


class ReopenedAlready(Refusal):
    code = "reopened_already"
    message = _("This number was opened a short time ago.")
    way_out = _("If it is closed again already, somebody is entering wrong codes for it. Hand the case to security.")


class ReopenedEnough(Refusal):
    code = "reopened_enough"
    message = _("You have opened as many numbers in the last hour as one person may.")
    way_out = _("Ask a colleague, or go on later.")


def reopen(*, phone: str, proof: NumberProof, reference: str, staff: StaffMember, actor: Actor) -> Reopening:
    """Forget the wrong entries of a number, so that codes are sent to it again. Its holder is told by a text.

    Raises PhoneRefused, NotClosed, ReopenedAlready or ReopenedEnough; every try counts towards the quota, or it would tell which
    numbers are closed.
    """
    phone = phones.clean(phone)
    _count(staff)
    with codes.alone_with(phone):
        if not codes.is_closed(phone):
            raise NotClosed
        if marks.count("number_reopened", phone, since=clock.now() - timedelta(days=1)) >= REOPENING.a_day:
            raise ReopenedAlready
        with transaction.atomic():
            reopening = Reopening.objects.create(staff=staff, proof=proof, reference=reference)
            record(actions.NUMBER_REOPENED, about=reopening, actor=actor, subject=None, proof=proof.value)
            values = {"moment": clock.now().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"), "hotline": settings.OPERATOR["hotline"]}
            contact.prepare(phone=phone, template=Template.NUMBER_REOPENED, values=values, language="zh-hans", actor=actor)
        marks.note("number_reopened", phone, life=timedelta(days=30))
        codes.forget_wrong(phone)
    return reopening


def _count(staff: StaffMember) -> None:
    """Under the lock of the member's own row, so that parallel tries are counted one by one."""
    hour = timedelta(hours=1)
    with transaction.atomic():
        StaffMember.objects.select_for_update().get(id=staff.id)
        if marks.count("number_reopening", str(staff.id), kind=Kind.PAGE, since=clock.now() - hour) >= REOPENING.an_hour_staff:
            raise ReopenedEnough
        marks.note("number_reopening", str(staff.id), kind=Kind.PAGE, life=hour)
