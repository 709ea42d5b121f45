"""Giving a policy up on the page: who may, what stands there before it is confirmed, and how it is followed."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from besttrav.policies.models import Policy, Surrender
from besttrav.policies.operations import deciding
from tests.insurance import Later
from tests.policies.giving_up import CASE, CHECKER
from tests.portal.conftest import Browser
from tests.portal.orders import DIGITS, a_while_passes, buyer, found_again, given_to, insured
from tests.sales.shop import PHONE, Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def address_of(policy: Policy) -> str:
    return f"/my/policies/{policy.id}/surrender/"


def guest(shop: Shop) -> tuple[Client, Policy]:
    """Somebody without an account who found the order again and gave the digits of their document."""
    order = insured(shop)
    client = found_again(shop, order)
    assert client.post(f"/orders/{order.number}/papers/", {"digits": DIGITS}).status_code == 303
    return client, Policy.objects.get()


def code_of(shop: Shop, client: Client, policy: Policy, reason: str = "", times: int = 2) -> dict[str, str]:
    """Ask for a code, and what is then to be posted."""
    a_while_passes(shop, PHONE)
    shop.world.carrier.set_clock(shop.cashiers["wechat"].ahead + 120 * times)
    asked = client.post(f"{address_of(policy)}phone/", {"reason": reason})
    assert asked.status_code == 303, asked.content.decode()
    shop.world.deliver()
    page = client.get(asked["Location"]).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(reason|challenge|seal)" value="([^"]+)"', page))
    return hidden | {"code": shop.world.carrier.code(PHONE), "agrees": "on"}


def confirm(client: Client, policy: Policy, posted: dict[str, str], **changed: str) -> Any:
    return client.post(address_of(policy), posted | changed)


def test_a_guest_sees_to_the_fen_what_comes_back_and_confirms_just_that(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, policy = guest(shop)
    page = client.get(f"/my/policies/{policy.id}/").content.decode()
    assert address_of(policy) in page
    with django_assert_num_queries(10):
        page = client.get(address_of(policy)).content.decode()
    for words in (f"¥{policy.premium}", "微信支付", "0 %", "从未开始", "2 位被保险人", "整单退保"):
        assert words in page, words
    assert "为什么退保" not in page, "before the start nobody asks why"

    posted = code_of(shop, client, policy)
    for changed in ({"agrees": ""}, {"code": "12"}, {"code": ""}, {"seal": "0" * 64}, {"challenge": ""}, {"seal": ""}):
        assert confirm(client, policy, posted, **changed).status_code == 422, changed
    assert not Surrender.objects.exists()
    for _ in range(2):
        done = confirm(client, policy, posted)
        assert (done.status_code, done["Location"]) == (303, f"/my/policies/{policy.id}/#surrender")
    surrender = Surrender.objects.get()
    assert client.get(address_of(policy))["Location"].endswith("#surrender")
    page = client.get(f"/my/policies/{policy.id}/").content.decode()
    assert surrender.number in page
    assert "最迟" in page

    shop.work()
    with django_assert_num_queries(15):
        page = client.get(f"/my/policies/{policy.id}/").content.decode()
    for words in ("已终止保单", "已退保", "：有效 → 已退保", f"：¥{policy.premium} → ¥0.00"):
        assert words in page, words
    assert address_of(policy) not in page


def test_after_the_start_the_reason_is_asked_and_proof_has_a_way_to_us(shop: Shop, later: Later, browser_of: Browser) -> None:
    order = insured(shop)
    policy, member = Policy.objects.get(), shop.world.stranger
    given_to(order, member.account)
    shop.move_clocks(later, 12 * 86_400)
    client = browser_of(shop.world.customer(member.phone))
    page = client.get(address_of(policy)).content.decode()
    assert "为什么退保" in page
    assert "seal" not in page
    page = client.get(f"{address_of(policy)}?reason=not_left").content.decode()
    assert "8 天中的 3 天" in page
    posted = code_of(shop, client, policy, "not_left", 3)
    other = confirm(client, policy, posted, reason="visa_refused")
    assert other.status_code == 422, "the figures of another reason were not what was shown"
    assert confirm(client, policy, posted, reason="before_start").status_code == 422
    assert confirm(client, policy, posted).status_code == 303

    surrender = Surrender.objects.get()
    assert "退保办理中" in client.get("/my/policies/").content.decode()
    page = client.get(f"/my/policies/{policy.id}/").content.decode()
    for words in ("service@besttrav.example", surrender.number, "出入境记录", "保留保单"):
        assert words in page, words
    deciding.ask_for(surrender=surrender, missing=deciding.needed(surrender), case=CASE, actor=CHECKER)
    assert "需要您补充" in client.get(f"/orders/{order.number}/").content.decode()
    assert client.post(f"{address_of(policy)}withdrawal/").status_code == 303
    page = client.get(f"/my/policies/{policy.id}/").content.decode()
    assert "已撤回" in page
    assert address_of(policy) in page


def test_nobody_else_gives_it_up_and_nothing_is_done_by_looking(shop: Shop, browser_of: Browser) -> None:
    order = insured(shop)
    policy = Policy.objects.get()
    address = address_of(policy)
    for nobody in (Client(), browser_of(shop.world.stranger)):
        assert nobody.get(address).status_code == 404
        assert nobody.post(f"{address}phone/").status_code == 404
        assert nobody.post(address, {"code": "123456"}).status_code == 404
        assert nobody.post(f"{address}withdrawal/").status_code == 404
    bought = buyer()
    assert "后四位" in bought.get(address).content.decode(), "the browser alone is no proof of the document"
    assert bought.post(f"{address}phone/").status_code == 303
    assert "后四位" in bought.post(address, {"code": "123456", "agrees": "on"}).content.decode()
    assert not shop.world.carrier.texts(PHONE)[-1].startswith("退保")
    assert bought.get(f"{address}phone/")["Location"] == address
    assert bought.put(address).status_code == 405
    assert not Surrender.objects.exists()
    assert order.number in bought.get(f"/orders/{order.number}/").content.decode()


def test_the_order_of_a_guest_tells_of_it_without_the_digits(shop: Shop) -> None:
    client, policy = guest(shop)
    confirm(client, policy, code_of(shop, client, policy))
    shop.work()
    order = Surrender.objects.get().policy
    number = client.get(f"/my/policies/{order.id}/").content.decode()
    assert "已退保" in number
    found = re.search(r"/orders/(BT\d+)/", number)
    assert found
    page = client.get(f"/orders/{found[1]}/").content.decode()
    assert "已退保，不再有保障" in page
    assert "最迟" in page or "已确认" in page
    assert client.get(f"/orders/{found[1]}/documents/certificate/").status_code == 422, "a consulate would rely on it"
