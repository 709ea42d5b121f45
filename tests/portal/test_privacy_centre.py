"""The privacy centre, as a browser without scripts sees it."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from besttrav.kernel import clock
from besttrav.people.cookies import CUSTOMER_COOKIE
from besttrav.privacy.gate import reveal_one
from besttrav.privacy.purposes import SERVE
from tests.world import World


@pytest.fixture
def early(world: World) -> World:
    """Half past seven in the morning in Beijing, when it is still the day before in Greenwich; the buyer is in, and a clerk has looked."""
    world.carrier.set_clock((EARLY - clock.now()).total_seconds())
    with clock.frozen(EARLY):
        reveal_one(world.buyer.account, "phone", purpose=SERVE, actor=world.service_agent.actor)
    return world


EARLY = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def page_of(world: World) -> str:
    client = Client()
    client.cookies[CUSTOMER_COOKIE] = world.buyer.token
    with clock.frozen(EARLY):
        return client.get("/my/privacy/").content.decode()


def test_a_look_stands_under_its_day_in_beijing(early: World) -> None:
    page = page_of(early)

    assert "2026 年 11 月 23 日（周一）</h3>" in page
    assert "11 月 22 日" not in page


def test_opening_ones_own_data_hides_nobody_elses_look(early: World) -> None:
    client = Client()
    client.cookies[CUSTOMER_COOKIE] = early.buyer.token
    with clock.frozen(EARLY):
        for _time in range(21):
            client.post("/my/privacy/values/people.account/")

    assert "S1001" in page_of(early)
