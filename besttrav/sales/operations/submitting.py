"""Sign, decide, order: from a filled-in application to what is to be paid, or to a refusal that says why and what would change it."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue import rating, underwriting
from besttrav.catalogue.offer import Offer, Relation
from besttrav.catalogue.rating import Quote
from besttrav.catalogue.underwriting import Applicant, Insured, Outcome, Proposal
from besttrav.journal.operations import move, record
from besttrav.kernel import clock, references
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import Money
from besttrav.kernel.statements import insert_once
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.visitors import Visitor
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY
from besttrav.privacy import files
from besttrav.privacy.fields import seal
from besttrav.privacy.gate import reveal_all, reveal_one
from besttrav.sales import actions, evidence, pricing, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.limits import ORDER, SIGNATURE
from besttrav.sales.models import Application, ApplicationState, Decision, Order
from besttrav.sales.operations import caps
from besttrav.sales.operations.applying import NotOpen, PaperChanged, locked
from besttrav.sales.steps import Step, missing

UNDERWRITER = Actor.job("sales.underwrite")
_POINT = re.compile(r"\d+ \d+")
_DRAWING = re.compile(r"[ML]\d{1,4} \d{1,4}(?: ?[ML]\d{1,4} \d{1,4})*")


class NotComplete(Refusal):
    """A step is missing; `step` says which."""

    code = "application_not_complete"
    message = _("Something is still missing in this application.")
    way_out = _("Go on where you left off.")

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class SignatureRefused(Refusal):
    code = "signature_refused"
    message = _("This signature is too short to be a name.")
    way_out = _("Write your full name, or type it instead.")


class NameDiffers(Refusal):
    code = "name_differs"
    message = _("The name you typed is not the applicant's.")
    way_out = _("Type the applicant's name as it stands above, or go back and correct it there.")


class PhoneNotProved(Refusal):
    code = "phone_not_proved"
    message = _("The applicant's mobile number is not confirmed yet.")
    way_out = _("Ask for a code and enter it: by this number you find your contract again.")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signature:
    """Drawn (a path of strokes, as `M10 10 L20 25`) or typed: the applicant's name."""

    drawing: str = ""
    name: str = ""

    @property
    def way(self) -> str:
        return "drawn" if self.drawing else "typed"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of it: an order to pay, or a decision that stands in its way."""

    decision: Decision
    order: Order | None


def request_code(*, application: Application, visitor: Visitor, actor: Actor) -> Challenge:
    """Send a code to the applicant's number. Raises what `people.codes` refuses."""
    phone = _phone_of(application)
    return codes.request(phone=phone, purpose=CodePurpose.BUY, visitor=visitor, actor=actor)


def prove_phone(*, application: Application, challenge_id: UUID, code: str, visitor: Visitor, actor: Actor) -> None:
    """Confirm the applicant's number with the code. Raises CodeRefused, also for a code that went to another number."""
    challenge = codes.check(challenge_id=challenge_id, code=code, purpose=CodePurpose.BUY, visitor=visitor, actor=actor)
    revision = application.revision
    if codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.BUY) != _phone_of(application):
        raise codes.CodeRefused
    with locked(application):
        if not application.is_open:
            raise NotOpen
        if application.revision != revision:
            raise PaperChanged  # Perhaps another number stands there now.
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.BUY)
        application.phone_proved_at = clock.now()
        application.bind()
        application.save(update_fields=["phone_proved_at", "bond"])
        evidence.note(application, Seen("confirmation"), "phone_proved")


def knows_phone(application: Application) -> bool:
    """Whether the applicant's number is proved: by a code, or by being the number of the account that is signed in."""
    if application.phone_proved_at:
        return True
    account = application.account
    return account is not None and codes.phone_of_account(account) == _phone_of(application)


