"""Browsers of people who bought, for the pages of an order."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connections
from django.test import Client

from besttrav.payments.models import Payment
from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.people.models import Account
from besttrav.policies.operations.people import Person
from besttrav.privacy import marks
from besttrav.sales.models import Order
from tests.sales.shop import PHONE, Shop

BROWSER = "the browser of a test"  # whose digest `Shop.started` gives to its applications
DIGITS, SPOUSE_NUMBER = "0018", "190000199007210002"  # of the people whom `Shop` insures
FRAGMENT = {"HX-Request": "true"}


def buyer(agent: str = "Firefox/140 on a test") -> Client:
    """The browser that filled the application in."""
    client = Client(headers={"User-Agent": agent})
    client.cookies[APPLICATION_COOKIE] = BROWSER
    return client


def insured(shop: Shop, slug: str = "outbound", people: list[Person] | None = None) -> Order:
    """An order that became a policy with all its papers."""
    order = shop.ordered(slug, people=people)
    shop.paid(order)
    shop.work()
    order.refresh_from_db()
    return order


def given_to(order: Order, account: Account) -> None:
    """As if somebody who was signed in had bought it."""
    order.account = account
    order.bind()
    order.save(update_fields=["account", "bond"])


def found_again(shop: Shop, order: Order, client: Client | None = None, phone: str = PHONE) -> Client:
    """Somebody who finds the order by its number and phone, in a browser of their own."""
    client = client or Client()
    a_while_passes(shop, phone)
    asked = client.post("/orders/find/", {"number": order.number, "phone": phone})
    assert asked.status_code == 303, asked.content.decode()
    shop.world.deliver()
    answer = client.post(asked["Location"], {"code": shop.world.carrier.code(phone)})
    assert answer.status_code == 303, answer.content.decode()
    return client


def asked_long_ago() -> None:
    """The next look at the channel is due."""
    Payment.objects.update(asked_at=None)


def work_aside(shop: Shop) -> None:
    """Run the jobs in a thread of their own, as the worker does: the browser's has an event loop, beside which no PDF is checked."""

    def work() -> None:
        try:
            shop.work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1, "worker") as worker:
        worker.submit(copy_context().run, work).result()


def a_while_passes(shop: Shop, phone: str, times: int = 1) -> None:
    """Long enough for another code to this number, for us and for the carrier; `times` counts how often it did."""
    shop.world.carrier.set_clock(120 * times)
    for mark in ("code_sent", "code_unanswered"):
        marks.forget(mark, phone)
