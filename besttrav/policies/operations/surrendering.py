"""Giving a policy up: what it is worth, said to the fen before anybody confirms it, and the confirmation that is bound to what was said.

Locks are taken in one order: the policy, its surrender, then what the rooms below lock.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue import rating
from besttrav.contact import operations as contact
from besttrav.contact.templates import Template
from besttrav.insurers import operations as insurers
from besttrav.insurers.models import Exchange, Kind
from besttrav.journal.operations import move, record, together
from besttrav.kernel import clock, references
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO, Money, Rounding
from besttrav.kernel.statements import lock
from besttrav.payments import operations as payments
from besttrav.payments.models import Payment
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.visitors import Visitor
from besttrav.policies import actions
from besttrav.policies.limits import SURRENDER, SURRENDER_FEES
from besttrav.policies.models import Party, Policy, RefusedBecause, Stage, Surrender, SurrenderReason, SurrenderState
from besttrav.policies.queries import workdays_after
from besttrav.privacy import files
from besttrav.privacy.gate import Closed, reveal_one
from besttrav.privacy.purposes import NOTIFY

SURRENDERER = Actor.job("policies.surrender")


class NotSurrenderable(Refusal):
    """It has ended, or was given up before."""

    code = "not_surrenderable"
    message = _("This policy has ended, so it cannot be given up.")
    way_out = _("Its papers stay here. If you think this is wrong, call us.")


class AlreadyAsked(Refusal):
    """A surrender of this policy is under way or done."""

    code = "surrender_already_asked"
    message = _("This policy has been given up already.")
    way_out = _("Its page tells how far it is.")


class FiguresMoved(Refusal):
    """What was confirmed is not what holds now: a day has passed, or something was paid back meanwhile."""

    code = "figures_moved"
    message = _("The figures have changed since this page was shown. Nothing was done.")
    way_out = _("Look at them once more: what stands here now is what counts.")


class NotOverYet(Refusal):
    """Only what nobody has agreed to can be taken back."""

    code = "surrender_under_way"
    message = _("The insurer has been asked already, so this cannot be taken back.")
    way_out = _("If you need the cover after all, take it out anew, or call us.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What giving it up means, as it stands now. `last_day` is the last day of cover, None where it never begins; `back_by` is when the
    money should be back at the latest, None while the working days until then have not been announced."""

    reason: SurrenderReason
    premium: Money
    days_gone: int
    days: int
    insurers_fee: Money
    value: Money
    fee_percent: int
    fee: Money
    refund: Money
    channel: str
    by_channel: bool
    last_day: date | None
    is_checked: bool
    takes_two: bool
    back_by: date | None

    @property
    def kept(self) -> Money:
        """What the insurer keeps, for the days that have begun and its fee."""
        return self.premium - self.value

    @property
    def seal(self) -> str:
        """The digest of all of it: who confirms sends it back, and it must be that of what holds then."""
        plain = {name: str(value) for name, value in asdict(self).items()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


# What it is worth


def worth(*, policy: Policy, payment: Payment, reason: SurrenderReason) -> Worth:
    """To the fen. Raises NotSurrenderable. Before the start the reason does not matter."""
    today = clock.today()
    _require_surrenderable(policy)
    has_begun = policy.stage(today) is Stage.IN_FORCE
    if not has_begun:
        reason = SurrenderReason.BEFORE_START
    elif reason is SurrenderReason.BEFORE_START:  # It began while the page was open.
        reason = SurrenderReason.OTHER
    is_refused_visa = reason is SurrenderReason.VISA_REFUSED
    terms = (catalogue.offer(policy.version_id), policy.premium, policy.first_day, policy.last_day, today)
    told = rating.refund(*terms, visa_refused=is_refused_visa)
    percent = SURRENDER_FEES.percent(payment.channel)
    fee = told.amount.times(Decimal(percent) / 100, Rounding.HALF_UP)
    takes_two = SURRENDER.takes_two(told.amount - fee)
    is_checked = has_begun or takes_two
    return Worth(
        reason=reason,
        premium=policy.premium,
        days_gone=told.days_gone,
        days=told.days,
        insurers_fee=told.fee if told.amount else ZERO,
        value=told.amount,
        fee_percent=percent,
        fee=fee,
        refund=told.amount - fee,
        channel=payment.channel,
        by_channel=payments.goes_back_by_channel(payment),
        last_day=today if has_begun else None,
        is_checked=is_checked,
        takes_two=takes_two,
        back_by=workdays_after(today, SURRENDER.process_workdays + SURRENDER.paid_workdays + is_checked * SURRENDER.accept_workdays),
    )


def open_surrender(policy: Policy) -> Surrender | None:
    """The one that is under way or done; None where there is none, or the last was not accepted."""
    return Surrender.objects.filter(policy=policy).exclude(state=SurrenderState.REFUSED).first()


# Asking for it


def request_code(*, policy: Policy, visitor: Visitor, actor: Actor) -> Challenge:
    """A code to the phone of the policyholder, whoever asks. Raises NotSurrenderable, and what `people.codes` refuses."""
    _require_surrenderable(policy)
    return codes.request(phone=phone_of_holder(policy), purpose=CodePurpose.SURRENDER, visitor=visitor, actor=actor)


def ask(
    *,
    policy: Policy,
    payment: Payment,
    reason: SurrenderReason,
    seal: str,
    challenge_id: UUID,
    code: str,
    visitor: Visitor,
    actor: Actor,
) -> Surrender:
    """Give it up as it was shown. Before its start it goes to the insurer at once, afterwards a person looks first.

    `payment` is what bought the policy, and `seal` that of the `Worth` that was shown. Raises AlreadyAsked, NotSurrenderable, FiguresMoved
    or CodeRefused. Outside a transaction: the try of a code counts whatever comes of it.
    """
    _refuse_if_asked(policy)
    _require_bought(policy, payment)
    if worth(policy=policy, payment=payment, reason=reason).seal != seal:
        raise FiguresMoved  # Before the code is used up.
    challenge = codes.check(challenge_id=challenge_id, code=code, purpose=CodePurpose.SURRENDER, visitor=visitor, actor=actor)
    if codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.SURRENDER) != phone_of_holder(policy):
        raise codes.CodeRefused
    with together():
        policy = Policy.objects.select_for_update().get(id=policy.id)
        _refuse_if_asked(policy)
        payment.refresh_from_db()
        holds = worth(policy=policy, payment=payment, reason=reason)
        if holds.seal != seal:
            raise FiguresMoved
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.SURRENDER)
        surrender = _written(policy, payment, holds, visitor.language, actor)
        tell(surrender, Template.SURRENDER_RECEIVED, amount=str(surrender.refund))
        if not surrender.is_checked:
            send(surrender, because="before_start", actor=actor)
    crashpoint("policies.surrender_asked")
    return surrender


