"""What people, machines and attackers write into the fields that no other test of bad input reaches: an answer each, and the rest stays."""

import pytest
from django.test import Client

from besttrav.policies.models import Party
from besttrav.sales.models import Answer, Order
from tests.catalogue.shelf import SLUGS, stock
from tests.portal.applicant import Applicant, fields, offer_of
from tests.portal.nasty import NASTY
from tests.portal.orders import buyer
from tests.sales.shop import Shop
from tests.world import World


@pytest.fixture
def _a_full_shelf(world: World) -> None:
    stock()


@pytest.mark.usefixtures("_a_full_shelf")
def test_organisations_and_beneficiaries_answer_field_by_field(client: Client) -> None:
    slug = next(slug for slug in SLUGS if offer_of(slug).needs.organisation_may_apply and offer_of(slug).needs.may_name_beneficiaries)
    applicant = Applicant(client, slug, people=2).tripped()
    values = {**fields(applicant.send("people", {"do": "organisation"})).values, "do": "name"}
    form = fields(client.post(f"{applicant.address}people/", values)).values
    typed = {"h-contact": "林知远", "h-phone": "12900001001", "b1-name": "苏晚晴"}
    names = [name for name in form if name.startswith(("h-", "b1-"))]
    assert {"h-name", "h-code", "h-contact", "b1-name", "b1-number", "b1-share", "b1-order", "b1-of"} <= set(names)
    for place, name in enumerate(names):
        for nasty in NASTY[place % 3 :: 3]:  # each value meets a third of the fields; all of them at once are tried elsewhere
            response = client.post(f"{applicant.address}people/", {**form, **typed, name: nasty})
            assert response.status_code == 422, (name, ascii(nasty)[:20])
            kept = "h-contact" if name != "h-contact" else "b1-name"
            assert fields(response).values[kept] == [typed[kept]], (name, ascii(nasty)[:20])
            assert "<script>alert" not in response.content.decode()
    assert not Party.objects.exists()


@pytest.mark.usefixtures("_a_full_shelf")
def test_health_consents_and_signature_answer_whatever_is_sent(client: Client) -> None:
    slug = next(slug for slug in SLUGS if offer_of(slug).questions)
    roads = {"health": Applicant.with_people, "consents": Applicant.informed, "confirmation": Applicant.consenting}
    for step, road in roads.items():
        applicant = road(Applicant(client, slug))
        answers = Answer.objects.count()
        names = fields(applicant.page(step)).names - {"csrfmiddlewaretoken"}
        assert names, step
        for nasty in NASTY:
            # A box that is ticked is ticked whatever its value says; so boxes are left empty here.
            response = applicant.send(step, {name: None if name in BOXES or name.startswith("K") else nasty for name in names})
            assert response.status_code == 422, (step, ascii(nasty)[:20])
            assert "<script>alert" not in response.content.decode()
        assert Answer.objects.count() == answers
    assert not Order.objects.exists()


BOXES = {"agrees", "authority", "true", "guardian"}


def test_paying_finding_and_checking_answer_whatever_is_sent(shop: Shop) -> None:
    order = shop.ordered()
    mine, other = buyer(), Client()
    asked = {
        (f"/orders/{order.number}/payment/", mine): {"scene": ""},
        (f"/orders/{order.number}/papers/", mine): {"digits": ""},
        (f"/orders/{order.number}/account/", mine): {"digits": ""},
        ("/orders/find/", other): {"number": order.number, "phone": "12900001001"},
        ("/verify/", other): {"code": ""},
        ("/sign-in/", other): {"phone": ""},
    }
    for (address, client), values in asked.items():
        for name in values:
            for nasty in NASTY:
                response = client.post(address, {**values, name: nasty})
                assert response.status_code in {302, 303, 404, 422}, (address, name, ascii(nasty)[:20], response.status_code)
                assert "<script>alert" not in response.content.decode()
                if response.status_code == 422 and address == "/orders/find/" and name == "phone":
                    assert order.number in response.content.decode(), "the rest stays"
    assert Order.objects.get().state == "to_pay"
