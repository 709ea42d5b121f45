"""Staff: two factors that cannot be guessed, and nobody who lets themselves in."""

from datetime import timedelta

import pytest

from besttrav.people.limits import STAFF
from besttrav.people.models import StaffState
from besttrav.people.operations import opening, staff
from besttrav.people.operations.opening import SearchesUsedUp
from besttrav.people.operations.staff import SignInRefused, StaffNumberTaken
from besttrav.people.permissions import Role
from besttrav.privacy import rights
from besttrav.privacy.gate import NotDeclared, reveal_one
from besttrav.privacy.purposes import ANSWER_RIGHTS, SUPERVISE, Purpose
from tests.conftest import StoppedClock
from tests.world import BUYER, PASSWORD, Colleague, World, browser


def guess(colleague: Colleague, *, times: int) -> None:
    for _time in range(times):
        with pytest.raises(SignInRefused):
            staff.prove_with_code(session=colleague.session, code="no code", actor=colleague.actor)


def test_whoever_goes_on_guessing_codes_is_locked_out_until_two_people_open(world: World, stopped_clock: StoppedClock) -> None:
    agent = world.service_agent
    for _pause in range(STAFF.codes_in_a_row // STAFF.tries):
        guess(agent, times=STAFF.tries)
        stopped_clock.advance(timedelta(seconds=STAFF.pause + 1))

    agent.member.refresh_from_db()
    assert agent.member.state == StaffState.LOCKED
    with pytest.raises(SignInRefused):
        staff.sign_in(number="S1001", password=PASSWORD, visitor=browser())

    reset, _half = staff.ask_reset(staff=agent.member, actor=world.administrator.actor)
    assert staff.confirm_reset(reset=reset, actor=world.second_administrator.actor)
    agent.member.refresh_from_db()
    assert (agent.member.state, agent.member.wrong_codes) == (StaffState.INVITED, 0)


def test_wrong_passwords_pause_an_account_and_never_lock_it(world: World, stopped_clock: StoppedClock) -> None:
    agent = world.service_agent
    for turn in range(STAFF.tries + 1):
        with pytest.raises(SignInRefused):
            staff.sign_in(number="S1001", password="three loud drums", visitor=browser(network=f"203.0.{turn}.9"))
    with pytest.raises(SignInRefused):
        staff.sign_in(number="S1001", password=PASSWORD, visitor=browser())

    stopped_clock.advance(timedelta(seconds=STAFF.pause + 1))
    assert staff.sign_in(number="S1001", password=PASSWORD, visitor=browser()).session.staff == agent.member


def test_one_guess_on_each_of_many_accounts_ends_with_the_network(world: World) -> None:
    assert world.service_agent
    for turn in range(STAFF.wrong_an_hour_network):
        with pytest.raises(SignInRefused):
            staff.sign_in(number=f"S9{turn:03}", password=PASSWORD, visitor=browser(network=f"198.51.100.{turn}"))

    with pytest.raises(SignInRefused):
        staff.sign_in(number="S1001", password=PASSWORD, visitor=browser(network="198.51.100.200"))
    assert staff.sign_in(number="S1001", password=PASSWORD, visitor=browser(network="203.0.113.7"))


def test_a_staff_number_is_given_once(world: World) -> None:
    assert world.service_agent
    with pytest.raises(StaffNumberTaken):
        staff.invite(number="S1001", name="方小满", actor=world.administrator.actor)


def test_trying_numbers_one_by_one_ends_at_the_quota(world: World) -> None:
    agent = world.service_agent
    for tail in range(STAFF.searches_an_hour):
        opening.search(phone=f"1290000{tail:04}", actor=agent.actor)

    with pytest.raises(SearchesUsedUp):
        opening.search(phone=BUYER, actor=agent.actor)


@pytest.mark.parametrize("purpose", [ANSWER_RIGHTS, SUPERVISE])
def test_no_duty_opens_the_secret_that_signs_a_colleague_in(world: World, purpose: Purpose) -> None:
    officer = world.colleague("S1007", "沈听澜", Role.PRIVACY)
    member = world.service_agent.member

    held = rights.held_about(member.subject, actor=officer.actor)
    assert "people.staffmember.totp_secret" not in {value.field.tag for holding in held for row in holding.records for value in row.values}
    with pytest.raises(NotDeclared):
        reveal_one(member, "totp_secret", purpose=purpose, actor=officer.actor)
    assert reveal_one(member, "name", purpose=purpose, actor=officer.actor).name == "季晚亭"
