"""Who acts. Below the people room a human is only a subject (whose data) or an actor (who acts)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    PERSON = "person"
    STAFF = "staff"
    PARTNER = "partner"
    JOB = "job"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting now, with the roles held at this moment: built anew for each request and each job, never stored.

    `name` is a job's name or a staff number, never a personal name. `subject` is whose data a person's own data is.
    """

    kind: ActorKind
    id: UUID | None = None
    subject: UUID | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    session: UUID | None = None

    @classmethod
    def person(cls, *, id: UUID, subject: UUID, session: UUID | None = None) -> "Actor":
        return cls(ActorKind.PERSON, id=id, subject=subject, session=session)

    @classmethod
    def staff(cls, *, id: UUID, number: str, roles: frozenset[str], session: UUID | None = None) -> "Actor":
        return cls(ActorKind.STAFF, id=id, name=number, roles=roles, session=session)

    @classmethod
    def job(cls, name: str) -> "Actor":
        return cls(ActorKind.JOB, name=name, roles=frozenset({"job"}))

    @classmethod
    def visitor(cls) -> "Actor":
        return cls(ActorKind.VISITOR)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name or self.id or '-'}"
