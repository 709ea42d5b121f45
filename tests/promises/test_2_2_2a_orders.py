"""2.2.2a: buying without an account, finding the contract without one, and joining it to an account later."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from besttrav.kernel.references import grouped, mint
from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.people.models import Account
from besttrav.sales.operations.finding import policy_of
from tests.conftest import StoppedClock
from tests.portal.orders import BROWSER, DIGITS, a_while_passes, buyer, found_again, insured
from tests.sales.conftest import shop
from tests.sales.shop import PHONE, Shop
from tests.world import STRANGER, Customer

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)
Browser = Callable[[Customer], Client]


def test_a_guest_buys_and_holds_the_paper_without_an_account(shop: Shop) -> None:
    order = insured(shop)
    assert not Account.objects.exists()
    assert buyer().get(f"/orders/{order.number}/documents/e-policy/").content.startswith(b"%PDF")


def test_number_phone_and_code_show_how_it_stands_and_the_document_opens_papers(shop: Shop, stopped_clock: StoppedClock) -> None:
    order = insured(shop)
    base = f"/orders/{order.number}/"
    client = found_again(shop, order)
    page = client.get(base).content.decode()
    assert "已承保" in page
    assert "林" not in page
    assert client.get(f"{base}documents/e-policy/").status_code == 404
    client.post(f"{base}papers/", {"digits": DIGITS})
    assert client.get(f"{base}documents/e-policy/").status_code == 200
    stopped_clock.advance(timedelta(minutes=31))
    assert client.get(base).status_code == 404


def test_a_number_that_is_not_there_and_one_of_somebody_else_get_the_same_answer(shop: Shop) -> None:
    order = insured(shop)
    answers = []
    for times, number in enumerate((order.number, mint("BT")), start=1):
        client = Client()
        a_while_passes(shop, STRANGER, times)
        asked = client.post("/orders/find/", {"number": number, "phone": STRANGER})
        shop.world.deliver()
        answer = client.post(asked["Location"], {"code": shop.world.carrier.code(STRANGER)})
        assert "order" not in client.cookies
        answers.append((asked.status_code, answer.status_code, "没有与这个订单号和手机号都相符的订单" in answer.content.decode()))
    assert answers[0] == answers[1] == (303, 422, True)


def test_a_mistyped_number_is_told_before_a_code_is_sent(shop: Shop) -> None:
    order = insured(shop)
    wrong = order.number[:-1] + str((int(order.number[-1]) + 1) % 10)
    answer = Client().post("/orders/find/", {"number": grouped(wrong), "phone": PHONE})
    assert answer.status_code == 422
    assert grouped(wrong) in answer.content.decode()


def test_whoever_proved_phone_and_document_puts_the_order_into_their_account(shop: Shop, browser_of: Browser) -> None:
    order = insured(shop)
    policy = policy_of(order)
    assert policy
    base = f"/orders/{order.number}/"
    member = shop.world.spouse
    client = found_again(shop, order, browser_of(member))
    assert client.post(f"{base}account/").status_code == 404
    client.post(f"{base}papers/", {"digits": DIGITS})
    assert client.post(f"{base}account/")["Location"] == "/my/policies/?joined"
    client.cookies.pop("order")
    assert f"/my/policies/{policy.id}/" in client.get("/my/policies/").content.decode()
    assert client.get(f"{base}documents/e-policy/").status_code == 200

    assert buyer().get(base).status_code == 404  # the browser that bought it signs in from now on
    stranger = browser_of(shop.world.stranger)
    assert stranger.get(base).status_code == 404
    assert stranger.get(f"/my/policies/{policy.id}/").status_code == 404


def test_the_next_person_at_the_browser_that_bought_needs_the_digits_too(shop: Shop, browser_of: Browser) -> None:
    order = insured(shop)
    client = browser_of(shop.world.stranger)
    client.cookies[APPLICATION_COOKIE] = BROWSER
    address = f"/orders/{order.number}/account/"
    assert client.post(address).status_code == 422
    assert client.post(address, {"digits": "0000"}).status_code == 422
    order.refresh_from_db()
    assert order.account is None
    assert client.post(address, {"digits": DIGITS})["Location"] == "/my/policies/?joined"
    order.refresh_from_db()
    assert order.account == shop.world.stranger.account