def take_back(*, surrender: Surrender, actor: Actor) -> None:
    """The policyholder wants to keep it after all. Raises NotOverYet once the insurer was asked; twice is once."""
    with transaction.atomic():
        lock(surrender)
        if surrender.state != SurrenderState.REFUSED:
            if not surrender.can_be_taken_back:
                raise NotOverYet
            refuse(surrender, RefusedBecause.OWN_WISH, actor=actor)


# For the other operations


def refuse(surrender: Surrender, because: RefusedBecause, *, actor: Actor) -> None:
    """The policy stands. Needs the caller's transaction."""
    end = {"answer": because.value, "ended_at": clock.now()}
    move(surrender, SurrenderState.REFUSED, actor=actor, because=because.value, subject=surrender.policy.subject, **end)


def send(surrender: Surrender, *, because: str, actor: Actor, **values: object) -> None:
    """Have the insurer end it: one intention for each decision to ask. Needs the caller's transaction, in which the policy is locked."""
    policy = surrender.policy
    submission = Exchange.objects.get(contract=policy.contract, kind=Kind.SUBMIT, policy_number=policy.number)
    before = Exchange.objects.filter(contract=policy.contract, kind=Kind.CANCEL).count()
    exchange = insurers.plan(
        kind=Kind.CANCEL,
        contract=policy.contract,
        version=before + 1,
        insurer=policy.insurer,
        actor=actor,
        deadline=clock.now() + timedelta(days=SURRENDER.insurer_days),
        submission=submission,
    )
    left = {"exchange": exchange.id, "agreed_at": surrender.agreed_at or clock.now(), "answer": ""}
    move(surrender, SurrenderState.AT_INSURER, actor=actor, because=because, subject=policy.subject, **left | values)


def tell(surrender: Surrender, template: Template, **values: str) -> None:
    """A message to the policyholder, where they can still be told: nobody's money stays here because they had themselves forgotten."""
    holder = _holder(surrender.policy)
    try:
        phone = phone_of_holder(surrender.policy)
    except Closed:
        return
    if phone:
        contact.prepare(
            phone=phone,
            template=template,
            values={"number": references.grouped(surrender.number), "hotline": settings.OPERATOR["hotline"], **values},
            language=surrender.language,
            actor=SURRENDERER,
            subject=files.subjects_of([holder.person])[holder.person],
        )


def phone_of_holder(policy: Policy) -> str:
    """Opened to write to its owner. Raises Closed where it was forgotten."""
    return reveal_one(_holder(policy), "phone", purpose=NOTIFY, actor=SURRENDERER, case=policy.id).phone


def _holder(policy: Policy) -> Party:
    return cast(Party, Party.objects.get(contract=policy.contract, is_holder=True))


def _written(policy: Policy, payment: Payment, holds: Worth, language: str, actor: Actor) -> Surrender:
    surrender = Surrender.objects.create(
        number=_reference(),
        policy=policy,
        payment=payment.pk,
        language=language,
        reason=holds.reason,
        last_day=holds.last_day,
        value_fen=holds.value.fen,
        fee_fen=holds.fee.fen,
        refund_fen=holds.refund.fen,
        promised_by=holds.back_by,
        is_checked=holds.is_checked,
        takes_two=holds.takes_two,
        asked_at=clock.now(),
    )
    facts = {"reason": holds.reason.value, "fen": holds.refund.fen, "figures": holds.seal}
    record(actions.SURRENDER_ASKED, about=surrender, actor=actor, subject=policy.subject, **facts)
    return surrender


def _reference() -> str:
    while True:
        number = references.mint(settings.SURRENDER_PREFIX)
        if not Surrender.objects.filter(number=number).exists():
            return number


def _require_surrenderable(policy: Policy) -> None:
    if policy.stage(clock.today()) not in (Stage.UPCOMING, Stage.IN_FORCE):
        raise NotSurrenderable


def _refuse_if_asked(policy: Policy) -> None:
    if open_surrender(policy):
        raise AlreadyAsked


def _require_bought(policy: Policy, payment: Payment) -> None:
    if not payment.is_captured or payment.subject != policy.subject or payment.captured != policy.premium:
        raise ValueError("a policy is paid back out of the payment that bought it")
