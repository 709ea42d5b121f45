"""The pages of an order and of a contract: what each state shows, to whom, and what papers are handed over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from besttrav.kernel.pdf import text_of
from besttrav.payments import operations as paying
from besttrav.policies.models import PolicyDocument
from besttrav.portal.order_page import WHY_BACK
from besttrav.sales import evidence
from besttrav.sales.models import Evidence, OrderState, RefundBecause, Visit
from besttrav.sales.operations.finding import policy_of
from tests.conftest import StoppedClock
from tests.portal.orders import DIGITS, FRAGMENT, a_while_passes, buyer, given_to, insured
from tests.sales.shop import PHONE, Shop
from tests.world import Customer

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)
Browser = Callable[[Customer], Client]


def test_the_policy_in_hand(shop: Shop, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    order, client = insured(shop), buyer()
    base = f"/orders/{order.number}"
    client.get(f"{base}/")
    with django_assert_num_queries(10):
        page = client.get(f"{base}/")
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    policy = policy_of(order)
    assert policy
    assert "林**" in text
    assert "林知远" not in text
    assert PHONE.removeprefix("+86") not in text
    assert "load delay" not in text

    for name, words in {
        "e-policy": "林知远",
        "certificate": "Certificate of Travel Medical Insurance",
        "application-zh": "投保单副本",
        "application-en": "Copy of the application",
    }.items():
        paper = client.get(f"{base}/documents/{name}/")
        assert paper["Content-Type"] == "application/pdf"
        assert paper["Content-Disposition"] == f'attachment; filename="{name}-{policy.number}.pdf"'
        assert "no-store" in paper["Cache-Control"]
        assert paper["X-Content-Type-Options"] == "nosniff"
        assert words in text_of(paper.content), name
    assert client.get(f"{base}/documents/secrets/").status_code == 404
    assert client.post(f"{base}/documents/e-policy/").status_code == 405

    PolicyDocument.objects.exclude(kind="e_policy").delete()
    assert client.get(f"{base}/documents/application-zh/").status_code == 200
    PolicyDocument.objects.all().delete()
    assert client.get(f"{base}/documents/e-policy/").status_code == 422
    assert f"{base}/status/?was=issued" in client.get(f"{base}/").content.decode()


def test_the_browser_that_bought_shows_papers_for_half_an_hour_and_then_asks_for_the_document(
    shop: Shop, stopped_clock: StoppedClock
) -> None:
    order, client = insured(shop), buyer()
    base = f"/orders/{order.number}"
    policy = policy_of(order)
    assert policy
    stopped_clock.advance(timedelta(minutes=31))
    page = client.get(f"{base}/").content.decode()
    assert "林**" not in page
    assert policy.number not in page
    assert client.get(f"{base}/documents/e-policy/").status_code == 404
    assert client.get(f"/my/policies/{policy.id}/").status_code == 404

    assert client.post(f"{base}/papers/", {"digits": "12"}).status_code == 422
    assert client.post(f"{base}/papers/", {"digits": "1234"}).status_code == 422
    assert client.get(f"{base}/papers/")["Location"] == f"{base}/"
    assert client.post(f"{base}/papers/", {"digits": f" {DIGITS} "}).status_code == 303
    assert client.get(f"{base}/documents/e-policy/").status_code == 200
    assert Visit.objects.get().wrong_digits == 1
    stopped_clock.advance(timedelta(minutes=31))
    assert client.get(f"{base}/documents/e-policy/").status_code == 404


def test_guessing_at_the_document_ends(shop: Shop, stopped_clock: StoppedClock) -> None:
    order = insured(shop)
    stopped_clock.advance(timedelta(minutes=31))
    for _browser in range(4):
        client = buyer()
        for _guess in range(5):
            client.post(f"/orders/{order.number}/papers/", {"digits": "1234"})
    assert sum(Visit.objects.values_list("wrong_digits", flat=True)) == 15
    assert buyer().post(f"/orders/{order.number}/papers/", {"digits": DIGITS}).status_code == 422


def test_what_the_insurer_declines_goes_back_and_the_page_tells_how(shop: Shop, stopped_clock: StoppedClock) -> None:
    order, client = shop.ordered(), buyer()
    base = f"/orders/{order.number}"
    shop.insurers.misbehave("heyan", {"fault": "decline"})
    shop.paid(order)
    paid = client.get(f"{base}/").content.decode()
    assert "出单" in paid
    shop.work()
    order.refresh_from_db()
    assert order.refund_because == "insurer_declined"
    page = client.get(f"{base}/").content.decode()
    assert "未予承保" in page
    assert "/products/outbound/" in page
    assert "微信支付" in page
    assert str(order.premium) in page
    assert client.get(f"{base}/status/?was=paid", headers=FRAGMENT)["HX-Redirect"] == f"{base}/"
    assert client.get(f"{base}/documents/e-policy/").status_code == 422

    for minutes in (10, 20):
        stopped_clock.advance(timedelta(minutes=10))
        shop.cashiers["wechat"].set_clock(minutes * 60)
        shop.cashiers["wechat"].deliver()
        paying.recover()
        shop.work()
    order.refresh_from_db()
    assert order.state == OrderState.REFUNDED
    assert "保费已退回" in client.get(f"{base}/").content.decode()


@pytest.mark.parametrize("because", list(RefundBecause))
def test_whatever_an_order_is_given_back_for_has_its_words_in_both_languages(because: RefundBecause) -> None:
    """Nobody's money goes back without a reason they can read: a language without words of its own would show the other's."""
    words = {}
    for language in ("zh-hans", "en"):
        with override(language):
            words[language] = str(WHY_BACK[because]) % {"insurer": "HEYAN", "phone": "95000"}
    assert len(set(words.values())) == 2
    assert "合同" in words["zh-hans"]


def test_a_contract_shows_people_sums_texts_history_and_who_received_what(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order, client = insured(shop), buyer()
    policy = policy_of(order)
    assert policy
    address = f"/my/policies/{policy.id}/"
    client.get(address)
    with django_assert_num_queries(14):
        page = client.get(address).content.decode()
    for words in ("苏**", "用验证码确认手机号", "记录完整", "禾岸财产保险股份有限公司", "提供给了谁", f"{address}clauses/exclusions/"):
        assert words in page, words
    assert PHONE.removeprefix("+86") not in page
    assert client.get(f"{address}own/")["Location"] == address
    own = client.post(f"{address}own/").content.decode()
    assert PHONE.removeprefix("+86") in own
    assert "苏晚晴" not in own
    assert client.get(f"{address}clauses/exclusions/").status_code == 200
    assert client.get(f"{address}clauses/nothing/").status_code == 404
    for no_business in (Client(), buyer_of_another()):
        assert no_business.get(address).status_code == 404
        assert no_business.post(f"{address}own/").status_code == 404


def buyer_of_another() -> Client:
    client = buyer()
    client.cookies["application"] = "another browser"
    return client


def test_a_step_that_was_changed_afterwards_is_shown_as_broken(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = insured(shop)
    policy = policy_of(order)
    assert policy
    steps = Evidence.objects.filter(application=order.application).order_by("number")
    changed = steps[2]
    changed.facts = changed.facts | {"plan": "four"}
    told = [changed if step.number == changed.number else step for step in steps]
    # The database lets nobody change a step, so the change is made on the way to the page.
    monkeypatch.setattr(evidence, "told", lambda _application: told)
    page = buyer().get(f"/my/policies/{policy.id}/").content.decode()
    assert "第 3 步断开" in page


def test_my_insurance_has_tabs_by_where_it_stands(
    shop: Shop, browser_of: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = insured(shop)
    a_while_passes(shop, PHONE)
    second = shop.ordered("domestic", destinations=("CN",), plan=shop.offer("domestic").plans[0].code)
    member = shop.world.stranger
    for order in (first, second):
        given_to(order, member.account)
    client = browser_of(member)
    client.get("/my/policies/")
    with django_assert_num_queries(8):
        page = client.get("/my/policies/").content.decode()
    assert first.number[:4] in page
    assert f"/orders/{first.number}/documents/e-policy/" in page
    under_way = client.get("/my/policies/?stage=under-way").content.decode()
    assert f"/orders/{second.number}/payment/" in under_way
    assert "10 天后生效" in client.get("/my/policies/?stage=upcoming").content.decode()
    assert "这里暂时没有" in client.get("/my/policies/?stage=ended").content.decode()
    assert "您还没有保单" in browser_of(shop.world.spouse).get("/my/policies/").content.decode()
    assert Client().get("/my/policies/")["Location"].startswith("/sign-in/")
    assert client.post("/my/policies/").status_code == 405
