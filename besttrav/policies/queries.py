"""Reading contracts on somebody's behalf. What somebody may not see and what is not there look the same."""

from datetime import date
from typing import cast
from uuid import UUID

from django.db.models import QuerySet

from besttrav.kernel.actors import Actor
from besttrav.policies.models import Policy, PolicyDocument, Stage


def visible_to(actor: Actor) -> QuerySet[Policy]:
    """The policies of whoever acts, as their holder."""
    return Policy.objects.filter(subject=actor.subject) if actor.subject else Policy.objects.none()


def by_stage(policies: list[Policy], today: date) -> dict[Stage, list[Policy]]:
    """By where they stand on a day in Beijing, in the order of the tabs."""
    return {stage: [policy for policy in policies if policy.stage(today) is stage] for stage in Stage}


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


def paper(document_id: UUID, policy: Policy) -> PolicyDocument | None:
    found = PolicyDocument.objects.filter(policy=policy, id=document_id).select_related("policy").first()
    return cast(PolicyDocument | None, found)
