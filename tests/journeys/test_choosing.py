"""Through the pages only: a traveller says where, when and with whom, and finds, compares, reads and prices; with scripts, without, and by
keyboard."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from besttrav.kernel import clock
from tests.catalogue.shelf import stock

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])


@pytest.fixture(autouse=True)
def _a_full_shelf(transactional_db: None) -> None:
    stock()


def start_a_trip(page: Page, site: str) -> None:
    start = clock.today() + timedelta(days=10)
    page.goto(site)
    page.get_by_label("去哪里").fill("日本")
    page.get_by_label("出发").fill(start.isoformat())
    page.get_by_label("返回").fill((start + timedelta(days=7)).isoformat())
    page.get_by_label("大人").fill("2")
    page.get_by_label("孩子").fill("1")


def total_of(page: Page) -> str:
    return page.locator("#quote-total .price").inner_text()


def test_on_a_phone_from_home_to_the_insure_button(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    start_a_trip(page, site)
    expect(page.locator("[data-days]")).to_have_text("8")
    page.get_by_role("button", name="看看有哪些保险").click()
    page.wait_for_url("**/products/?to=JP&*")
    shown = page.locator("#results article").count()
    assert shown

    page.get_by_label("医疗保额").select_option("300000")
    expect(page.locator("#results .chip-on")).to_have_count(1)
    expect(page.locator("#live")).to_have_text(re.compile(r"\d+ 款产品"))
    assert "medical=300000" in page.url
    assert page.locator("#results article").count() <= shown
    page.go_back()
    page.wait_for_url("**/products/?to=JP&*")

    page.goto(re.sub(r"&medical=\d+", "", page.url))
    for tick in page.locator("#results input[name=p]").all()[:2]:
        tick.check()
    page.get_by_role("button", name="对比").click()
    expect(page.get_by_role("heading", name="产品对比")).to_be_visible()
    page.get_by_role("link", name=re.compile("看详情")).first.click()
    page.wait_for_url("**/products/*/?*")

    before = total_of(page)
    page.locator(".who-box summary").click()
    page.get_by_label("大人").fill("3")
    page.get_by_label("大人").blur()
    expect(page.locator("#quote-total .price")).not_to_have_text(before)
    expect(page.locator("#live")).to_contain_text("合计 ¥")
    assert "adults=3" in page.url
    assert page.locator("#premium-bar .price").inner_text() == total_of(page)
    assert page.locator('#insure input[name="adults"]').input_value() == "3"
    assert page.get_by_role("button", name="立即投保").last.is_visible()


def test_another_plan_changes_the_sums_and_the_column_with_the_price(page: Page, site: str) -> None:
    start = clock.today() + timedelta(days=10)
    page.goto(f"{site}/products/outbound/?to=JP&start={start}&end={start + timedelta(days=7)}&adults=1")
    covered, before = page.locator("#yes dd b").first.inner_text(), total_of(page)
    page.locator(".plan label").nth(3 if page.locator(".plan").count() <= 4 else 5).click()

    expect(page.locator("#quote-total .price")).not_to_have_text(before)
    expect(page.locator("#yes dd b").first).not_to_have_text(covered)
    assert page.locator("#plans thead .picked a").inner_text() == page.locator(
        ".plan input[name=plan]:checked + label span"
    ).inner_text().lstrip("✓ ")
    address = page.locator("#share-address").input_value()
    page.goto(address)
    assert total_of(page) != before


def test_the_clauses_are_read_on_the_page(page: Page, site: str) -> None:
    page.goto(f"{site}/products/outbound/")
    page.locator("#docs .quick a").nth(3).click()

    expect(page.locator("#paper article")).to_be_visible()
    expect(page.locator("#paper article")).to_be_focused()
    assert page.url.endswith("/products/outbound/")


def test_without_scripts_everything_is_there_too(scriptless: Page, site: str) -> None:
    page = scriptless
    start_a_trip(page, site)
    page.get_by_role("button", name="看看有哪些保险").click()
    assert "to=JP" in page.url
    page.get_by_label("排序").select_option("premium")
    page.get_by_role("button", name="显示", exact=True).click()
    assert "sort=premium" in page.url
    page.get_by_role("link", name=re.compile("看详情")).first.click()
    before = total_of(page)
    page.locator(".who-box summary").click()
    page.get_by_label("大人").fill("4")
    page.get_by_role("button", name="计算价格").click()
    assert total_of(page) != before
    page.locator("#docs .quick a").nth(3).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/documents/clauses/" in page.url


def test_by_keyboard_alone_from_home_to_a_price(page: Page, site: str) -> None:
    start = clock.today() + timedelta(days=10)
    page.goto(site)
    focus(page, "去哪里")
    page.keyboard.type("日本")
    page.get_by_label("出发").fill(start.isoformat())
    page.get_by_label("返回").fill((start + timedelta(days=7)).isoformat())
    focus(page, "大人")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/?to=JP&*")
    while not page.evaluate("document.activeElement.matches('.offer .btn')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products/*/?*")
    while not page.evaluate("document.activeElement.matches('input[name=plan]')"):
        page.keyboard.press("Tab")
    before = total_of(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#quote-total .price")).not_to_have_text(before)
    assert page.evaluate("document.activeElement.matches('input[name=plan]')")


def focus(page: Page, label: str) -> None:
    """Go on with the tab key until the field of this name has the focus, and empty it."""
    wanted = page.get_by_label(label)
    for _press in range(40):
        if wanted.evaluate("(one) => one === document.activeElement"):
            page.keyboard.press("ControlOrMeta+a")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the tab key does not reach {label}")


def test_what_is_wrong_is_said_beside_the_field_with_scripts_too(page: Page, site: str) -> None:
    start = clock.today() + timedelta(days=10)
    page.goto(f"{site}/products/?to=JP&start={start}&end={start}&adults=1")
    page.locator(".tripbox summary").click()
    page.get_by_label("大人").fill("很多")
    page.get_by_label("大人").blur()

    expect(page.locator("#errors")).to_be_focused()
    expect(page.get_by_label("大人")).to_have_value("很多")
    expect(page.locator(".field-error .error").first).to_contain_text("请用数字填写人数")
