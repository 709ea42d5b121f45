"""The invoice of a policy, from its page to the paper: what is asked and no more, what stands beside a field, and who sees it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries
from pytest_django import Settings as SettingsWrapper

from besttrav.invoices import operations
from besttrav.invoices.models import Invoice, InvoicePaper, InvoiceRequest, InvoiceState
from besttrav.journal.models import Entry
from besttrav.kernel.pdf import text_of
from besttrav.kernel.registry import forget_providers
from besttrav.policies.models import Policy, PolicyTransaction, TransactionKind
from besttrav.portal.invoice_page import RED, WORDS
from besttrav.sales.models import Order
from tests.invoices.office import COMPANY, TAX_NUMBER
from tests.invoicing import InvoicingSimulator
from tests.portal.orders import DIGITS, FRAGMENT, buyer, found_again, given_to, insured
from tests.promises.test_2_1 import asked_in
from tests.sales.shop import Shop
from tests.world import Customer

Browser = Callable[[Customer], Client]
TYPED = {"in_name_of": "organisation", "title": COMPANY.title, "tax_number": TAX_NUMBER.lower(), "email": COMPANY.email}


@pytest.fixture
def policy(shop: Shop, invoicing: InvoicingSimulator) -> Policy:
    insured(shop)
    return Policy.objects.get()


def address(policy: Policy) -> str:
    return f"/my/policies/{policy.id}/invoice/"


def text(client: Client, address: str, **more: object) -> str:
    return str(client.get(address, **more).content.decode())  # type: ignore[arg-type]  # headers


def test_a_guest_asks_follows_and_takes_the_invoice_along(
    shop: Shop, policy: Policy, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = buyer(), address(policy)
    assert f'href="{url}"' in text(client, f"/my/policies/{policy.id}/")
    page = text(client, url)
    assert asked_in(page) == {"in_name_of", "title", "tax_number", "email"}
    assert f"¥{policy.premium}" in page
    assert "林知远" not in page

    assert client.post(url, {"in_name_of": "holder", "email": ""})["Location"] == url
    waiting = text(client, url)
    assert asked_in(waiting) == set()
    assert f"{url}?asked=1" in waiting
    assert "<html" not in text(client, f"{url}?asked=7", headers=FRAGMENT)
    assert "hx-get" not in text(client, f"{url}?asked=40", headers=FRAGMENT)
    invoice = Invoice.objects.get()
    assert client.get(f"{url}{invoice.id}/").status_code == 422

    shop.work()
    assert client.get(f"{url}?asked=2", headers=FRAGMENT)["HX-Redirect"] == url
    with django_assert_num_queries(6):
        page = text(client, url)
    assert str(WORDS[InvoiceState.OK]) in page
    paper = client.get(f"{url}{invoice.id}/")
    invoice.refresh_from_db()
    assert paper["Content-Type"] == "application/pdf"
    assert paper["Content-Disposition"] == f'attachment; filename="invoice-{invoice.official_number}.pdf"'
    assert "no-store" in paper["Cache-Control"]
    assert "林知远" in text_of(paper.content)
    assert Entry.objects.filter(action="invoices.served", about_id=invoice.id).count() == 1
    assert "invoice" in text(client, f"/my/policies/{policy.id}/")


def test_bad_input_stands_beside_its_field_and_nothing_typed_is_lost(policy: Policy) -> None:
    client, url = buyer(), address(policy)
    answer = client.post(url, TYPED | {"tax_number": TAX_NUMBER[:-1], "email": "ling@"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [name for name in ("tax_number", "email") if f'href="#id_{name}"' not in page] == []
    assert [typed for typed in (COMPANY.title, TAX_NUMBER[:-1], "ling@") if f'value="{typed}"' not in page] == []
    assert client.post(url, TYPED | {"title": ""}).status_code == 422
    assert client.post(url, TYPED | {"in_name_of": "anybody"}).status_code == 422
    assert client.post(url, TYPED | {"title": "长" * 101}).status_code == 422
    assert not InvoiceRequest.objects.exists()

    assert client.post(url, TYPED).status_code == 303
    again = client.post(url, TYPED)
    assert again.status_code == 422
    assert "已开具" in again.content.decode()
    assert InvoiceRequest.objects.count() == 1


def test_it_is_for_whoever_proved_the_order_or_has_it_in_their_account_and_for_nobody_else(
    shop: Shop, policy: Policy, browser_of: Browser
) -> None:
    url = address(policy)
    order = Order.objects.get()
    guest = found_again(shop, order)
    assert guest.get(url).status_code == 404
    assert guest.post(url, TYPED).status_code == 404
    assert guest.post(f"/orders/{order.number}/papers/", {"digits": DIGITS}).status_code == 303
    assert guest.post(url, TYPED).status_code == 303
    shop.work()
    paper = f"{url}{Invoice.objects.get().id}/"
    assert guest.get(paper).status_code == 200
    for nobody in (Client(), browser_of(shop.world.stranger)):
        assert {nobody.get(url).status_code, nobody.post(url, TYPED).status_code, nobody.get(paper).status_code} == {404}

    given_to(order, shop.world.spouse.account)
    assert browser_of(shop.world.spouse).get(paper).status_code == 200
    assert buyer().get(paper).status_code == 404


def test_the_page_says_who_issues_to_whom_and_what_became_of_it(
    policy: Policy, invoicing: InvoicingSimulator, settings: SettingsWrapper, shop: Shop
) -> None:
    client, url = buyer(), address(policy)
    entry = settings.PROVIDERS["invoicing:heyan"]
    settings.PROVIDERS = settings.PROVIDERS | {"invoicing:heyan": entry | {"options": entry["options"] | {"any_title": False}}}
    forget_providers()
    assert asked_in(text(client, url)) == {"email"}
    invoicing.misbehave({"fault": "decline"})
    assert client.post(url, {"email": ""}).status_code == 303
    shop.work()
    refused = text(client, url)
    assert str(WORDS[InvoiceState.REJECTED]) in refused
    assert asked_in(refused) == {"email"}
    client.cookies["language"] = "en"
    with override("en"):
        assert str(WORDS[InvoiceState.REJECTED]) in text(client, url)
    client.cookies["language"] = "zh-hans"

    client.post(url, {"email": ""})
    shop.work()
    PolicyTransaction.objects.create(policy=policy, number=2, kind=TransactionKind.CANCEL, premium_fen=-policy.premium_fen)
    operations.reverse(policy=policy, actor=operations.ISSUER)
    shop.work()
    page = text(client, url)
    assert str(RED[InvoiceState.OK]) in page
    assert f"−¥{policy.premium}" in page
    assert page.count("download>") == 2

    for rows in (InvoicePaper.objects.all(), Invoice.objects.filter(kind="red"), Invoice.objects.all()):
        rows.delete()
    assert "没有可开票的保险费" in text(client, url)
    settings.PROVIDERS = {name: entry for name, entry in settings.PROVIDERS.items() if name != "invoicing:heyan"}
    assert "自行开具发票" in text(client, url)
