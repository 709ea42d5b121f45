"""2.1: an account asks for a phone number only, and every field we store says why, on which basis, how long and for whom."""

import re

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override

from besttrav.people.models import Account
from besttrav.privacy.artefacts import published_fields
from besttrav.privacy.fields import PersonalField, declared_fields, fields_of
from besttrav.privacy.policy import CLAUSES
from tests.world import BUYER, World

FIELDS = declared_fields()
NOT_ASKED = {"csrfmiddlewaretoken", "next"}


def asked_in(page: str) -> set[str]:
    """The names of what the forms of the page's own content ask for."""
    content = page.partition("<main")[2].partition("</main")[0]
    return set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', content)) - NOT_ASKED


def test_the_way_to_an_account_asks_for_a_phone_its_code_and_an_agreement_and_nothing_else(client: Client, world: World) -> None:
    asked = [asked_in(client.get("/sign-in/").content.decode())]
    code_page = client.post("/sign-in/", {"phone": BUYER})["Location"]
    world.deliver()
    asked.append(asked_in(client.get(code_page).content.decode()))
    agreement_page = client.post(code_page, {"code": world.carrier.code(BUYER)})["Location"]
    asked.append(asked_in(client.get(agreement_page).content.decode()))

    assert asked == [{"phone"}, {"code"}, {"agrees"}]
    assert client.post(agreement_page, {"agrees": "on"})["Location"] == "/my/privacy/"


def test_an_account_holds_a_phone_and_nothing_else_about_the_person() -> None:
    assert [field.name for field in fields_of(Account)] == ["phone"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_policy_page_lists_every_kind_that_is_collected(client: Client, language: str) -> None:
    client.cookies["language"] = language
    page = client.get("/privacy/").content.decode()
    section = page.partition('id="clause-2.1"')[2].partition('id="part-2.2"')[0]

    with override(language):
        kinds = {str(field.kind.label) for field in published_fields()}
    assert kinds
    assert [kind for kind in kinds if escape(kind) not in section] == []


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.tag)
def test_a_stored_field_says_its_kind_its_period_and_its_purposes(field: PersonalField) -> None:
    assert str(field.kind.label)
    assert field.keep.rules.source
    assert field.purposes


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.tag)
def test_each_purpose_of_a_field_has_a_basis_a_clause_and_named_recipients(field: PersonalField) -> None:
    for purpose in field.purposes:
        assert str(purpose.basis.label)
        assert purpose.clause in CLAUSES
        assert all(isinstance(recipient, str) and recipient for recipient in purpose.recipients)
