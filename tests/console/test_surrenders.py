"""The surrender desk: what waits and until when, who may decide what, and that of two who decide at once one has their way."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.policies.models import Surrender, SurrenderReason, SurrenderState
from tests.console.test_console import signed_in
from tests.insurance import Later
from tests.policies.giving_up import CASE, GivingUp, bought
from tests.policies.test_surrendering import low_limit
from tests.sales.shop import Shop


def act(client: Client, surrender: Surrender, noun: str, **values: Any) -> Any:
    return client.post(f"/staff/surrenders/{surrender.number}/{noun}/", {"case": CASE} | values)


def given_up(shop: Shop, later: Later) -> tuple[GivingUp, Surrender]:
    it = bought(shop, later)
    it.begin_cover()
    surrender = it.asked(SurrenderReason.NOT_LEFT)
    shop.move_clocks(later, 0)
    return it, surrender


def again(surrender: Surrender) -> Surrender:
    surrender.refresh_from_db()
    return surrender


def test_what_waits_has_its_clock_and_one_screen_with_the_customers_view(
    shop: Shop, later: Later, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    it, surrender = given_up(shop, later)
    client = signed_in(shop.world.service_agent)
    client.get("/staff/surrenders/")
    with django_assert_num_queries(6):
        page = client.get("/staff/surrenders/").content.decode()
    assert surrender.number[:4] in page
    assert f"¥{surrender.refund}" in page
    assert "已超期" not in page
    Surrender.objects.update(asked_at=clock.now() - timedelta(days=14))
    assert "已超期" in client.get("/staff/surrenders/").content.decode()
    assert "待人工处理的退保" in client.get("/staff/").content.decode()

    with django_assert_num_queries(10):
        page = client.get(f"/staff/surrenders/{surrender.number}/").content.decode()
    for words in (
        "客户看到的页面",
        "出入境记录",
        f"/staff/orders/{it.order.number}/",
        f"¥{surrender.refund}",
        "acceptance",
        "refusal",
        "missing",
    ):
        assert words in page, words
    assert "林知远" not in page

    assert act(client, surrender, "acceptance").status_code == 422, "nothing was seen"
    assert act(client, surrender, "acceptance", seen="not_left", case="").status_code == 422
    assert act(client, surrender, "acceptance", seen="visa_refused").status_code == 422
    assert act(client, surrender, "acceptance", seen="not_left").status_code == 302
    it.follow(surrender)
    assert surrender.state == SurrenderState.DONE
    attended = Entry.objects.get(action="policies.surrender_attended")
    assert (attended.facts["why"], attended.facts["case"], attended.actor_name) == (["not_left"], CASE.lower(), "S1001")
    assert f"/staff/surrenders/{surrender.number}/" in client.get(f"/staff/orders/{it.order.number}/").content.decode()


def test_what_is_missing_and_why_it_is_refused_are_said_to_the_customer(shop: Shop, later: Later) -> None:
    it, surrender = given_up(shop, later)
    client = signed_in(shop.world.service_agent)
    assert act(client, surrender, "missing").status_code == 422
    assert act(client, surrender, "missing", missing=["not_left", "call"]).status_code == 302
    clear = act(client, surrender, "missing", missing="call").content.decode()
    assert "状态" in clear
    assert act(client, surrender, "refusal").status_code == 422
    assert act(client, surrender, "refusal", because="own_wish").status_code == 422, "only the customer says so"
    assert act(client, surrender, "refusal", because="no_proof").status_code == 302
    assert again(surrender).state == SurrenderState.REFUSED
    assert act(client, surrender, "acceptance", seen="not_left").status_code == 422
    assert it.cancellations == []


def test_the_desk_is_for_those_whose_role_it_is_and_much_money_for_two(shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    low_limit(monkeypatch)
    it, surrender = given_up(shop, later)
    address = f"/staff/surrenders/{surrender.number}/"
    handling, money = ["acceptance", "missing", "refusal", "repetition"], ["confirmation", "explanation"]
    clerk, agent = signed_in(shop.world.finance_clerk), signed_in(shop.world.service_agent)
    for noun in (*handling, *money):
        assert act(Client(), surrender, noun)["Location"].startswith("/staff/sign-in/")
        assert clerk.get(f"{address}{noun}/")["Location"] == address
    assert not any(act(clerk, surrender, noun).status_code != 403 for noun in handling)
    assert not any(act(agent, surrender, noun).status_code != 403 for noun in money)
    assert signed_in(shop.world.claims_handler).get("/staff/surrenders/").status_code == 403
    assert clerk.get("/staff/surrenders/TB26000000000000/").status_code == 404
    assert clerk.put(f"{address}acceptance/").status_code == 405

    assert act(clerk, surrender, "confirmation", is_right="1").status_code == 422, "nobody has proposed it"
    assert act(agent, surrender, "acceptance", seen=["not_left", "identity"]).status_code == 302
    assert again(surrender).state == SurrenderState.PROPOSED
    assert "confirmation" in clerk.get(address).content.decode()
    assert act(clerk, surrender, "confirmation", is_right="1").status_code == 302
    assert act(clerk, surrender, "confirmation", is_right="1").status_code == 422
    assert it.follow(surrender).state == SurrenderState.DONE
    assert len(it.paid_back()) == 1


def test_a_halted_one_and_another_sum_wait_for_a_person(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    shop.insurers.misbehave("heyan", {"fault": "refused", "action": "cancel"}, {"fault": "wrong_refund", "action": "cancel", "times": 2})
    surrender = it.follow(it.asked())
    agent = signed_in(shop.world.service_agent)
    assert "repetition" in agent.get(f"/staff/surrenders/{surrender.number}/").content.decode()
    assert act(agent, surrender, "repetition").status_code == 302
    assert it.follow(surrender).state == SurrenderState.DONE
    clerk = signed_in(shop.world.finance_clerk)
    assert "另一个金额" in clerk.get("/staff/surrenders/").content.decode()
    assert "explanation" in clerk.get(f"/staff/surrenders/{surrender.number}/").content.decode()
    assert act(clerk, surrender, "explanation").status_code == 302
    assert "没有待处理的退保" in clerk.get("/staff/surrenders/").content.decode()
