"""What staff decide about a surrender that may not go its way by itself. Of two who press at once, one has its way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from besttrav.contact.templates import Template
from besttrav.insurers.models import Exchange, ExchangeState
from besttrav.journal.operations import MoveRefused, move, record, together
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.statements import lock
from besttrav.payments.operations import SecondPersonNeeded
from besttrav.policies import actions
from besttrav.policies.models import Missing, Policy, RefusedBecause, Surrender, SurrenderReason, SurrenderState
from besttrav.policies.operations.surrendering import refuse, send, tell

TO_BE_CHECKED = (SurrenderState.RECEIVED, SurrenderState.MISSING)


class ProofNeeded(Refusal):
    """Accepted without having seen what the reason takes."""

    code = "proof_needed"
    message = _("Not all that this surrender takes has been seen.")
    way_out = _("Ask the customer for it, or refuse.")


def needed(surrender: Surrender) -> list[Missing]:
    """What must have been seen before it is accepted."""
    of_reason = {
        SurrenderReason.NOT_LEFT: [Missing.NOT_LEFT],
        SurrenderReason.VISA_REFUSED: [Missing.VISA_REFUSED],
        SurrenderReason.OTHER: [Missing.CALL],
    }
    return [*of_reason.get(SurrenderReason(surrender.reason), []), *([Missing.IDENTITY] if surrender.takes_two else [])]


def may_be_refused(surrender: Surrender) -> bool:
    """Whether it is certain that the policy stands: nobody was asked, or the insurer said no. Silence is no answer."""
    if surrender.state != SurrenderState.HALTED:
        return surrender.state in TO_BE_CHECKED
    assert surrender.exchange
    return Exchange.objects.filter(id=surrender.exchange, state=ExchangeState.REJECTED).exists()


def accept(*, surrender: Surrender, seen: Sequence[Missing], case: str, actor: Actor) -> None:
    """All is there: have the insurer end it, or a second person look where much goes back. Raises ProofNeeded or MoveRefused.

    The proof itself lies in the case: what was seen and where is written down.
    """
    with _attended(surrender, "accept", [one.value for one in seen], case, actor):
        if surrender.state not in TO_BE_CHECKED:
            raise MoveRefused
        if set(needed(surrender)) - set(seen):
            raise ProofNeeded
        agreed = {"agreed_by": actor.id, "agreed_at": clock.now()}
        if surrender.takes_two:
            move(surrender, SurrenderState.PROPOSED, actor=actor, because="checked", subject=surrender.policy.subject, **agreed)
        else:
            send(surrender, because="checked", actor=actor, **agreed)


def confirm(*, surrender: Surrender, is_right: bool, case: str, actor: Actor) -> None:
    """Agree as a second person, or have it checked again. Raises SecondPersonNeeded or MoveRefused."""
    with _attended(surrender, "confirm" if is_right else "turn_back", [], case, actor):
        if surrender.state != SurrenderState.PROPOSED:
            raise MoveRefused
        if surrender.agreed_by == actor.id:
            raise SecondPersonNeeded
        if is_right:
            send(surrender, because="second_person", actor=actor, confirmed_by=actor.id)
        else:
            anew = {"agreed_by": None, "agreed_at": None}
            move(surrender, SurrenderState.RECEIVED, actor=actor, because="not_confirmed", subject=surrender.policy.subject, **anew)


def ask_for(*, surrender: Surrender, missing: Sequence[Missing], case: str, actor: Actor) -> None:
    """Say once and whole what is missing, and tell the customer. Raises MoveRefused."""
    codes = [one.value for one in missing]
    with _attended(surrender, "ask_for", codes, case, actor):
        asked = {"missing": codes, "missing_at": clock.now()}
        move(surrender, SurrenderState.MISSING, actor=actor, because="missing", subject=surrender.policy.subject, **asked)
        tell(surrender, Template.SURRENDER_ANSWERED)


def turn_down(*, surrender: Surrender, because: RefusedBecause, case: str, actor: Actor) -> None:
    """The policy stands, and the customer reads why. Raises MoveRefused."""
    with _attended(surrender, "refuse", [because.value], case, actor):
        if not may_be_refused(surrender):
            raise MoveRefused
        refuse(surrender, because, actor=actor)
        tell(surrender, Template.SURRENDER_ANSWERED)


def try_again(*, surrender: Surrender, case: str, actor: Actor) -> None:
    """A new decision to ask the insurer, with a number of its own: what the one before may have done is found by it. Raises MoveRefused."""
    with _attended(surrender, "try_again", [], case, actor):
        if surrender.state != SurrenderState.HALTED:
            raise MoveRefused
        send(surrender, because="try_again", actor=actor)


def explain(*, surrender: Surrender, case: str, actor: Actor) -> None:
    """By which case the insurer's other sum was explained or put right. Raises MoveRefused where nothing is to be explained."""
    with _attended(surrender, "explain", [], case, actor):
        if not surrender.differs:
            raise MoveRefused
        surrender.difference_case = case
        surrender.save(update_fields=["difference_case"])


@contextmanager
def _attended(surrender: Surrender, did: str, why: list[str], case: str, actor: Actor) -> Iterator[None]:
    """The policy and its surrender, locked and as they are now; what is done and by which case is written down with it."""
    with together():
        policy = Policy.objects.select_for_update().get(id=surrender.policy_id)
        lock(surrender)
        surrender.policy = policy
        record(actions.SURRENDER_ATTENDED, about=surrender, actor=actor, subject=policy.subject, did=did, why=why, case=case.lower())
        yield
