"""7.1: under "My insurance" stand the contracts of a person, with their papers, and who received what is held of them."""

from collections.abc import Callable

import pytest
from django.test import Client

from besttrav.kernel import ids
from besttrav.privacy import files
from besttrav.privacy.models import Sharing
from besttrav.sales.operations.finding import policy_of
from tests.portal.orders import given_to, insured
from tests.sales.conftest import shop
from tests.sales.shop import Shop
from tests.world import Customer

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def test_my_insurance_holds_contract_papers_story_and_recipients(shop: Shop, browser_of: Callable[[Customer], Client]) -> None:
    order = insured(shop)
    policy = policy_of(order)
    assert policy
    member = shop.world.spouse
    given_to(order, member.account)
    client = browser_of(member)
    assert "我的保险" in client.get("/").content.decode()
    assert f"/my/policies/{policy.id}/" in client.get("/my/policies/").content.decode()
    page = client.get(f"/my/policies/{policy.id}/").content.decode()
    for words in (f"/orders/{order.number}/documents/e-policy/", "投保经过", "记录完整", "禾岸财产保险股份有限公司", "手机号"):
        assert words in page, words
    stranger = browser_of(shop.world.stranger)
    assert f"/my/policies/{policy.id}/" not in stranger.get("/my/policies/").content.decode()
    assert stranger.get(f"/my/policies/{policy.id}/").status_code == 404


def test_the_privacy_centre_shows_who_received_something(shop: Shop, browser_of: Callable[[Customer], Client]) -> None:
    member = shop.world.spouse
    assert "目前没有提供给任何人" in browser_of(member).get("/my/privacy/").content.decode()
    party = insured(shop).application
    sharing = Sharing.objects.filter(subject=files.subjects_of([party.holder])[party.holder])
    assert sharing.exists()
    copied = sharing[0]
    copied.pk, copied.subject = ids.new_id(), member.account.subject
    copied.save(force_insert=True)
    page = browser_of(member).get("/my/privacy/").content.decode()
    assert "禾岸财产保险股份有限公司" in page
    assert "禾岸财产保险股份有限公司" not in browser_of(shop.world.stranger).get("/my/privacy/").content.decode()
