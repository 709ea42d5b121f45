"""A restore brings back rows as they were. What was ended, spent or accepted since must not live again because of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people.models import Challenge, Session
from besttrav.people.operations import accounts, staff
from besttrav.people.operations.codes import CodeRefused
from besttrav.people.operations.staff import InvitationRefused
from besttrav.people.queries import living_session, sessions_of
from tests.conftest import StoppedClock
from tests.people.test_codes import try_code
from tests.world import BUYER, PASSWORD, World, browser, restore_a_backup


def test_no_session_from_before_a_restore_opens_anything_even_before_the_job_ran(world: World, stopped_clock: StoppedClock) -> None:
    buyer, agent = world.buyer, world.service_agent
    restore_a_backup()

    assert Session.objects.filter(ended_at=None).count() == 2
    assert living_session(buyer.token, of_staff=False, now=clock.now()) is None
    assert living_session(agent.token, of_staff=True, now=clock.now()) is None
    assert sessions_of(buyer.account, clock.now()) == []

    stopped_clock.advance(timedelta(minutes=5))
    world.carrier.set_clock(300)
    again = world.customer(BUYER)
    assert living_session(again.token, of_staff=False, now=clock.now()) == again.session


def test_the_job_closes_what_was_open_and_nothing_that_began_since(
    world: World, stopped_clock: StoppedClock, drain: Callable[[], int]
) -> None:
    assert world.buyer
    world.ask_for_code("+8612900001009", browser())
    restore_a_backup()
    stopped_clock.advance(timedelta(minutes=5))
    world.carrier.set_clock(300)
    again = world.customer(BUYER)
    drain()

    assert list(Session.objects.filter(ended_at=None)) == [again.session]
    assert not Challenge.objects.filter(replaced_at=None, proved_at=None).exists()
    assert Entry.objects.get(action="people.restore_followed").facts == {"sessions": 1, "codes": 1}


def test_a_code_from_before_a_restore_does_not_work(world: World) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)
    restore_a_backup()

    with pytest.raises(CodeRefused):
        try_code(challenge, world.carrier.code(BUYER), visitor)


def test_a_proof_from_before_a_restore_signs_nobody_in(world: World) -> None:
    visitor = browser()
    challenge = world.prove(BUYER, visitor)
    restore_a_backup()

    with pytest.raises(CodeRefused):
        accounts.sign_in(challenge=challenge, visitor=visitor)


def test_an_invitation_from_before_a_restore_is_not_accepted(world: World) -> None:
    _member, invitation = staff.invite(number="S2001", name="方小满", actor=Actor.job("tests"))
    restore_a_backup()

    with pytest.raises(InvitationRefused):
        staff.enrol(number="S2001", invitation=invitation, password=PASSWORD, visitor=browser())
