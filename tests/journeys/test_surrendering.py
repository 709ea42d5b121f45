"""Through the pages only: somebody gives a policy up on the phone, a clerk looks at another, and both follow it to its end."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from besttrav.people.cookies import CUSTOMER_COOKIE, STAFF_COOKIE
from besttrav.people.permissions import Role
from besttrav.policies.models import Policy, Surrender
from tests.browser import examine
from tests.insurance import Later
from tests.portal.orders import a_while_passes, given_to, work_aside
from tests.sales.shop import PHONE, Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def in_the_account(tab: BrowserContext, site: str, shop: Shop) -> tuple[Page, Policy]:
    order = shop.ordered()
    shop.paid(order)
    work_aside(shop)
    member = shop.world.stranger
    given_to(order, member.account)
    tab.add_cookies([{"name": CUSTOMER_COOKIE, "value": member.token, "url": site}])
    page, policy = tab.new_page(), Policy.objects.get()
    page.set_viewport_size({"width": 390, "height": 844})
    return page, policy


def confirm(page: Page, shop: Shop, times: int) -> None:
    a_while_passes(shop, PHONE, times)
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_url("**#confirm")
    work_aside(shop)
    page.get_by_label("验证码").fill(shop.world.carrier.code(PHONE))
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="退保，退回").click()
    page.wait_for_url("**/#surrender")


def test_a_policy_is_given_up_on_the_phone_and_followed_to_its_end(tab: BrowserContext, site: str, shop: Shop) -> None:
    page, policy = in_the_account(tab, site, shop)
    page.goto(f"{site}/my/policies/{policy.id}/")
    page.get_by_role("link", name="退保").click()
    examine(page, "surrender")
    page.get_by_role("button", name="退保，退回").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    confirm(page, shop, 3)
    expect(page.get_by_text(Surrender.objects.get().number).first).to_be_visible()
    work_aside(shop)
    page.reload()
    expect(page.get_by_text("已退保").first).to_be_visible()
    examine(page, "surrender-done")


@pytest.mark.soak
def test_after_the_start_a_clerk_looks(tab: BrowserContext, site: str, shop: Shop, later: Later) -> None:
    page, policy = in_the_account(tab, site, shop)
    Policy.objects.update(first_day=policy.issued_at.date(), last_day=policy.last_day)
    page.goto(f"{site}/my/policies/{policy.id}/surrender/")
    page.get_by_role("radio", name="没有出境").check()
    page.get_by_role("button", name="计算").click()
    examine(page, "surrender-begun")
    confirm(page, shop, 3)
    examine(page, "surrender-checked")

    clerk = shop.world.colleague("S1009", "叶闻笛", Role.SUPERVISOR)
    tab.add_cookies([{"name": STAFF_COOKIE, "value": clerk.token, "url": site}])
    page.goto(f"{site}/staff/surrenders/")
    examine(page, "staff-surrenders")
    page.goto(f"{site}/staff/surrenders/{Surrender.objects.get().number}/")
    examine(page, "staff-surrender")
    page.get_by_role("button", name="材料齐全").click()
    examine(page, "staff-surrender-refused")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("案件或工单").first.fill("TK-2026-0042")
    page.get_by_role("button", name="材料齐全").click()
    work_aside(shop)
    page.reload()
    examine(page, "staff-surrender-done")
