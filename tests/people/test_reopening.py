"""A number closed by wrong codes: strangers do not shut its owner out, and staff open it again once they know the caller."""

from datetime import timedelta

import pytest
from django.test import Client

from besttrav.contact.models import Message
from besttrav.contact.templates import Template
from besttrav.journal.models import Entry
from besttrav.people.cookies import STAFF_COOKIE
from besttrav.people.limits import CODE, REOPENING
from besttrav.people.models import NumberProof, Reopening
from besttrav.people.operations import codes, reopening
from besttrav.people.operations.codes import CodeRefused, TooMany
from besttrav.people.operations.reopening import NotClosed, ReopenedAlready, ReopenedEnough
from besttrav.privacy import marks
from tests.conftest import StoppedClock
from tests.people.test_codes import other_than, try_code
from tests.world import BUYER, STRANGER, Colleague, World, browser


def close(phone: str) -> None:
    """What strangers reach after weeks of wrong entries."""
    for _time in range(CODE.tries_in_a_row):
        marks.note("code_wrong_in_a_row", phone, life=codes.EVER)


def reopen(colleague: Colleague, phone: str = BUYER) -> Reopening:
    return reopening.reopen(
        phone=phone, proof=NumberProof.CALLED_BACK, reference="TK-2026-0042", staff=colleague.member, actor=colleague.actor
    )


def test_the_last_wrong_entry_closes_a_number_to_strangers_and_not_to_its_owners_browser(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(minutes=2))
    world.carrier.set_clock(120)
    for _time in range(CODE.tries_in_a_row - 1):
        marks.note("code_wrong_in_a_row", BUYER, life=codes.EVER)
    stranger = browser(network="198.51.100.7")
    challenge = world.ask_for_code(BUYER, stranger)
    with pytest.raises(CodeRefused):
        try_code(challenge, other_than(world.carrier.code(BUYER)), stranger)

    with pytest.raises(TooMany):
        try_code(challenge, world.carrier.code(BUYER), stranger)
    stopped_clock.advance(timedelta(minutes=10))
    world.carrier.set_clock(720)
    with pytest.raises(TooMany):
        world.ask_for_code(BUYER, browser())
    assert world.customer(BUYER, browser(device=world.recognise(buyer))).account == buyer.account


def test_the_owners_own_browser_has_few_wrong_entries_too(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(minutes=2))
    world.carrier.set_clock(120)
    home = browser(device=world.recognise(buyer))
    challenge = world.ask_for_code(BUYER, home)
    with pytest.raises(CodeRefused):
        try_code(challenge, other_than(world.carrier.code(BUYER)), home)
    for _time in range(CODE.tries_in_a_row_at_home - 1):
        marks.note("code_wrong_at_home_in_a_row", BUYER, life=codes.EVER)

    with pytest.raises(TooMany):
        try_code(challenge, world.carrier.code(BUYER), home)


def test_staff_open_a_closed_number_again_and_its_holder_is_told(world: World, stopped_clock: StoppedClock) -> None:
    assert world.buyer
    agent = world.service_agent
    close(BUYER)
    reopened = reopen(agent)
    world.deliver()

    entry = Entry.objects.get(action="people.number_reopened")
    assert (entry.actor_name, entry.about_id, entry.facts) == ("S1001", reopened.id, {"proof": "called_back"})
    assert Message.objects.filter(template=Template.NUMBER_REOPENED.name).count() == 1
    assert "重新开通" in world.carrier.texts(BUYER)[0]
    stopped_clock.advance(timedelta(minutes=2))
    world.carrier.set_clock(120)
    assert world.customer(BUYER).account == world.buyer.account


def test_a_number_that_is_not_closed_is_not_opened_and_one_only_once_a_day(world: World, stopped_clock: StoppedClock) -> None:
    agent = world.service_agent
    with pytest.raises(NotClosed):
        reopen(agent)
    close(BUYER)
    reopen(agent)
    close(BUYER)
    with pytest.raises(ReopenedAlready):
        reopen(agent)

    stopped_clock.advance(timedelta(days=1, seconds=1))
    assert reopen(agent)


def test_nobody_opens_numbers_by_the_dozen(world: World) -> None:
    agent = world.service_agent
    for _time in range(REOPENING.an_hour_staff):
        with pytest.raises(NotClosed):
            reopen(agent, STRANGER)
    close(BUYER)

    with pytest.raises(ReopenedEnough):
        reopen(agent)
    assert codes.is_closed(BUYER)


@pytest.mark.usefixtures("collected_static")
def test_the_page_asks_for_the_proof_and_is_for_service_and_security_only(world: World, stopped_clock: StoppedClock) -> None:
    close(BUYER)
    form = {"phone": BUYER, "proof": "called_back", "reference": "TK-2026-0042"}
    assert _staff(world.auditor).post("/staff/closed-numbers/", form).status_code == 403
    assert Client().post("/staff/closed-numbers/", form)["Location"].startswith("/staff/sign-in/")
    client = _staff(world.service_agent)
    assert client.post("/staff/closed-numbers/", form | {"proof": ""}).status_code == 422
    assert codes.is_closed(BUYER)

    assert 'role="status"' in client.post("/staff/closed-numbers/", form).content.decode()
    assert not codes.is_closed(BUYER)
    assert client.post("/staff/closed-numbers/", form).status_code == 422
    stopped_clock.advance(timedelta(minutes=6))
    assert client.get("/staff/closed-numbers/")["Location"].startswith("/staff/proof/")


def _staff(colleague: Colleague) -> Client:
    client = Client()
    client.cookies[STAFF_COOKIE] = colleague.token
    return client
