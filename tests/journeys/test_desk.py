"""Through the pages only, by keyboard: a clerk finds what waits, reads why, and has the insurer asked again."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from besttrav.insurers.models import Exchange, Kind
from besttrav.payments import operations as paying
from besttrav.payments.models import Difference
from besttrav.people.cookies import STAFF_COOKIE
from besttrav.people.permissions import Role
from tests.browser import examine
from tests.console.test_orders import differed
from tests.portal.orders import work_aside
from tests.sales.shop import Shop
from tests.world import Colleague


def at_the_desk(tab: BrowserContext, site: str, colleague: Colleague) -> Page:
    tab.add_cookies([{"name": STAFF_COOKIE, "value": colleague.token, "url": site}])
    page = tab.new_page()
    page.goto(f"{site}/staff/orders/")
    return page


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_what_waits_is_found_read_and_put_right(tab: BrowserContext, site: str, shop: Shop) -> None:
    other = shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009")
    order = differed(shop)
    payment = shop.begun(other)
    shop.cashiers["wechat"].pay(payment.number, fen=700)
    paying.ask(payment=payment)
    stray = Difference.objects.create(channel="alipay", what="stray", number="BTP01K2V7YQ8Z3N5M4C6D8E0F2G4", fen_there=12_800)

    page = at_the_desk(tab, site, shop.world.colleague("S1008", "杜若蘅", Role.SUPERVISOR))
    expect(page.get_by_role("row")).to_have_count(4)
    examine(page, "staff-orders")
    page.get_by_role("link", name="保险公司出具的内容与所购不符").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/orders/{order.number}/")
    examine(page, "staff-order")

    shop.insurers.put_right("heyan", Exchange.objects.get(kind=Kind.SUBMIT).number)
    page.get_by_label("原因").select_option("insurer_said")
    page.get_by_label("案件或工单").fill("TK-2026-0042")
    page.keyboard.press("Enter")
    expect(page.get_by_text("员工操作").first).to_be_visible()
    work_aside(shop)
    page.reload()
    expect(page.get_by_text("已承保").first).to_be_visible()
    page.goto(f"{site}/staff/differences/{stray.id}/")
    examine(page, "staff-difference")
