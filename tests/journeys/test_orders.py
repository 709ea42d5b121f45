"""Through the pages only, on a phone: from the submitted application to the PDF in hand, and everything that hangs on the order."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.pdf import text_of
from besttrav.people.cookies import APPLICATION_COOKIE, CUSTOMER_COOKIE
from besttrav.sales.models import Notice, Order
from besttrav.sales.operations import issuing, noticing
from besttrav.sales.operations.finding import policy_of
from tests.browser import examine
from tests.invoices.office import COMPANY, TAX_NUMBER
from tests.invoicing import InvoicingSimulator
from tests.portal.orders import BROWSER, a_while_passes, given_to, work_aside
from tests.sales.shop import PHONE, Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def at_the_buyers(tab: BrowserContext, site: str) -> Page:
    """The browser in which the application was filled in, on a phone."""
    tab.add_cookies([{"name": APPLICATION_COOKIE, "value": BROWSER, "url": site}])
    page = tab.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def test_somebody_pays_on_the_phone_and_holds_the_e_policy(tab: BrowserContext, site: str, shop: Shop, tmp_path: Path) -> None:
    order = shop.ordered()
    page = at_the_buyers(tab, site)
    page.goto(f"{site}/orders/{order.number}/payment/")
    examine(page, "order-payment")

    page.get_by_role("link", name="我正用要付款的手机").click()
    page.get_by_role("button", name="支付宝").click()
    examine(page, "order-link")
    page.get_by_role("link", name="打开支付宝").click()
    page.get_by_role("button", name="Pay").first.click()
    page.wait_for_url(f"{site}/orders/{order.number}/**")
    page.wait_for_url(f"{site}/orders/{order.number}/", timeout=20_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("出单")
    examine(page, "order-paid")

    work_aside(shop)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("起生效")
    examine(page, "order-held")
    with page.expect_download() as started:
        page.get_by_role("link", name="下载电子保单").click()
    started.value.save_as(tmp_path / "policy.pdf")
    text = text_of((tmp_path / "policy.pdf").read_bytes())
    assert "林知远" in text
    assert str(policy_of(order).number) in text.replace(" ", "")  # type: ignore[union-attr]  # it is insured

    page.get_by_role("link", name="打开这份合同").click()
    examine(page, "policy")
    page.get_by_role("button", name="显示我自己的信息").click()
    expect(page.get_by_text(PHONE.removeprefix("+86"))).to_be_visible()


def test_somebody_asks_for_an_invoice_and_takes_it_along(
    tab: BrowserContext, site: str, shop: Shop, invoicing: InvoicingSimulator, tmp_path: Path
) -> None:
    order = shop.ordered()
    shop.paid(order)
    work_aside(shop)
    page = at_the_buyers(tab, site)
    page.goto(f"{site}/my/policies/{policy_of(order).id}/")  # type: ignore[union-attr]  # it is insured
    page.get_by_role("link", name="发票").click()
    expect(page.get_by_label("单位税号")).to_be_hidden()
    page.get_by_label("单位", exact=True).check()
    page.get_by_label("单位税号").fill(TAX_NUMBER[:-1])
    page.get_by_role("button", name="申请开票").click()
    expect(page.get_by_label("单位税号")).to_have_value(TAX_NUMBER[:-1])
    examine(page, "invoice-form")
    page.get_by_label("单位名称").fill(COMPANY.title)
    page.get_by_label("单位税号").fill(TAX_NUMBER)
    page.get_by_role("button", name="申请开票").click()
    expect(page.get_by_text("正在开具")).to_be_visible()
    work_aside(shop)
    with page.expect_download(timeout=20_000) as started:
        page.get_by_role("link", name="下载（PDF）").click(timeout=20_000)
    started.value.save_as(tmp_path / "invoice.pdf")
    assert COMPANY.title in text_of((tmp_path / "invoice.pdf").read_bytes())


def test_the_code_the_look_up_the_notice_and_the_public_check(tab: BrowserContext, site: str, shop: Shop) -> None:
    page = at_the_buyers(tab, site)
    order = shop.ordered(people=shop.people(shop.spouse(phone="")))
    page.goto(f"{site}/orders/{order.number}/payment/")
    page.get_by_role("button", name="微信支付").click()
    examine(page, "order-code")
    shop.paid(Order.objects.get(id=order.id))
    work_aside(shop)
    page.goto(f"{site}/orders/{order.number}/")
    page.get_by_role("button", name="显示链接").click()
    examine(page, "order-hand-on")

    tab.clear_cookies()
    page.goto(f"{site}/orders/find/")
    examine(page, "find-order")
    a_while_passes(shop, PHONE)
    page.get_by_label("订单号").fill(order.number.lower())
    page.get_by_label("手机号").fill(PHONE)
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_url("**/orders/find/*-*/**")
    work_aside(shop)
    page.get_by_label("验证码").fill(shop.world.carrier.code(PHONE))
    page.get_by_role("button", name="继续").click()
    examine(page, "order-found")
    page.get_by_label("后四位").fill("0018")
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("link", name="下载电子保单")).to_be_visible()

    link = noticing.link_for_buyer(notice=Notice.objects.get(), actor=Actor.visitor())
    page.goto(site + "/notices/" + link.rsplit("/", 2)[1] + "/")
    examine(page, "notice")
    page.get_by_role("button", name="我反对").click()
    expect(page.get_by_text("您已提出异议").first).to_be_visible()

    page.goto(f"{site}/verify/")
    examine(page, "verify")
    policy = policy_of(order)
    assert policy
    page.get_by_label("纸上的验真码").fill(policy.code.lower())
    page.get_by_role("button", name="查验").click()
    page.get_by_label("纸上的姓名").fill("苏 晚晴")
    page.get_by_label("纸上的证件号码").fill("190000199007210002")
    page.get_by_role("button", name="比对").click()
    expect(page.get_by_text("相符").first).to_be_visible()
    examine(page, "verified")


def test_what_was_not_paid_what_was_declined_and_my_insurance(tab: BrowserContext, site: str, shop: Shop) -> None:
    declined = shop.ordered()
    shop.insurers.misbehave("heyan", {"fault": "decline"})
    shop.paid(declined)
    work_aside(shop)
    page = at_the_buyers(tab, site)
    page.goto(f"{site}/orders/{declined.number}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("退回")
    examine(page, "order-refunding")

    a_while_passes(shop, PHONE)
    late = shop.ordered()
    page.goto(f"{site}/orders/{late.number}/")
    Order.objects.filter(id=late.id).update(pay_by=clock.now() - timedelta(minutes=1))
    issuing.expire()
    page.reload()
    expect(page.get_by_role("link", name="山海行境外旅行保险")).to_be_visible()
    examine(page, "order-expired")

    a_while_passes(shop, PHONE, times=2)
    held = shop.ordered()
    shop.paid(held)
    work_aside(shop)
    member = shop.world.stranger
    for order in Order.objects.filter(id__in=[declined.id, held.id]):
        given_to(order, member.account)
    tab.add_cookies([{"name": CUSTOMER_COOKIE, "value": member.token, "url": site}])
    page.goto(f"{site}/my/policies/")
    expect(page.get_by_role("link", name="电子保单")).to_be_visible()
    examine(page, "my-policies")
    page.get_by_role("link", name="全部").click()
    page.get_by_role("link", name="日本", exact=True).first.click()
    page.get_by_text("投保经过，逐步记录").click()
    expect(page.get_by_text("用验证码确认手机号")).to_be_visible()
