"""6.1: nobody has a role without a confidentiality agreement of their own, and every opening needs a purpose and is seen by the person."""

import pytest
from django.db import IntegrityError, transaction

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people.models import ConfidentialityAgreement, GrantState, RoleGrant
from besttrav.people.operations import granting, staff
from besttrav.people.operations.granting import NoAgreement
from besttrav.people.permissions import Role
from besttrav.people.queries import living_session, roles_of
from tests.world import World


def test_who_has_not_signed_gets_no_role_by_either_way(world: World) -> None:
    newcomer, _invitation = staff.invite(number="S3001", name="方小满", actor=world.administrator.actor)

    with pytest.raises(NoAgreement):
        granting.ask_for_role(staff=newcomer, role=Role.SERVICE, actor=world.administrator.actor)
    with pytest.raises(NoAgreement):
        granting.found(staff=newcomer, role=Role.SERVICE)
    assert roles_of(newcomer) == frozenset()


def test_the_database_itself_refuses_a_role_on_somebody_elses_agreement(world: World) -> None:
    newcomer, _invitation = staff.invite(number="S3001", name="方小满", actor=Actor.job("tests"))
    foreign = ConfidentialityAgreement.objects.get(staff=world.service_agent.member)

    with pytest.raises(IntegrityError), transaction.atomic():
        grant = RoleGrant.objects.create(
            staff=newcomer, role=Role.SERVICE, agreement=foreign, is_founding=True, state=GrantState.GRANTED, asked_at=clock.now()
        )
        grant.refresh_from_db()
        transaction.get_connection().check_constraints()


def test_who_leaves_is_out_at_once(world: World) -> None:
    agent = world.service_agent
    assert living_session(agent.token, of_staff=True, now=clock.now())

    staff.leave(staff=agent.member, actor=world.administrator.actor)
    assert living_session(agent.token, of_staff=True, now=clock.now()) is None
