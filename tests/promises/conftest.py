"""People at their browsers, for the promises that a page must keep."""

from collections.abc import Callable

import pytest
from django.test import Client

from besttrav.people.cookies import BROWSER_COOKIE, CUSTOMER_COOKIE, STAFF_COOKIE
from tests.world import Colleague, Customer


@pytest.fixture
def browser_of() -> Callable[[Customer | Colleague], Client]:
    """The browser of somebody who is signed in."""

    def browser(who: Customer | Colleague) -> Client:
        client = Client(headers={"User-Agent": "Firefox/140 on a test"})
        if isinstance(who, Customer):
            client.cookies[CUSTOMER_COOKIE] = who.token
            client.cookies[BROWSER_COOKIE] = who.visitor.browser
        else:
            client.cookies[STAFF_COOKIE] = who.token
        return client

    return browser
