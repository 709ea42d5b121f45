"""Through the pages of an account: saved travellers by keyboard, and every page of an account in a browser, wrong entries included."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from besttrav.people.cookies import BROWSER_COOKIE, CUSTOMER_COOKIE
from besttrav.people.models import SavedTraveller
from besttrav.people.operations import searching
from besttrav.policies.models import Party
from tests import invented
from tests.browser import glance
from tests.catalogue.shelf import stock
from tests.portal.applicant import Applicant
from tests.portal.test_travellers import SELF, SPOUSE, save
from tests.promises.conftest import browser_of
from tests.world import Customer, World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])
__all__ = ["browser_of"]


def signed_in(tab: BrowserContext, site: str, who: Customer) -> Page:
    tab.add_cookies(
        [
            {"name": CUSTOMER_COOKIE, "value": who.token, "url": site},
            {"name": BROWSER_COOKIE, "value": who.visitor.browser, "url": site},
        ]
    )
    page = tab.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def test_a_member_buys_for_the_family_from_the_list_by_keyboard(tab: BrowserContext, site: str, world: World, browser_of: object) -> None:
    stock()
    save(world.buyer, SELF, SPOUSE)
    applicant = Applicant(browser_of(world.buyer)).tripped()  # type: ignore[operator]  # a fixture
    page = signed_in(tab, site, world.buyer)
    page.goto(f"{site}{applicant.address}people/")
    glance(page, "people-saved")
    for place in (1, 2):
        page.locator(f"#saved-{place}").focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="填入").focus()
    page.keyboard.press("Enter")
    page.locator(".said").wait_for()
    expect(page.locator("[name=h-name]")).to_have_value("林知远")
    expect(page.locator("[name=p2-name]")).to_have_value("苏晚晴")
    assert page.evaluate("document.activeElement.id") == "h"
    assert not page.locator("#keep").is_checked()
    assert not page.locator("#saved-1").is_checked()
    glance(page, "people-filled-in")
    page.locator("#step .actions button, .bar button").locator("visible=true").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/people/"))
    assert Party.objects.filter(contract=applicant.application.contract).count() == 2


def test_a_traveller_is_saved_and_changed_by_keyboard(tab: BrowserContext, site: str, world: World) -> None:
    page = signed_in(tab, site, world.buyer)
    page.goto(f"{site}/my/travellers/")
    glance(page, "travellers-none")
    page.get_by_role("link", name="添加").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/addition/")
    page.get_by_role("button", name="保存").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    glance(page, "traveller-wrong")
    page.get_by_label("与投保人的关系").select_option("child")
    page.locator("[name=p-name]").fill("林小满")
    page.locator("[name=p-kind]").select_option("passport")
    page.locator("[name=p-number]").fill(invented.passport(5))
    page.locator("[name=p-born]").wait_for()
    held: list[Route] = []
    page.route("**/addition/", lambda route: held.append(route))
    with page.expect_request("**/addition/"):
        page.locator("[name=p-phone]").focus()
    page.locator("[name=p-born]").fill("2019-06-01")
    held.pop().continue_()
    page.unroute("**/addition/")
    page.locator("#p-told .full").wait_for()
    expect(page.locator("[name=p-born]")).to_have_value("2019-06-01")
    page.locator("[name=p-sex]").first.check()
    for name in ("agreed", "guardian"):
        page.locator(f"[name={name}]").focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="保存").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/travellers/?done=saved")
    glance(page, "travellers")
    page.get_by_role("link", name="修改").first.click()
    glance(page, "traveller")
    page.get_by_role("button", name="从名单中移除").click()
    page.wait_for_url("**/my/travellers/?done=removed")
    assert not SavedTraveller.objects.exists()


def test_every_page_of_an_account_is_accessible_as_it_is_and_with_a_wrong_entry(tab: BrowserContext, site: str, world: World) -> None:
    save(world.buyer, SPOUSE)
    searching.remember(account=world.buyer.account, words="冰岛")
    page = signed_in(tab, site, world.buyer)
    for address in ("profile", "profile/phone", "proof", "policies", "privacy/looks", "privacy/searches"):
        page.goto(f"{site}/my/{address}/")
        glance(page, f"my-{address.replace('/', '-')}")
    page.goto(f"{site}/my/profile/phone/")
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_selector("#errors")
    glance(page, "my-profile-phone-wrong")
    page.locator("[name=phone]").fill("12900007777")
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_url("**/profile/phone/*-*/")
    page.locator("[name=code]").fill("１２ab")
    page.get_by_role("button", name="使用这个号码").click()
    page.wait_for_selector("#errors")
    glance(page, "my-profile-phone-code-wrong")
    page.goto(f"{site}/my/account/closing/")
    page.get_by_role("button", name="注销账户").click()
    page.wait_for_selector("#errors")
    glance(page, "closing-wrong")
    page.goto(f"{site}/closed/")
    glance(page, "closed")


def test_every_page_of_signing_in_and_finding_is_accessible_with_a_wrong_entry(page: Page, site: str, world: World) -> None:
    page.goto(f"{site}/sign-in/")
    glance(page, "sign-in")
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_selector("#errors")
    glance(page, "sign-in-wrong")
    page.locator("[name=phone]").fill("12900005252")
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_url("**/sign-in/*-*/")
    glance(page, "sign-in-code")
    page.locator("[name=code]").fill("<b>1")
    page.get_by_role("button", name="继续").click()
    page.wait_for_selector("#errors")
    glance(page, "sign-in-code-wrong")
    world.deliver()
    page.locator("[name=code]").fill(world.carrier.code("12900005252"))
    page.get_by_role("button", name="继续").click()
    page.wait_for_url("**/account/")
    page.get_by_role("button", name="开通我的账户").click()
    page.wait_for_selector("#errors")
    glance(page, "sign-up-wrong")
    page.goto(f"{site}/orders/find/")
    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_selector("#errors")
    glance(page, "find-order-wrong")
    for address, name in (("/verify/nothing-of-ours/", "verified-nothing"), ("/preferences/", "preferences")):
        page.goto(f"{site}{address}")
        glance(page, name)
