"""Reading this room."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor, ActorKind
from besttrav.people import phones
from besttrav.people.models import (
    Account,
    Alarm,
    Challenge,
    CodePurpose,
    ConfidentialityAgreement,
    FactorReset,
    GrantState,
    ResetState,
    RoleGrant,
    SavedTraveller,
    SearchedWords,
    Session,
    StaffMember,
    StaffState,
    Trust,
)
from besttrav.people.permissions import Role
from besttrav.people.purposes import SEARCH
from besttrav.people.visitors import Visitor, digest
from besttrav.privacy import consents
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import find, masked, reveal
from besttrav.privacy.purposes import SIGN_IN
from besttrav.privacy.queries import restored_since

_CODES = Actor.job("people.codes")


def living_session(token: str, *, of_staff: bool, now: datetime) -> Session | None:
    """The session this token opens, if it still counts. Staff tokens open no customer session, nor the other way round.

    None from before a restore counts: it may have ended after the backup.
    """
    sessions = Session.objects.filter(token_sha256=digest(token), ended_at=None, staff__isnull=not of_staff)
    session = sessions.select_related("account", "staff").first()
    if session is None or not session.is_alive(now) or not session.is_bound or restored_since(session.created_at):
        return None
    return session if _owner_may_act(session) else None


def actor_of(session: Session | None) -> Actor:
    """Who acts, with the roles held at this moment. Staff between their two factors are visitors still.

    A session of low trust acts for nobody's data: without a subject the gate opens nothing as its own.
    """
    if session is None or session.trust == Trust.PENDING:
        return Actor.visitor()
    if session.account:
        return Actor(
            ActorKind.PERSON, id=session.account.id, subject=session.account.subject if session.is_trusted else None, session=session.id
        )
    assert session.staff is not None
    return Actor.staff(id=session.staff.id, number=session.staff.number, roles=roles_of(session.staff), session=session.id)


def roles_of(staff: StaffMember) -> frozenset[str]:
    """The roles in force: those whose rows were written by us."""
    granted = RoleGrant.objects.filter(staff=staff, state=GrantState.GRANTED)
    return frozenset(grant.role for grant in granted if grant.is_in_force)


def challenge_of(challenge_id: UUID, visitor: Visitor) -> Challenge:
    """The challenge this very browser asked for. Raises Http404: somebody else's and none at all look the same."""
    return get_object_or_404(Challenge, id=challenge_id, browser_sha256=visitor.browser_sha256)


def waiting_challenge(phone: str, purpose: CodePurpose, visitor: Visitor) -> Challenge | None:
    """The code on its way to this number for this very browser: it can be entered still, so nobody is sent to wait for another."""
    sent = find(Challenge, phone=phones.clean(phone), purpose=SIGN_IN, actor=_CODES).filter(purpose=purpose)
    return _newest_open(sent, visitor)


def waiting_proof(account: Account, visitor: Visitor) -> Challenge | None:
    """The same for the code that proves again who holds the account."""
    return _newest_open(Challenge.objects.filter(account=account, purpose=CodePurpose.PROVE), visitor)


def _newest_open(sent: QuerySet[Challenge], visitor: Visitor) -> Challenge | None:
    newest = sent.filter(browser_sha256=visitor.browser_sha256).order_by("-created_at").first()
    return newest if newest and newest.is_open(clock.now()) and not restored_since(newest.created_at) else None


def shown_phone(challenge_id: UUID, visitor: Visitor) -> str:
    """The masked number a code went to, so that a slip of the finger is seen; nothing for a browser that did not ask for the code."""
    challenge = Challenge.objects.filter(id=challenge_id, browser_sha256=visitor.browser_sha256).first()
    return masked([challenge], ["phone"], actor=_CODES)[0]["phone"] if challenge else ""


def recognised(visitor: Visitor) -> list[Account]:
    """The accounts that signed in fully with this browser before, and whose owners let us recognise it. Mostly one or none."""
    if not visitor.device:
        return []
    marked = Session.objects.filter(device_sha256=visitor.device_sha256, trust=Trust.FULL, account__isnull=False).select_related("account")
    accounts = {session.account for session in marked if session.account and session.account.may_sign_in and session.is_bound}
    agreed = consents.given([account.subject for account in accounts], [Consent.K12])
    return [account for account in accounts if (account.subject, Consent.K12) in agreed]


def is_device_of(phone: str, visitor: Visitor) -> bool:
    """Whether the owner of this number's account signed in with this browser before."""
    known = recognised(visitor)
    return bool(known) and find(Account, phone=phone, purpose=SIGN_IN, actor=_CODES).filter(pk__in=[one.pk for one in known]).exists()


def open_alarms() -> list[Alarm]:
    """What is unusual about the site's one-time codes now, the latest first."""
    return list(Alarm.objects.filter(ended_at=None).order_by("-raised_at"))


def sessions_of(owner: Account | StaffMember, now: datetime) -> list[Session]:
    """Where somebody is signed in, the latest first."""
    alive = owner.sessions.filter(ended_at=None).order_by("-last_seen_at")
    return [session for session in alive if session.is_alive(now) and not restored_since(session.created_at)]


def searches_of(account: Account, *, actor: Actor, limit: int = 100) -> list[tuple[datetime, str]]:
    """When and what this person searched for, the newest first: their own look, and nobody else's."""
    living = SearchedWords.objects.filter(account=account, words__isnull=False).order_by("-searched_at")[:limit]
    rows = list(living)
    return [(row.searched_at, opened.words) for row, opened in zip(rows, reveal(rows, ["words"], purpose=SEARCH, actor=actor), strict=True)]


def travellers_of(account: Account) -> QuerySet[SavedTraveller]:
    """Whoever is in the account's list and not past their time, in the order they were saved."""
    found: QuerySet[SavedTraveller] = account.travellers.filter(ends_on__gt=clock.today(), name__isnull=False).order_by("pk")
    return found


def roles_by_staff(ids: Iterable[UUID]) -> dict[UUID, list[Role]]:
    """The roles in force of several members of staff, in one query."""
    found: dict[UUID, list[Role]] = {}
    for grant in RoleGrant.objects.filter(staff__in=set(ids), state=GrantState.GRANTED):
        if grant.is_in_force:
            found.setdefault(grant.staff_id, []).append(Role(grant.role))
    return found


def team() -> list[StaffMember]:
    """Everybody who works or worked here, with their grants and agreements, by number."""
    return list(StaffMember.objects.order_by("number").prefetch_related("grants", "agreements"))


def open_questions() -> tuple[list[RoleGrant], list[FactorReset]]:
    """What waits for a second person."""
    grants = RoleGrant.objects.filter(state=GrantState.ASKED).select_related("staff", "asked_by").order_by("asked_at")
    resets = FactorReset.objects.filter(state=ResetState.ASKED).select_related("staff", "asked_by").order_by("asked_at")
    return list(grants), list(resets)


def agreement_of(staff: StaffMember) -> ConfidentialityAgreement | None:
    """The newest agreement the member of staff signed."""
    return ConfidentialityAgreement.objects.filter(staff=staff).order_by("-signed_at").first()


def _owner_may_act(session: Session) -> bool:
    """Somebody invited may finish setting up, and nothing else: a pending session acts for nobody."""
    owner = session.account or session.staff
    return owner is not None and (owner.may_sign_in or (owner.state == StaffState.INVITED and session.trust == Trust.PENDING))
