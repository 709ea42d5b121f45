"""All one-time codes together: what an attack costs the site that keeps below the limits of every number and network."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from django.test import Client
from pytest_django import Settings

from besttrav.journal.models import Entry
from besttrav.kernel.actors import Actor
from besttrav.people import traffic
from besttrav.people.cookies import STAFF_COOKIE
from besttrav.people.limits import CODE, WATCH
from besttrav.people.models import Alarm, AlarmKind, Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.operations.codes import CodeRefused, NoneLeft, TooMany, WaitFirst
from besttrav.people.operations.watching import watch
from besttrav.people.permissions import Role
from besttrav.people.visitors import Visitor
from tests.conftest import StoppedClock
from tests.people.test_codes import ANYBODY, other_than, try_code
from tests.world import BUYER, SPOUSE, STRANGER, World, browser

FEW = int(WATCH.answered_share * WATCH.answered_over) - 1


@pytest.fixture
def crowd() -> Iterator[tuple[str, Visitor]]:
    """One number after the other, each in a browser and a network of its own."""
    return ((f"+861290{at:07}", browser(network=f"198.{at // 250}.{at % 250}.1")) for at in count(1))


def ask(phone: str, visitor: Visitor) -> Challenge:
    return codes.request(phone=phone, purpose=CodePurpose.SIGN_IN, visitor=visitor, actor=ANYBODY)


def pump(world: World, crowd: Iterator[tuple[str, Visitor]], *, answered: int) -> None:
    """As many codes as the ratio is taken over, most of them never entered, and time enough to enter them."""
    for at, (phone, visitor) in zip(range(WATCH.answered_over), crowd, strict=False):
        if at < answered:
            world.prove(phone, visitor)
        else:
            ask(phone, visitor)


@pytest.fixture
def pumped(world: World, crowd: Iterator[tuple[str, Visitor]], stopped_clock: StoppedClock) -> World:
    """Somebody sends codes that nobody enters."""
    assert world.buyer  # whose code was answered too
    pump(world, crowd, answered=FEW - 1)
    stopped_clock.advance(timedelta(seconds=CODE.life))
    world.carrier.set_clock(CODE.life)
    return world


def test_when_few_codes_are_entered_an_unknown_browser_waits_before_its_first(pumped: World, stopped_clock: StoppedClock) -> None:
    visitor = browser()
    with pytest.raises(WaitFirst) as refusal:
        ask(STRANGER, visitor)
    assert str(WATCH.wait) in str(refusal.value.way_out)

    stopped_clock.advance(timedelta(seconds=WATCH.wait - 1))
    with pytest.raises(WaitFirst):
        ask(STRANGER, visitor)
    with pytest.raises(WaitFirst):
        ask(SPOUSE, visitor)

    stopped_clock.advance(timedelta(seconds=1))
    assert ask(STRANGER, visitor)


def test_when_people_enter_their_codes_nobody_waits(
    world: World, crowd: Iterator[tuple[str, Visitor]], stopped_clock: StoppedClock
) -> None:
    pump(world, crowd, answered=FEW + 1)
    stopped_clock.advance(timedelta(seconds=CODE.life))

    assert not traffic.is_suspicious()
    assert ask(STRANGER, browser())


def test_codes_still_on_their_way_say_nothing(world: World, crowd: Iterator[tuple[str, Visitor]]) -> None:
    pump(world, crowd, answered=FEW)

    assert not traffic.is_suspicious()


def test_nobody_known_waits(pumped: World) -> None:
    buyer = pumped.buyer

    assert ask(BUYER, browser(device=pumped.recognise(buyer)))
    assert codes.request(phone=SPOUSE, purpose=CodePurpose.CHANGE_PHONE, visitor=buyer.visitor, actor=buyer.actor, account=buyer.account)


def test_each_further_browser_of_a_network_waits_longer_and_soon_none_is_left(pumped: World) -> None:
    assert pumped.buyer
    waits = []
    for tail in range(WATCH.waiting_an_hour_network):
        with pytest.raises(WaitFirst) as refusal:
            ask(f"+86129111100{tail:02}", browser(network=f"192.0.2.{tail}"))
        waits.append(refusal.value.seconds)

    assert waits == [min(WATCH.wait * place, WATCH.wait_longest) for place in range(1, len(waits) + 1)]
    with pytest.raises(TooMany):
        ask("+8612911119999", browser(network="192.0.2.99"))


def test_having_waited_in_one_browser_counts_in_no_other(pumped: World, stopped_clock: StoppedClock) -> None:
    with pytest.raises(WaitFirst):
        ask(STRANGER, browser())
    stopped_clock.advance(timedelta(minutes=1))

    with pytest.raises(WaitFirst):
        ask(STRANGER, browser())


@pytest.mark.parametrize(("setting", "later"), [("CODES_AN_HOUR", timedelta(0)), ("CODES_A_DAY", timedelta(hours=2))])
def test_the_budget_of_the_site_ends_with_a_reserve_for_who_is_known(
    world: World, settings: Settings, stopped_clock: StoppedClock, crowd: Iterator[tuple[str, Visitor]], setting: str, later: timedelta
) -> None:
    buyer = world.buyer
    for _sent, (phone, visitor) in zip(range(7), crowd, strict=False):
        world.prove(phone, visitor)
    stopped_clock.advance(later + timedelta(minutes=2))
    setattr(settings, setting, 10)
    with pytest.raises(NoneLeft):
        ask(STRANGER, browser())

    known = browser(device=world.recognise(buyer))
    assert ask(BUYER, known)
    assert ask(SPOUSE, known)
    with pytest.raises(NoneLeft):
        ask(STRANGER, known)


def test_half_of_the_hours_budget_makes_the_unknown_wait(world: World, settings: Settings) -> None:
    assert world.buyer
    settings.CODES_AN_HOUR = 2

    with pytest.raises(NoneLeft):
        ask(STRANGER, browser())
    settings.CODES_AN_HOUR = 3
    assert traffic.is_suspicious()
    with pytest.raises(WaitFirst):
        ask(STRANGER, browser())
    settings.CODES_AN_HOUR = 4
    assert ask(STRANGER, browser())


def test_many_wrong_entries_over_many_numbers_sound_the_alarm_and_it_ends(
    world: World, crowd: Iterator[tuple[str, Visitor]], stopped_clock: StoppedClock
) -> None:
    for _at, (phone, visitor) in zip(range(WATCH.wrong_over // CODE.tries), crowd, strict=False):
        challenge = world.ask_for_code(phone, visitor)
        assert watch() == set()
        for by in range(1, CODE.tries + 1):
            with pytest.raises(CodeRefused):
                try_code(challenge, other_than(world.carrier.code(phone), by), visitor)

    assert watch() == {AlarmKind.WRONG}
    assert watch() == {AlarmKind.WRONG}
    assert _sounded() == ["raised"]
    stopped_clock.advance(timedelta(seconds=WATCH.repeats - 1))
    watch()
    assert _sounded() == ["raised"]
    stopped_clock.advance(timedelta(seconds=1))
    assert watch() == set()
    assert _sounded() == ["raised", "ended"]
    assert not Alarm.objects.filter(ended_at=None).exists()


def test_an_alarm_that_goes_on_is_sounded_again(pumped: World, stopped_clock: StoppedClock) -> None:
    assert watch() == {AlarmKind.UNANSWERED}
    stopped_clock.advance(timedelta(seconds=WATCH.repeats))
    watch()

    assert _sounded() == ["raised", "raised"]
    assert Alarm.objects.count() == 1


@pytest.mark.usefixtures("collected_static")
def test_an_open_alarm_stands_on_the_home_page_of_whoever_reads_the_journal(pumped: World) -> None:
    officer = pumped.colleague("S1008", "商未央", Role.SECURITY)
    watch()

    assert 'role="alert"' in _home(officer.token)
    assert 'role="alert"' not in _home(pumped.service_agent.token)


def test_the_watch_is_kept_every_minute() -> None:
    from procrastinate.contrib.django import app

    from besttrav import schedule  # noqa: F401  # importing it is what the worker does to learn the periodic jobs

    assert "people.watch_codes" in {name for name, _id in app.periodic_registry.periodic_tasks}


def _sounded() -> list[str]:
    names = Entry.objects.filter(action__startswith="people.alarm_", actor_name=Actor.job("people.watching").name).order_by("id")
    return [name.removeprefix("people.alarm_") for name in names.values_list("action", flat=True)]


def _home(token: str) -> str:
    client = Client()
    client.cookies[STAFF_COOKIE] = token
    return client.get("/staff/").content.decode()
