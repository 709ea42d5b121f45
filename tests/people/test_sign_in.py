"""Signing in with a phone and a code."""

from datetime import timedelta

import pytest

from besttrav.journal.queries import about_subject
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people.models import Account, AccountState, CodePurpose, Session, Trust
from besttrav.people.operations import accounts, sessions
from besttrav.people.operations.accounts import NotTrusted, StillSettling
from besttrav.people.policy import shown_policy
from besttrav.people.queries import living_session
from besttrav.privacy import consents
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import Closed, Unreadable, reveal_one
from besttrav.privacy.purposes import OWN_ACCESS
from tests.conftest import StoppedClock
from tests.world import BUYER, CHILD, STRANGER, Customer, World, browser


def test_a_new_number_registers_and_agrees_to_the_basic_functions_only(world: World) -> None:
    buyer = world.buyer

    given = [code for code in Consent if consents.is_given(buyer.account.subject, code)]
    assert given == [Consent.K01]
    assert reveal_one(buyer.account, "phone", purpose=OWN_ACCESS, actor=buyer.actor).phone == BUYER


def test_a_number_without_account_gets_none_before_its_owner_agrees(world: World) -> None:
    visitor = browser()
    challenge = world.prove(BUYER, visitor)

    assert accounts.sign_in(challenge=challenge, visitor=visitor) is None
    assert not Account.objects.exists()


def test_signing_in_again_opens_the_same_account(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(minutes=5))
    world.carrier.set_clock(300)

    assert world.customer(BUYER).account == buyer.account
    assert Account.objects.count() == 1


def test_the_token_is_kept_by_the_browser_alone(world: World) -> None:
    buyer = world.buyer

    assert buyer.token not in str(list(type(buyer.session).objects.values()))
    assert living_session(buyer.token, of_staff=False, now=clock.now()) == buyer.session
    assert living_session(buyer.token, of_staff=True, now=clock.now()) is None


def test_a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(minutes=29))
    sessions.seen(session=buyer.session)
    stopped_clock.advance(timedelta(minutes=29))
    assert living_session(buyer.token, of_staff=False, now=clock.now())

    stopped_clock.advance(timedelta(minutes=2))
    assert living_session(buyer.token, of_staff=False, now=clock.now()) is None

    type(buyer.session).objects.filter(id=buyer.session.id).update(last_seen_at=clock.now() + timedelta(hours=12))
    stopped_clock.advance(timedelta(hours=12))
    assert living_session(buyer.token, of_staff=False, now=clock.now()) is None


def test_signing_out_everywhere_leaves_no_session(world: World) -> None:
    buyer = world.buyer
    sessions.end_all(owner=buyer.account, actor=buyer.actor, why="own_wish")

    assert living_session(buyer.token, of_staff=False, now=clock.now()) is None


def test_a_recycled_number_never_shows_the_former_owners_data(world: World, stopped_clock: StoppedClock) -> None:
    former = world.buyer
    stopped_clock.advance(timedelta(days=91))
    world.carrier.set_clock(91 * 86400)
    newcomer = world.customer(BUYER)
    assert newcomer.account == former.account
    assert newcomer.session.trust == Trust.LOW

    visitor = newcomer.visitor
    fresh = accounts.start_afresh(session=newcomer.session, visitor=visitor, agreed_to=shown_policy("zh-hans"))
    assert fresh.session.account is not None
    assert fresh.session.account.subject != former.account.subject
    former.account.refresh_from_db()
    assert former.account.state == AccountState.PASSED_ON
    assert living_session(newcomer.token, of_staff=False, now=clock.now()) is None
    with pytest.raises(Closed):
        actor = Actor.person(id=fresh.session.account.id, subject=fresh.session.account.subject)
        reveal_one(former.account, "phone", purpose=OWN_ACCESS, actor=actor)


def test_a_known_device_is_trusted_after_any_silence(world: World, stopped_clock: StoppedClock) -> None:
    device = world.recognise(world.buyer)
    stopped_clock.advance(timedelta(days=200))
    world.carrier.set_clock(200 * 86400)

    assert world.customer(BUYER, browser(device=device)).session.trust == Trust.FULL


def test_a_low_trust_session_can_neither_change_nor_close(world: World, stopped_clock: StoppedClock) -> None:
    assert world.buyer
    stopped_clock.advance(timedelta(days=91))
    world.carrier.set_clock(91 * 86400)
    newcomer = world.customer(BUYER)

    with pytest.raises(NotTrusted):
        accounts.close(account=newcomer.account, session=newcomer.session, visitor=newcomer.visitor, actor=newcomer.actor)


def test_a_new_device_is_told_to_the_owner(world: World, stopped_clock: StoppedClock) -> None:
    assert world.buyer
    stopped_clock.advance(timedelta(hours=2))
    world.carrier.set_clock(7200)
    world.customer(BUYER)
    world.deliver()

    assert "未被识别的设备" in world.carrier.texts(BUYER)[0]


def test_the_journal_tells_the_story_without_a_number(world: World) -> None:
    entries = about_subject([world.buyer.account.subject])

    assert {"people.registered", "people.signed_in"} <= {entry.action for entry in entries}
    assert "1290000" not in str([(entry.facts, entry.actor_name) for entry in entries])


def test_who_writes_to_the_record_cannot_point_a_session_at_somebody_else(world: World) -> None:
    buyer, stranger = world.buyer, world.stranger
    Session.objects.filter(id=stranger.session.id).update(account=buyer.account)

    assert living_session(stranger.token, of_staff=False, now=clock.now()) is None
    assert living_session(buyer.token, of_staff=False, now=clock.now()) == buyer.session


def test_who_writes_to_the_record_cannot_make_an_account_somebody_elses(world: World, stopped_clock: StoppedClock) -> None:
    buyer, stranger = world.buyer, world.stranger
    Account.objects.filter(id=stranger.account.id).update(subject=buyer.account.subject)
    assert living_session(stranger.token, of_staff=False, now=clock.now()) is None

    stopped_clock.advance(timedelta(minutes=2))
    world.carrier.set_clock(120)
    with pytest.raises(Unreadable):
        world.customer(STRANGER)


def test_a_number_set_without_proof_of_the_old_one_proves_nothing_for_a_day(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(minutes=6))
    world.carrier.set_clock(360)
    _change_number(world, buyer)

    with pytest.raises(StillSettling):
        accounts.request_proof(account=buyer.account, visitor=buyer.visitor, actor=buyer.actor)
    stopped_clock.advance(timedelta(minutes=2))
    world.carrier.set_clock(480)
    thief = world.customer(CHILD)
    assert thief.account == buyer.account
    assert not thief.session.is_freshly_proved(clock.now())

    stopped_clock.advance(timedelta(days=1))
    world.carrier.set_clock(480 + 86400)
    assert world.customer(CHILD).session.is_freshly_proved(clock.now())


def test_a_number_set_right_after_proving_the_old_one_proves_at_once(world: World) -> None:
    buyer = world.buyer
    _change_number(world, buyer)

    assert buyer.session.is_freshly_proved(clock.now())


def _change_number(world: World, customer: Customer) -> None:
    challenge = world.prove(CHILD, customer.visitor, CodePurpose.CHANGE_PHONE, account=customer.account)
    accounts.change_phone(
        account=customer.account, challenge=challenge, session=customer.session, visitor=customer.visitor, actor=customer.actor
    )
