"""7.4: one page lists every consent, and one press takes it back."""

from collections.abc import Callable

import pytest
from django.test import Client

from besttrav.people.policy import shown_policy
from besttrav.privacy import consents
from besttrav.privacy.consent_codes import Consent
from tests.world import Customer, World

ASKED_FOR = [code for code in Consent if code is not Consent.K01]


@pytest.mark.parametrize("code", ASKED_FOR, ids=lambda code: code.name)
def test_each_consent_stands_on_the_page_and_one_press_takes_it_back(
    world: World, browser_of: Callable[[Customer], Client], code: Consent
) -> None:
    subject, client = world.buyer.account.subject, browser_of(world.buyer)
    consents.give(subject=subject, code=code, text=shown_policy("zh-hans"), page="settings", way="tap", actor=world.buyer.actor)
    button = f'action="/my/privacy/consents/{code.name}/withdrawal/"'
    page = client.get("/my/privacy/").content.decode()
    assert str(code.label) in page
    assert str(code.effect_of_refusing) in page
    assert button in page

    client.post(f"/my/privacy/consents/{code.name}/withdrawal/")
    assert not consents.is_given(subject, code)
    assert button not in client.get("/my/privacy/").content.decode()


def test_the_consent_the_account_rests_on_leads_to_closing_it(world: World, browser_of: Callable[[Customer], Client]) -> None:
    answer = browser_of(world.buyer).post("/my/privacy/consents/K01/withdrawal/")

    assert answer["Location"] == "/my/account/closing/"
    assert consents.is_given(world.buyer.account.subject, Consent.K01)
