"""Finding an order again without an account: its number and a code to the applicant's phone show how it stands; papers and rights also
take the last digits of the applicant's document. The same answer for every number, until everything fits."""

import hmac
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import record
from besttrav.kernel import clock, references
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people.models import Account, Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.visitors import Visitor, digest, new_token
from besttrav.policies.models import Party, Policy
from besttrav.policies.purposes import PROVE_COVER
from besttrav.privacy.gate import Closed, reveal_one
from besttrav.sales import actions
from besttrav.sales.limits import VISIT
from besttrav.sales.models import Application, Order, Visit
from besttrav.sales.operations.applying import held

FINDER = Actor.job("sales.find")


class NotFound(Refusal):
    """Number and phone do not belong together, or there is no such order: from outside these look the same."""

    code = "order_not_found"
    message = _("No order has this number and this phone.")
    way_out = _("Compare the number with your message, use the phone you gave when buying, or call us.")


class DigitsRefused(Refusal):
    code = "digits_refused"
    message = _("These are not the last digits of the applicant's document.")
    way_out = _("Look at the document you gave when buying. After several wrong tries, begin again with the number.")


def request_code(*, phone: str, visitor: Visitor, actor: Actor) -> Challenge:
    """Send a code to the phone that was typed, whether or not any order has it."""
    return codes.request(phone=phone, purpose=CodePurpose.FIND_ORDER, visitor=visitor, actor=actor)


def find(*, number: str, challenge_id: UUID, code: str, visitor: Visitor, actor: Actor) -> tuple[Visit, str]:
    """The order, for half an hour, to this browser: the visit and its token. Raises CodeRefused, ReferenceRefused or NotFound."""
    number = references.parse(number, prefix=settings.ORDER_PREFIX)
    challenge = codes.check(challenge_id=challenge_id, code=code, purpose=CodePurpose.FIND_ORDER, visitor=visitor, actor=actor)
    phone = codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.FIND_ORDER)
    order = Order.objects.filter(number=number).select_related("application").first()
    belongs = order is not None and hmac.compare_digest(_phone_of(order.application).encode(), phone.encode())
    token = new_token()
    with transaction.atomic():
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.FIND_ORDER)
        visit = _begun(order, token, actor) if order and belongs else None
    if visit is None:
        raise NotFound
    return visit, token


def visit_of_buyer(*, order: Order, actor: Actor) -> tuple[Visit, str]:
    """A visit for the browser that filled the order's application in, and its token. The caller saw that it is that browser.

    Like every other visit it takes the digits for papers and rights; while the code to the phone is fresh, the browser itself opens
    papers (`is_fresh`), but whoever comes next to it does not take the order away. An order of an account is opened by signing in.
    """
    if order.account_id:
        raise NotFound
    token = new_token()
    with transaction.atomic():
        visit = _begun(order, token, actor)
    return visit, token


def is_fresh(application: Application) -> bool:
    """Whether the phone of the applicant was proved by a code a moment ago."""
    proved = application.phone_proved_at
    return proved is not None and clock.now() - proved < timedelta(minutes=VISIT.minutes)


def show_papers(*, visit: Visit, digits: str, actor: Actor) -> None:
    """Open papers and rights to this visit with the last digits of the document. Raises DigitsRefused; too many wrong tries end it."""
    number = _of_holder(visit.order.application, "identity_number")
    with transaction.atomic():
        Order.objects.select_for_update().get(id=visit.order_id)  # Tries at other visits of the order count too, one after another.
        visit.refresh_from_db(from_queryset=Visit.objects.select_for_update())
        if (
            not visit.is_bound
            or visit.wrong_digits >= VISIT.wrong_digits
            or visit.ends_at <= clock.now()
            or _tried_too_often(visit.order_id)
        ):
            raise NotFound
        fits = hmac.compare_digest(number[-VISIT.digits :].encode(), digits.strip().upper().encode()) and len(number) > VISIT.digits
        if fits:
            visit.sees_papers = True
            visit.bind()
            record(actions.FOUND, about=visit.order, actor=actor, subject=visit.order.subject, papers=True)
        else:
            visit.wrong_digits += 1
        visit.save(update_fields=["sees_papers", "wrong_digits", "bond"])
    if not fits:
        raise DigitsRefused


def join(*, visit: Visit, account: Account, actor: Actor) -> None:
    """Put a guest's order into the account of whoever proved phone and document and is signed in."""
    if not visit.sees_papers:
        raise DigitsRefused
    with transaction.atomic():
        application, order = held(pk=visit.order.application_id)
        if order.account_id not in (None, account.id) or not (application.is_bound and order.is_bound):
            raise NotFound
        for row in (application, order):
            row.account = account
            row.bind()
            row.save(update_fields=["account", "bond"])
        record(actions.JOINED, about=order, actor=actor, subject=order.subject)


def _begun(order: Order, token: str, actor: Actor) -> Visit:
    visit = Visit(order=order, token_sha256=digest(token), ends_at=clock.now() + timedelta(minutes=VISIT.minutes))
    visit.bind()
    visit.save(force_insert=True)
    record(actions.FOUND, about=order, actor=actor, subject=order.subject, papers=False)
    return visit


def _tried_too_often(order_id: UUID) -> bool:
    """Whoever begins again and again has no more tries than this in a day: four digits are soon found by trying."""
    since = clock.now() - timedelta(days=1)
    wrong = Visit.objects.filter(order_id=order_id, created_at__gt=since).aggregate(wrong=Sum("wrong_digits"))["wrong"] or 0
    return bool(wrong >= VISIT.wrong_digits_a_day)


def policy_of(order: Order) -> Policy | None:
    """The policy an order became."""
    return Policy.objects.filter(contract=order.application.contract).first()


def _phone_of(application: Application) -> str:
    return _of_holder(application, "phone")


def _of_holder(application: Application, name: str) -> str:
    """Nothing where it was forgotten meanwhile: then nobody proves anything by it."""
    holder = Party.objects.filter(contract=application.contract, is_holder=True).first()
    if holder is None:
        return ""
    try:
        return reveal_one(holder, name, purpose=PROVE_COVER, actor=FINDER, case=application.id)[name]
    except Closed:
        return ""
