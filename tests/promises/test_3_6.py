"""3.6: nothing but necessary cookies before you choose something."""

import pytest
from django.test import Client

from besttrav.ui.cookies import COOKIES, Need

NECESSARY = {cookie.name for cookie in COOKIES if cookie.need is Need.NECESSARY}


@pytest.mark.parametrize("address", ["/", "/contact/", "/cookies/", "/privacy/", "/preferences/"])
def test_a_first_visit_sets_necessary_cookies_only(client: Client, address: str) -> None:
    client.get(address)
    assert set(client.cookies) <= NECESSARY
