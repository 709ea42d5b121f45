"""Staff: two factors, each wrong one counted, and nobody alone."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from pytest_django import Settings

from besttrav.journal.queries import about_subject
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import actions, passwords, totp
from besttrav.people.limits import STAFF
from besttrav.people.models import Session, StaffMember
from besttrav.people.operations import granting, staff
from besttrav.people.operations.granting import NotOneself, SamePerson
from besttrav.people.operations.staff import InvitationRefused, ResetAsked, SignInRefused, StaffNumberTaken
from besttrav.people.queries import living_session, roles_of
from besttrav.people.visitors import digest
from besttrav.settings import PASSWORD_HASHERS
from tests.conftest import StoppedClock
from tests.world import PASSWORD, World, browser


def bring_password(member: StaffMember, password: str = PASSWORD) -> Session:
    return staff.sign_in(number=member.number, password=password, visitor=browser()).session


def code_of(member: StaffMember) -> str:
    """What the app shows in half a minute: the code of the enrolment was used up, and clocks may differ by one step."""
    return totp.code_at(staff.app_secret(member), clock.now() + timedelta(seconds=totp.STEP))


def wrong_codes(member: StaffMember, count: int) -> list[str]:
    near = {totp.code_at(staff.app_secret(member), clock.now() + timedelta(seconds=totp.STEP * step)) for step in range(-2, 4)}
    return [code for number in range(count + 6) if (code := f"{number:06d}") not in near][:count]


def refusals(member: StaffMember) -> list[int]:
    return [entry.facts["tries"] for entry in about_subject([member.subject], [actions.STAFF_REFUSED])][::-1]


def test_after_five_wrong_passwords_the_right_one_waits_a_quarter_of_an_hour(world: World, stopped_clock: StoppedClock) -> None:
    member = world.service_agent.member
    for _try in range(STAFF.tries):
        with pytest.raises(SignInRefused):
            bring_password(member, "not the four lanterns")
    with pytest.raises(SignInRefused):
        bring_password(member)
    assert refusals(member) == [1, 2, 3, 4, 5]

    stopped_clock.advance(timedelta(seconds=STAFF.pause))
    assert bring_password(member)


def test_a_right_password_does_not_end_the_count_of_wrong_codes(world: World) -> None:
    member = world.service_agent.member
    for code in wrong_codes(member, STAFF.tries):
        with pytest.raises(SignInRefused):
            staff.bring_code(session=bring_password(member), code=code, visitor=browser())

    with pytest.raises(SignInRefused):
        bring_password(member)


def test_a_code_opens_once(world: World) -> None:
    member = world.service_agent.member
    code = code_of(member)
    assert staff.bring_code(session=bring_password(member), code=code, visitor=browser())

    with pytest.raises(SignInRefused):
        staff.bring_code(session=bring_password(member), code=code, visitor=browser())


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_of_twenty_wrong_codes_at_once_no_more_are_heard_than_one_by_one(world: World) -> None:
    member = world.service_agent.member
    session = bring_password(member)
    ready = threading.Barrier(20)

    def guess(code: str) -> None:
        ready.wait(30)
        with pytest.raises(SignInRefused):
            staff.bring_code(session=session, code=code, visitor=browser())
        connections.close_all()

    threads = [threading.Thread(target=guess, args=(code,)) for code in wrong_codes(member, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refusals(member) == [1, 2, 3, 4, 5]
    with pytest.raises(SignInRefused):
        staff.bring_code(session=session, code=code_of(member), visitor=browser())


def test_whoever_enrolled_with_the_invitation_before_is_shown_nothing_any_more(world: World) -> None:
    member, invitation = staff.invite(number="S2001", name="方小满", actor=Actor.job("tests"))
    thief = staff.enrol(number="S2001", invitation=invitation, password=PASSWORD, visitor=browser())
    owner = staff.enrol(number="S2001", invitation=invitation, password="seven slow rivers", visitor=browser())

    assert living_session(thief.token, of_staff=True, now=clock.now()) is None
    assert living_session(owner.token, of_staff=True, now=clock.now()) == owner.session
    assert [entry.facts["way"] for entry in about_subject([member.subject], [actions.STAFF_ENROLLED])] == ["password", "password"]


def test_an_invitation_that_ran_out_is_followed_by_a_new_one_that_two_people_decide(world: World, stopped_clock: StoppedClock) -> None:
    first, second = world.administrator.actor, world.second_administrator.actor
    member, stale = staff.invite(number="S2001", name="方小满", actor=first)
    stopped_clock.advance(staff.INVITATION_LIFE)
    with pytest.raises(InvitationRefused):
        staff.enrol(number="S2001", invitation=stale, password=PASSWORD, visitor=browser())
    with pytest.raises(StaffNumberTaken):
        staff.invite(number="S2001", name="方小满", actor=first)

    reset, half = staff.ask_reset(staff=member, actor=first)
    with pytest.raises(ResetAsked):
        staff.ask_reset(staff=member, actor=second)
    with pytest.raises(SamePerson):
        staff.confirm_reset(reset=reset, actor=first)
    other_half = staff.confirm_reset(reset=reset, actor=second)
    assert staff.enrol(number="S2001", invitation=f"{half}-{other_half}", password=PASSWORD, visitor=browser())


def test_who_writes_to_the_record_invites_nobody_to_somebodys_roles(world: World) -> None:
    member = world.service_agent.member
    ends_at = clock.now() + timedelta(hours=1)
    StaffMember.objects.filter(id=member.id).update(state="invited", invitation_sha256=digest("forged"), invitation_ends_at=ends_at)

    with pytest.raises(InvitationRefused):
        staff.enrol(number="S1001", invitation="forged", password=PASSWORD, visitor=browser())


def test_neither_who_asked_for_a_reset_nor_who_confirmed_it_can_enrol_in_the_members_place(world: World) -> None:
    first, second = world.administrator.actor, world.second_administrator.actor
    member = world.service_agent.member
    reset, half = staff.ask_reset(staff=member, actor=first)
    for early in (half, f"{half}-", f"{half}-{half}"):
        with pytest.raises(InvitationRefused):
            staff.enrol(number="S1001", invitation=early, password=PASSWORD, visitor=browser())
    other_half = staff.confirm_reset(reset=reset, actor=second)

    for alone in (half, other_half, f"{half}-", f"-{other_half}", f"{half}-{half}", f"{other_half}-{other_half}", f"{other_half}-{half}"):
        with pytest.raises(InvitationRefused):
            staff.enrol(number="S1001", invitation=alone, password=PASSWORD, visitor=browser())
    assert staff.enrol(number="S1001", invitation=f" {half} - {other_half}", password=PASSWORD, visitor=browser())


def test_who_leaves_leaves_their_roles_and_sessions(world: World) -> None:
    agent = world.service_agent
    staff.leave(staff=agent.member, actor=world.administrator.actor)

    assert roles_of(agent.member) == frozenset()
    assert living_session(agent.token, of_staff=True, now=clock.now()) is None
    with pytest.raises(SignInRefused):
        bring_password(agent.member)


def test_nobody_signs_the_agreement_for_somebody_else(world: World) -> None:
    with pytest.raises(NotOneself):
        granting.sign_agreement(staff=world.service_agent.member, actor=world.administrator.actor)


def test_passwords_are_kept_as_slow_hashes_that_cost_memory(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    kind, cost, _salt, block, _at_once, _hash = passwords.hashed(PASSWORD).split("$")
    assert (kind, int(block)) == ("scrypt", 8)
    assert int(cost) >= 2**14, "16 MB for each guess"
    assert passwords.fits(PASSWORD, passwords.hashed(PASSWORD))
    assert not passwords.fits(PASSWORD, "")
