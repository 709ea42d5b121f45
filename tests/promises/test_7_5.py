"""7.5: whoever closes their account reaches the contracts in force as anybody does who has none."""

from collections.abc import Callable

import pytest
from django.test import Client

from besttrav.people.operations import accounts
from tests.portal.orders import DIGITS, found_again, insured
from tests.sales.conftest import shop
from tests.sales.shop import Shop
from tests.world import Customer

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def test_a_contract_in_force_is_found_and_its_paper_opened_after_the_account_is_closed(
    shop: Shop, browser_of: Callable[[Customer], Client]
) -> None:
    order = insured(shop)
    base, member = f"/orders/{order.number}/", shop.world.spouse
    client = found_again(shop, order, browser_of(member))
    client.post(f"{base}papers/", {"digits": DIGITS})
    assert client.post(f"{base}account/")["Location"] == "/my/policies/?joined"

    accounts.close(account=member.account, session=member.session, visitor=member.visitor, actor=member.actor)
    shop.work()

    assert client.get("/my/policies/").status_code == 302
    shop.world.carrier.forget()
    again = found_again(shop, order)
    assert "已承保" in again.get(base).content.decode()
    again.post(f"{base}papers/", {"digits": DIGITS})
    assert again.get(f"{base}documents/e-policy/").content.startswith(b"%PDF")
