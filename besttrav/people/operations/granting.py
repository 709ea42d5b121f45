"""Agreements and roles: nobody has a role without a signed confidentiality agreement, and nobody decides about themselves or alone."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import move, record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, queries
from besttrav.people.agreement import current_agreement
from besttrav.people.models import ConfidentialityAgreement, GrantState, RoleGrant, StaffMember
from besttrav.people.operations import sessions
from besttrav.people.permissions import Role


class SamePerson(Refusal):
    code = "same_person"
    message = _("This needs a second person: neither who asked nor whom it is about can decide it.")
    way_out = _("Ask another administrator.")


class NotOneself(Refusal):
    code = "not_oneself"
    message = _("Only the person who promises can sign this agreement.")


class NoAgreement(Refusal):
    code = "no_agreement"
    message = _("There is no signed confidentiality agreement, so no role can be given.")
    way_out = _("Let them sign it first; it is on their home page.")


class AlreadyHeld(Refusal):
    code = "already_held"
    message = _("This role is held or asked for already.")


class NotOurs(Refusal):
    """The row does not carry our bond: somebody wrote it into the record past us."""

    code = "not_ours"
    message = _("This request was not made here.")
    way_out = _("Do not grant it. Tell security at once.")


class AlreadyFounded(Refusal):
    code = "already_founded"
    message = _("There are roles here already: ask for one, and let a second person decide.")


def sign_agreement(*, staff: StaffMember, actor: Actor) -> ConfidentialityAgreement:
    """Write down that they signed the agreement in its present version. Raises NotOneself."""
    if actor.id != staff.id:
        raise NotOneself
    text = current_agreement()
    with transaction.atomic():
        agreement = ConfidentialityAgreement.objects.create(staff=staff, version=text.version, sha256=text.sha256)
        record(actions.AGREEMENT_SIGNED, about=agreement, actor=actor, subject=staff.subject, version=text.version, sha256=text.sha256)
    return agreement


def ask_for_role(*, staff: StaffMember, role: Role, actor: Actor) -> RoleGrant:
    """Propose a role for somebody. Raises NoAgreement or AlreadyHeld."""
    agreement = queries.agreement_of(staff)
    if agreement is None:
        raise NoAgreement
    with transaction.atomic():
        StaffMember.objects.select_for_update().get(id=staff.id)
        if RoleGrant.objects.filter(staff=staff, role=role, state__in=[GrantState.ASKED, GrantState.GRANTED]).exists():
            raise AlreadyHeld
        grant = RoleGrant(staff=staff, role=role, agreement=agreement, asked_by_id=actor.id)
        _bind(grant)
        record(actions.ROLE_ASKED, about=grant, actor=actor, subject=staff.subject, role=role.value)
    return grant


def decide_role(*, grant: RoleGrant, granted: bool, actor: Actor) -> None:
    """A second person grants or refuses. Raises SamePerson for who asked and for whom it is about, and NotOurs for a forged request."""
    if actor.id in {grant.asked_by_id, grant.staff_id}:
        raise SamePerson
    if granted and not grant.is_bound:
        raise NotOurs
    with transaction.atomic():
        RoleGrant.objects.filter(id=grant.id).filter(decided_by=None).update(decided_by_id=actor.id, decided_at=clock.now())
        _move(grant, GrantState.GRANTED if granted else GrantState.REFUSED, actor=actor, because="second_person")


def take_role_back(*, grant: RoleGrant, actor: Actor) -> None:
    """The role is gone at the next request. One person is enough to take away."""
    with transaction.atomic():
        _move(grant, GrantState.TAKEN_BACK, actor=actor, because="taken_back")
        sessions.end_all(owner=grant.staff, actor=actor, why="role_taken_back")


def found(*, staff: StaffMember, role: Role) -> RoleGrant:
    """The first roles of a new installation, given at its console: only to those who signed, and only until the two-person way began."""
    agreement = queries.agreement_of(staff)
    if agreement is None:
        raise NoAgreement
    if RoleGrant.objects.filter(is_founding=False).exists():
        raise AlreadyFounded
    founder = Actor.job("people.founding")
    with transaction.atomic():
        grant = RoleGrant(staff=staff, role=role, agreement=agreement, is_founding=True)
        _bind(grant)
        record(actions.ROLE_ASKED, about=grant, actor=founder, subject=staff.subject, role=role.value)
        _move(grant, GrantState.GRANTED, actor=founder, because="founding")
    return grant


def take_all_back(*, staff: StaffMember, actor: Actor, because: str) -> None:
    """Every role of theirs; runs in the caller's transaction."""
    for grant in RoleGrant.objects.filter(staff=staff, state=GrantState.GRANTED):
        _move(grant, GrantState.TAKEN_BACK, actor=actor, because=because)


def _move(grant: RoleGrant, to: GrantState, *, actor: Actor, because: str) -> None:
    move(grant, to, actor=actor, because=because, subject=grant.staff.subject)
    _bind(grant)


def _bind(grant: RoleGrant) -> None:
    """Save it bound as it now stands."""
    grant.bind()
    grant.save()
