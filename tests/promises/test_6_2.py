"""6.2: the person sees where they are signed in, and ends it, one by one or all at once."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from tests.conftest import StoppedClock
from tests.world import BUYER, Customer, World

Browser = Callable[[Customer], Client]


def elsewhere(world: World, stopped_clock: StoppedClock) -> Customer:
    """The buyer once more, at another browser a few minutes later."""
    assert world.buyer
    stopped_clock.advance(timedelta(minutes=5))
    world.carrier.set_clock(300)
    return world.customer(BUYER)


def test_the_page_lists_every_place_and_ends_one(world: World, browser_of: Browser, stopped_clock: StoppedClock) -> None:
    other = elsewhere(world, stopped_clock)
    client = browser_of(world.buyer)
    page = client.get("/my/sessions/").content.decode()
    assert page.count("203.0.*.*") == 2
    assert f"/my/sessions/{other.session.id}/ending/" in page

    client.post(f"/my/sessions/{other.session.id}/ending/")
    assert browser_of(other).get("/my/profile/")["Location"].startswith("/sign-in/")
    assert client.get("/my/profile/").status_code == 200


def test_one_press_signs_out_everywhere_else(world: World, browser_of: Browser, stopped_clock: StoppedClock) -> None:
    others = [elsewhere(world, stopped_clock)]
    client = browser_of(world.buyer)
    client.post("/my/sessions/ending/")

    assert [browser_of(other).get("/my/profile/").status_code for other in others] == [302]
    assert client.get("/my/profile/").status_code == 200