def submit(*, application: Application, revision: int, offer: Offer, signature: Signature, actor: Actor, seen: Seen) -> Submitted:
    """Sign what stands there, have the rules decide, and write the order. Raises NotOpen, NotComplete, PhoneNotProved or what the
    signature lacks.

    `revision` is the one that was shown to whoever signs: PaperChanged if the application has moved on, in this tab or in another.
    Safe to call again: an application that was submitted answers with its order.
    """
    if known := _submitted(application, revision):
        return known
    _require_complete(application, offer)
    if application.account is None and not application.phone_proved_at:
        raise PhoneNotProved
    people = _opened(application, queries.parties_of(application), signature)
    _require_phone(application, people)
    _require_signature(signature, people)
    proposal = _proposal(application, offer, people)
    verdict = underwriting.decide(offer, proposal)
    quote = rating.price(offer, proposal.trip, proposal.insured, verdict.loadings) if verdict.is_accepted else None
    with locked(application):
        if known := _submitted(application, revision):
            return known
        submitted = _sign(application, signature, verdict, quote, actor=actor, seen=seen)
    crashpoint("sales.ordered")
    return submitted


def ask_human(*, decision: Decision, actor: Actor) -> None:
    """Have somebody who did not write the rule look at it (article 24 of the Personal Information Protection Law)."""
    with transaction.atomic():
        if not decision.person_asked_at:
            decision.person_asked_at = clock.now()
            decision.save(update_fields=["person_asked_at"])
            record(actions.HUMAN_ASKED, about=decision, actor=actor)


def _require_complete(application: Application, offer: Offer) -> None:
    read = queries.papers_read(application, offer)
    for step in missing(application, offer, read):
        if step is not Step.CONFIRMATION:
            raise NotComplete(step)


def _submitted(application: Application, revision: int) -> Submitted | None:
    """What came of it, where it was submitted before; None where what was shown still stands. Raises NotOpen and PaperChanged."""
    if application.is_open:
        if application.revision != revision:
            raise PaperChanged
        return None
    order = Order.objects.filter(application=application).first()
    if order is None:
        raise NotOpen
    return Submitted(cast(Decision, queries.decision_of(application)), order)


class _People:
    """The people of an application, and what is read of them to decide: of the applicant, and of everybody insured."""

    def __init__(self, parties: Sequence[Party], holder: Mapping[str, str], numbers: Mapping[UUID, str]) -> None:
        self.parties = parties
        self.holder = holder
        self.numbers = numbers


def _opened(application: Application, parties: Sequence[Party], signature: Signature) -> _People:
    """Open at once what signing and deciding takes, and no more."""
    holder = next(party for party in parties if party.is_holder)
    insured = [party for party in parties if party.is_insured]
    asked = [*([] if holder.is_organisation else ["birth_date"]), *([] if signature.drawing else ["name", "contact"])]
    if not application.phone_proved_at and application.account_id:
        asked.append("phone")
    (of_holder,), of_insured = reveal_all(
        [([holder], asked), (insured, ["identity_number"])], purpose=APPLY, actor=UNDERWRITER, case=application.id
    )
    numbers = {party.id: one.identity_number for party, one in zip(insured, of_insured, strict=True)}
    return _People(parties, {name: of_holder[name] for name in asked}, numbers)


def _require_phone(application: Application, people: _People) -> None:
    account = application.account
    if not application.phone_proved_at and not (account and codes.phone_of_account(account) == people.holder["phone"]):
        raise PhoneNotProved


def _require_signature(signature: Signature, people: _People) -> None:
    if signature.drawing:
        points = len(set(_POINT.findall(signature.drawing)))
        if len(signature.drawing) > SIGNATURE.most_length or points < SIGNATURE.least_strokes or not _DRAWING.fullmatch(signature.drawing):
            raise SignatureRefused
        return
    if _letters(signature.name) not in {_letters(people.holder["name"]), _letters(people.holder["contact"])} - {""}:
        raise NameDiffers


def _letters(name: str) -> str:
    return re.sub(r"[\s·•・]", "", name).casefold()


def _holder(application: Application) -> Party:
    return cast(Party, Party.objects.get(contract=application.contract, is_holder=True))


def _phone_of(application: Application) -> str:
    return reveal_one(_holder(application), "phone", purpose=APPLY, actor=UNDERWRITER, case=application.id).phone


