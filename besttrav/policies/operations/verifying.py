"""Comparing a paper with whom it is about: the person who holds it types a name and a number, and hears whether both are on it.

Nothing is told but yes or no, and a network that guesses is soon told nothing at all.
"""

import hmac
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people.visitors import Visitor
from besttrav.policies import actions
from besttrav.policies.limits import COMPARING
from besttrav.policies.models import Policy
from besttrav.policies.operations.concluding import people_of
from besttrav.policies.purposes import PROVE_COVER
from besttrav.policies.verification import comparable_name, comparable_number
from besttrav.privacy import marks
from besttrav.privacy.gate import Opened, reveal
from besttrav.privacy.kinds import Kind

COMPARER = Actor.job("policies.compare")
WRONG = "paper_compared_wrong"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TooManyTries(Refusal):
    """This network, or everybody together for this paper, guessed too often."""

    code = "too_many_tries"
    message = _("Too many names and numbers were tried.")
    way_out = _("Try again later, or call us: we compare the paper with you on the phone.")


class NoSuchPaper(Refusal):
    """The code is well formed, and on no paper of ours."""

    code = "no_such_paper"
    message = _("No paper of ours carries this code.")
    way_out = _("Compare it with the paper once more. If it stands there like this, the paper is not from us: please call us.")


def compare(*, policy: Policy, name: str, number: str, visitor: Visitor, actor: Actor) -> bool:
    """Whether somebody insured has this name, as written in either script, and this document. Raises TooManyTries.

    Every comparison takes the same steps for every insured person. A wrong one counts against the network and against the paper.
    """
    with marks.locked(WRONG, str(policy.id), kind=Kind.DEVICE):
        _require_tries_left(policy, visitor)
        insured = [party for party in people_of(policy.contract) if party.is_insured]
        opened = reveal(insured, ["name", "passport_name", "identity_number"], purpose=PROVE_COVER, actor=COMPARER, case=policy.id)
        fits = sum(_fits(one, comparable_name(name), comparable_number(number)) for one in opened) > 0
        if not fits:
            marks.note(WRONG, visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, life=HOUR)
            marks.note(WRONG, str(policy.id), kind=Kind.DEVICE, life=DAY)
        with transaction.atomic():
            record(actions.COMPARED, about=policy, actor=actor, subject=policy.subject, fits=fits)
    return fits


def _require_tries_left(policy: Policy, visitor: Visitor) -> None:
    now = clock.now()
    if marks.count(WRONG, visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, since=now - HOUR) >= COMPARING.wrong_an_hour_network:
        raise TooManyTries
    if marks.count(WRONG, str(policy.id), kind=Kind.DEVICE, since=now - DAY) >= COMPARING.wrong_a_day_paper:
        raise TooManyTries


def _fits(opened: Opened, name: str, number: str) -> bool:
    typed = name.encode()
    names = [hmac.compare_digest(comparable_name(known).encode(), typed) for known in (opened.name, opened.passport_name) if known]
    is_number = hmac.compare_digest(comparable_number(opened.identity_number).encode(), number.encode())
    return any(names) & is_number & bool(name) & bool(number)
