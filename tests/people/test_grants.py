"""Roles against somebody who can write to the record and to nothing else."""

from importlib import import_module

import pytest
from django.apps import apps

from besttrav.people import invariants as of_people
from besttrav.people.models import RoleGrant
from besttrav.people.operations import granting
from besttrav.people.operations.granting import NotOurs
from besttrav.people.permissions import Permission, Role, allows
from besttrav.people.queries import actor_of, roles_by_staff, roles_of
from besttrav.privacy import invariants
from tests.world import Colleague, World

NAME = of_people.every_role_was_written_by_us_and_its_newest_move_is_in_the_journal.__name__


def reported() -> list[str]:
    return invariants.violations(but=set(invariants.names()) - {NAME}).get(NAME, [])


def forged(world: World, **values: object) -> tuple[Colleague, RoleGrant]:
    """A row written past us for somebody without any role, as two administrators would have had it."""
    clerk = world.colleague("S1009", "宁采薇")
    first, second = world.administrator.member, world.second_administrator.member
    agreement = clerk.member.agreements.get()
    row = {"staff": clerk.member, "role": Role.ADMIN, "agreement": agreement, "asked_by": first, "decided_by": second, **values}
    return clerk, RoleGrant.objects.create(**row)


def test_roles_given_in_the_ordinary_way_count_and_hold(world: World) -> None:
    clerk, asking, deciding = world.colleague("S1009", "宁采薇"), world.administrator.actor, world.second_administrator.actor
    grant = granting.ask_for_role(staff=clerk.member, role=Role.CLAIMS, actor=asking)
    assert roles_of(clerk.member) == frozenset()
    granting.decide_role(grant=grant, granted=True, actor=deciding)

    assert roles_of(clerk.member) == {Role.CLAIMS}
    assert reported() == []


def test_a_role_written_into_the_record_is_none_and_is_reported(world: World) -> None:
    clerk, grant = forged(world, state="granted", bond=world.administrator.member.grants.get().bond)

    assert roles_of(clerk.member) == frozenset()
    assert roles_by_staff([clerk.member.id]) == {}
    assert not allows(actor_of(clerk.session).roles, Permission.MANAGE_TEAM)
    assert reported() == [f"the role grant {grant.id} does not carry our bond"]


@pytest.mark.parametrize("change", [{"role": Role.ADMIN}, {"is_founding": False}])
def test_a_role_that_was_changed_in_the_record_is_none(world: World, change: dict[str, object]) -> None:
    agent = world.service_agent
    others = {"asked_by": world.administrator.member, "decided_by": world.second_administrator.member}
    RoleGrant.objects.filter(staff=agent.member).update(**change, **others)

    assert roles_of(agent.member) == frozenset()
    assert len(reported()) == 1


def test_a_role_pointed_at_somebody_else_is_none(world: World) -> None:
    clerk = world.colleague("S1009", "宁采薇")
    grants = RoleGrant.objects.filter(staff=world.administrator.member)
    grants.update(staff=clerk.member, agreement=clerk.member.agreements.get())

    assert roles_of(clerk.member) == frozenset()


def test_a_request_written_into_the_record_is_not_granted_by_an_honest_second_person(world: World) -> None:
    clerk, grant = forged(world, decided_by=None)

    with pytest.raises(NotOurs):
        granting.decide_role(grant=grant, granted=True, actor=world.second_administrator.actor)
    granting.decide_role(grant=grant, granted=False, actor=world.second_administrator.actor)
    assert roles_of(clerk.member) == frozenset()


def test_an_older_row_put_back_shows_in_the_journal(world: World) -> None:
    agent = world.service_agent
    before = RoleGrant.objects.filter(staff=agent.member).values().get()
    granting.take_role_back(grant=agent.member.grants.get(), actor=world.administrator.actor)
    assert roles_of(agent.member) == frozenset()

    RoleGrant.objects.filter(id=before["id"]).update(**{name: before[name] for name in ("state", "bond")})
    assert reported() == [f"the role grant {before['id']} is granted, and the journal's last word about it is another"]


def test_the_upgrade_binds_roles_as_we_do(world: World) -> None:
    agent = world.service_agent
    RoleGrant.objects.update(bond="")
    assert roles_of(agent.member) == frozenset()
    import_module("besttrav.people.migrations.0006_bound_grants").bind(apps, None)

    assert roles_of(agent.member) == {Role.SERVICE}
