"""Reading contracts on somebody's behalf. What somebody may not see and what is not there look the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q

from besttrav.kernel.clock import BEIJING
from besttrav.kernel.workdays import YearNotAnnounced, add_workdays
from besttrav.policies.limits import SURRENDER
from besttrav.policies.models import Policy, PolicyDocument, Surrender, SurrenderState

MOST = 500
_U = SurrenderState


def papers_of(policy: Policy) -> list[PolicyDocument]:
    """The papers there are, the insurer's first."""
    order = ["e_policy", "certificate", "application"]
    return sorted(PolicyDocument.objects.filter(policy=policy), key=lambda paper: (order.index(paper.kind), paper.made_at))


def by_code(code: str) -> Policy | None:
    """The policy whose papers carry this printed code, for the public check."""
    return Policy.objects.filter(code=code).first()


def by_secret(secret: bytes) -> Policy | None:
    """The policy whose papers carry the square code with this secret."""
    return Policy.objects.filter(secret=secret).first()


@dataclass(frozen=True, slots=True)
class Clocked:
    """A surrender with the clock that runs for it: since when, and the last day of its term, None while its working days are not known."""

    surrender: Surrender
    since: datetime
    due: date | None

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today


def surrender_of(policy: Policy) -> Surrender | None:
    """The newest surrender of a policy, whatever became of it."""
    return Surrender.objects.filter(policy=policy).order_by("-asked_at").first()


def contracts_being_given_up(contracts: Sequence[UUID]) -> set[UUID]:
    """Those of these contracts whose surrender is under way."""
    under_way = Surrender.objects.exclude(state__in=[_U.DONE, _U.REFUSED]).filter(policy__contract__in=contracts)
    return set(under_way.values_list("policy__contract", flat=True))


def surrenders_waiting() -> list[Clocked]:
    """Those that wait for a person, whose term ends first coming first."""
    differs = Q(given_fen__isnull=False, difference_case="") & ~Q(given_fen=F("value_fen"))
    waiting = Q(state__in=[_U.RECEIVED, _U.MISSING, _U.PROPOSED, _U.HALTED]) | differs
    found = [clocked(one) for one in Surrender.objects.filter(waiting).select_related("policy").order_by("asked_at")[:MOST]]
    return sorted(found, key=lambda one: (one.due or date.max, one.since))


def clocked(surrender: Surrender) -> Clocked:
    """The clock of where it stands: to be taken up, to be completed by the customer, to be carried out, to be paid."""
    match surrender.state:
        case _U.RECEIVED:
            since, term = surrender.asked_at, SURRENDER.accept_workdays
        case _U.MISSING:
            since, term = surrender.missing_at or surrender.asked_at, SURRENDER.missing_workdays
        case _U.PROPOSED | _U.AT_INSURER | _U.HALTED:
            since, term = surrender.agreed_at or surrender.asked_at, SURRENDER.process_workdays
        case _:
            since, term = surrender.cancelled_at or surrender.asked_at, SURRENDER.paid_workdays
    return Clocked(surrender, since, workdays_after(since.astimezone(BEIJING).date(), term))


def workdays_after(day: date, count: int) -> date | None:
    """The end of a term in working days; None while they have not been announced that far."""
    try:
        return add_workdays(day, count)
    except YearNotAnnounced:
        return None