def _proposal(application: Application, offer: Offer, people: _People) -> Proposal:
    holder = next(party for party in people.parties if party.is_holder)
    insured = [party for party in people.parties if party.is_insured]
    answers = _answers(application) if offer.questions else {}
    others = caps.People(application, offer, insured, [people.numbers[party.id] for party in insured]).known()
    trip = pricing.trip_of(application)
    proposed = tuple(
        Insured(
            age=party.age or 0,
            occupation=party.occupation,
            document=pricing.document_of(party),
            relation=Relation.SELF if party.is_holder else pricing.relation_of(party),
            activities=pricing.doings_of(application),
            answers=answers.get(party.id, {}),
            agreed=application.consented_at is not None,
            death_elsewhere=party.death_elsewhere,
            death_known=others[party.id].death,
            copies_known=others[party.id].copies,
            has_passport_name=party.__dict__.get("passport_name") is not None,
        )
        for party in insured
    )
    applicant = Applicant(is_organisation=holder.is_organisation, age=_age_today(people))
    return Proposal(clock.now(), trip, applicant, proposed, application.wants_letter)


def _age_today(people: _People) -> int | None:
    """Whoever applies must be of age today, and not only when the trip begins."""
    born = people.holder.get("birth_date")
    return rating.Traveller(born=clock.today().fromisoformat(born)).age_on(clock.today()) if born else None


def _answers(application: Application) -> dict[UUID, dict[str, bool]]:
    said: dict[UUID, dict[str, bool]] = defaultdict(dict)
    for (party, question), is_yes in queries.answers_of(application, UNDERWRITER).items():
        said[party][question] = is_yes
    return said


def _sign(
    application: Application, signature: Signature, verdict: underwriting.Decision, quote: Quote | None, *, actor: Actor, seen: Seen
) -> Submitted:
    """Write down what was signed, what the rules said of it, and the order where they accept it. The caller has locked the application."""
    if application.state == ApplicationState.DECLINED:
        move(application, ApplicationState.DRAFT, actor=actor, because="asked_again")
    now = clock.now()
    application.signature = signature.drawing or signature.name
    decision = _decision(application, verdict, quote)
    seal([application, decision])
    decision.save()
    signed: dict[str, Any] = {"signature": application.signature, "signed_at": now, "last_activity_at": now}
    evidence.note(application, seen, "signed", way=signature.way, revision=application.revision)
    record(actions.SIGNED, about=application, actor=actor, way=signature.way)
    record(actions.DECIDED, about=decision, actor=UNDERWRITER, outcome=verdict.outcome.value)
    if quote is None:
        state = ApplicationState.DECLINED if verdict.outcome is Outcome.REFUSE else ApplicationState.REFERRED
        move(application, state, actor=UNDERWRITER, because="rules", **signed)
        return Submitted(decision, None)
    signed |= {"premium_fen": quote.total.fen, "area": quote.area.code, "last_day": quote.last_day}
    move(application, ApplicationState.SUBMITTED, actor=UNDERWRITER, because="rules", **signed)
    order = _order(application, quote.total)
    record(actions.ORDERED, about=order, actor=actor, subject=order.subject, fen=order.premium_fen)
    evidence.note(application, seen, "ordered", premium=order.premium_fen)
    return Submitted(decision, order)


def _decision(application: Application, verdict: underwriting.Decision, quote: Quote | None) -> Decision:
    """What was decided, and sealed what the rules looked at, which of them spoke and why."""
    explanation = {
        "inputs": [[one.name, one.value, one.position] for one in verdict.inputs],
        "reasons": [
            {"code": one.code, "says": [one.says.zh, one.says.en], "way_out": [one.way_out.zh, one.way_out.en], "position": one.position}
            for one in verdict.reasons
        ],
    }
    return Decision(
        application=application,
        holder=application.holder,
        revision=application.revision,
        outcome=verdict.outcome.value,
        premium_fen=quote.total.fen if quote else None,
        explanation=json.dumps(explanation, ensure_ascii=False),
        at=clock.now(),
    )


def _order(application: Application, premium: Money) -> Order:
    now, account = clock.now(), application.account
    order = Order(
        application=application,
        subject=account.subject if account else files.subjects_of([application.holder])[application.holder],
        account=account,
        premium_fen=premium.fen,
        pay_by=now + timedelta(minutes=ORDER.pay_minutes),
        created_at=now,
    )
    while True:
        order.number = references.mint(settings.ORDER_PREFIX)
        order.bind()
        if insert_once(order):
            return order
        # The number is somebody else's: there is one order for an application, and its row is locked.
