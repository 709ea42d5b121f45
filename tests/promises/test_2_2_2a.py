"""2.2.2a: whoever is given a number that was somebody else's sees nothing of theirs, on any page."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from besttrav.people.models import Session
from besttrav.portal.urls import urlpatterns
from tests.conftest import StoppedClock
from tests.world import BUYER, Customer, World

OWN_PAGES = [reverse(f"portal:{one.name}") for one in urlpatterns if str(one.pattern).startswith("my/") and "<" not in str(one.pattern)]


@pytest.fixture
def newcomer(world: World, stopped_clock: StoppedClock, browser_of: Callable[[Customer], Client]) -> Client:
    """At the browser of somebody who proved the number after its owner was silent for three months."""
    assert world.buyer
    stopped_clock.advance(timedelta(days=91))
    world.carrier.set_clock(91 * 86400)
    return browser_of(world.customer(BUYER))


@pytest.mark.parametrize("address", [page for page in OWN_PAGES if page != "/my/number/"])
def test_every_page_of_the_former_owner_stays_shut(newcomer: Client, address: str) -> None:
    for answer in (newcomer.get(address), newcomer.post(address)):
        assert answer.status_code == 405 or answer["Location"] == "/my/number/"


def test_the_page_they_come_to_tells_nothing_of_the_former_owner(newcomer: Client) -> None:
    page = newcomer.get("/my/number/").content.decode()

    assert "129****1001" not in page
    assert BUYER.removeprefix("+86") not in page


def test_the_new_account_holds_nothing_of_the_former_one(newcomer: Client) -> None:
    assert newcomer.post("/my/number/", {"agrees": "on"})["Location"] == "/my/privacy/"

    records = json.loads(newcomer.post("/my/privacy/copy/").content)["records"]
    held = Counter(record["record"] for record in records)
    assert (held["people.account"], held["people.session"]) == (1, 1)
    assert Session.objects.count() == 3
