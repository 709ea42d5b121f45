"""Reading contracts on somebody's behalf. What somebody may not see and what is not there look the same."""

from besttrav.policies.models import Policy, PolicyDocument


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
