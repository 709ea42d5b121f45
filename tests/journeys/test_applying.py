"""Through the pages only: from a product to the page where it is paid, as a guest on a phone; by keys alone; without scripts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from besttrav.kernel import clock
from besttrav.kernel.identity import Sex
from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.sales import evidence
from besttrav.sales.models import Order
from tests import invented
from tests.browser import accessible, choose, examine, scrolls_sideways
from tests.catalogue.shelf import stock
from tests.portal.applicant import PHONE, Applicant
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])
PHONE_WIDTH = {"width": 390, "height": 844}


def product(site: str, slug: str = "outbound", people: int = 2) -> str:
    start = clock.today() + timedelta(days=10)
    return f"{site}/products/{slug}/?to=JP&start={start}&end={start + timedelta(days=7)}&adults={people}"


def numbers() -> tuple[str, str]:
    born = clock.today().replace(year=clock.today().year - 35, day=1)
    return invented.id_number(born, Sex.MALE), invented.id_number(born, Sex.FEMALE)


def test_a_guest_insures_two_travellers_on_a_phone(page: Page, site: str, world: World) -> None:
    stock()
    page.set_viewport_size(PHONE_WIDTH)  # type: ignore[arg-type]  # a size
    page.goto(product(site))
    page.get_by_role("button", name="立即投保").last.click()
    page.wait_for_url("**/entry/")
    go_on(page, "开始投保", "**/trip/")
    go_on(page, "继续", "**/people/")

    his, hers = numbers()
    applicant, first, second = (page.locator(f"#{part}") for part in ("h", "p1", "p2"))
    applicant.get_by_label("姓名").fill("林知远")
    applicant.get_by_label("证件号码").fill(his)
    applicant.get_by_label("手机号").fill(PHONE)
    page.locator("#h-told").get_by_text("35 周岁").wait_for()
    first.get_by_label("护照姓").fill("LIN")
    first.get_by_label("护照名").fill("ZHIYUAN")
    second.get_by_label("与投保人的关系").select_option("配偶")
    second.get_by_label("姓名").fill("苏晚晴")
    second.get_by_label("护照姓").fill("SU")
    second.get_by_label("护照名").fill("WANQING")
    second.get_by_label("证件号码").fill(hers)
    second.get_by_label("证件号码").blur()
    page.locator("#p2-told").get_by_text("女").wait_for()
    page.get_by_role("button", name="添加一位").click()
    page.locator("#p3").wait_for()
    page.get_by_role("button", name="移除被保险人 3").click()
    page.locator("#p3").wait_for(state="detached")
    assert scrolls_sideways(page) <= 0
    go_on(page, "继续", "**/papers/")

    page.get_by_role("link", name="阅读下一份").click()
    for _paper in range(4):
        page.get_by_role("button", name="已读到底部").click()
    page.wait_for_url("**/consents/")
    for box in page.locator(".consentcards").get_by_role("checkbox").all():
        assert not box.is_checked()
        box.check()
    go_on(page, "继续", "**/confirmation/")

    page.get_by_role("button", name="发送验证码").click()
    page.wait_for_url("**challenge=*")
    world.deliver()
    page.get_by_label("验证码").fill(world.carrier.code(PHONE))
    draw(page)
    page.get_by_role("checkbox", name="我确认以上信息真实完整").check()
    page.locator(".bar").get_by_role("button").click()
    page.wait_for_url("**/orders/**")

    order = Order.objects.get()
    assert f"/orders/{order.number}/" in page.url
    assert order.account is None
    assert evidence.broken_at(evidence.told(order.application)) is None


def go_on(page: Page, button: str, address: str) -> None:
    """The button of the bar, which is where a thumb is."""
    page.locator(".bar").get_by_role("button", name=button).click()
    page.wait_for_url(address)


def draw(page: Page) -> None:
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for stroke in range(3):
        page.mouse.move(box["x"] + 30 + stroke * 90, box["y"] + 50)
        page.mouse.down()
        for step in range(10):
            page.mouse.move(box["x"] + 30 + stroke * 90 + step * 6, box["y"] + 50 + step % 4 * 30)
        page.mouse.up()
    page.get_by_text("已签名").wait_for()
    page.get_by_role("button", name="撤销一笔").click()
    drawn = page.locator("[name=drawing]").input_value()
    assert drawn.count("M") == 2
    assert re.fullmatch(r"[ML]\d+ \d+( [ML]\d+ \d+)*", drawn)


def test_it_goes_by_keys_alone(page: Page, site: str, world: World) -> None:
    """Every control is reached by Tab in the order of the page, pressed by Enter or Space, and never hidden behind the bar."""
    stock()
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(product(site))
    press_on(page, page.get_by_role("button", name="立即投保").last)
    page.wait_for_url("**/entry/")
    press_on(page, page.locator(".bar button"))
    page.wait_for_url("**/trip/")
    press_on(page, page.locator(".bar button"))
    page.wait_for_url("**/people/")
    his, hers = numbers()
    typed = {"h-name": "林知远", "h-number": his, "h-phone": PHONE, "p1-surname": "LIN", "p1-given": "ZHIYUAN"}
    typed |= {"p2-relation": "the first", "p2-name": "苏晚晴", "p2-surname": "SU", "p2-given": "WANQING", "p2-number": hers}
    for name, value in typed.items():
        reach(page, page.locator(f"[name='{name}']"))
        page.keyboard.press("ArrowDown") if name == "p2-relation" else page.keyboard.type(value)
    press_on(page, page.locator(".bar button"))
    page.wait_for_url("**/papers/")
    press_on(page, page.get_by_role("link", name="阅读下一份"))
    for number in range(4):
        page.wait_for_url("**/papers/*/")
        page.get_by_text(f"第 {number + 1} 份，共 4 份").wait_for()
        press_on(page, page.get_by_role("button", name="已读到底部"))
    page.wait_for_url("**/consents/")
    for box in page.locator(".consentcards").get_by_role("checkbox").all():
        reach(page, box)
        page.keyboard.press("Space")
    press_on(page, page.locator(".bar button"))
    page.wait_for_url("**/confirmation/")
    press_on(page, page.get_by_role("button", name="发送验证码"))
    page.wait_for_url("**challenge=*")
    world.deliver()
    reach(page, page.get_by_label("验证码"))
    page.keyboard.type(world.carrier.code(PHONE))
    reach(page, page.get_by_label("投保人全名"))
    page.keyboard.type("林知远")
    reach(page, page.get_by_role("checkbox", name="我确认以上信息真实完整"))
    page.keyboard.press("Space")
    press_on(page, page.locator(".bar button"))
    page.wait_for_url("**/orders/**")
    assert Order.objects.count() == 1


def reach(page: Page, control: Any) -> None:
    """Tab until the control has the focus; what has it is never under the bar."""
    for _press in range(160):
        page.keyboard.press("Tab")
        assert not page.evaluate(_HIDDEN_BY_THE_BAR), "the bar hides what has the focus"
        if control.evaluate("wanted => document.activeElement === wanted"):  # asked anew: fragments replace controls
            return
    pytest.fail(f"Tab never reaches {control}")


def press_on(page: Page, control: Any) -> None:
    reach(page, control)
    page.keyboard.press("Enter")


_HIDDEN_BY_THE_BAR = """() => {
    const bar = document.querySelector(".bar"), focused = document.activeElement;
    if (!bar || focused === document.body || bar.contains(focused)) return false;
    const [one, other] = [bar.getBoundingClientRect(), focused.getBoundingClientRect()];
    return other.top >= one.top && other.top < one.bottom;
}"""


def test_it_goes_without_scripts(scriptless: Page, site: str, world: World) -> None:
    page = scriptless
    stock()
    page.goto(product(site))
    page.get_by_role("button", name="立即投保").first.click()
    page.get_by_role("button", name="开始投保").first.click()
    page.locator("#step .actions button").click()
    his, hers = numbers()
    page.get_by_role("button", name="添加一位").click()
    page.get_by_role("button", name="移除被保险人 3").click()
    assert page.get_by_text("已移除被保险人 3").is_visible()
    for name, value in {"h-name": "林知远", "h-number": his, "h-phone": PHONE, "p1-surname": "LIN", "p1-given": "ZHIYUAN"}.items():
        page.locator(f"[name='{name}']").fill(value)
    page.locator("#step .actions button").click()
    assert page.get_by_role("alert").get_by_text("被保险人 2").first.is_visible()
    for name, value in {"p2-name": "苏晚晴", "p2-surname": "SU", "p2-given": "WANQING", "p2-number": hers}.items():
        page.locator(f"[name='{name}']").fill(value)
    page.locator("[name='p2-relation']").select_option("spouse")
    page.locator("#step .actions button").click()
    page.get_by_role("link", name="阅读下一份").click()
    for _paper in range(4):
        page.get_by_role("button", name="已读到底部").click()
    for box in page.locator(".consentcards").get_by_role("checkbox").all():
        box.check()
    page.locator("#step .actions button").click()
    page.get_by_role("button", name="发送验证码").click()
    world.deliver()
    assert not page.locator("canvas").is_visible()
    page.get_by_label("验证码").fill(world.carrier.code(PHONE))
    page.get_by_label("投保人全名").fill("林知远")
    page.get_by_role("checkbox", name="我确认以上信息真实完整").check()
    page.get_by_role("button", name="签名并提交").click()
    page.wait_for_url("**/orders/**")
    assert Order.objects.count() == 1


STEPS = ("entry", "trip", "people", "health", "papers", "papers/clauses", "consents", "confirmation", "leaving")


@pytest.mark.parametrize("slug", ["annual-accident", "outdoor"])
def test_every_page_is_accessible_and_stays_in_its_width(tab: BrowserContext, page: Page, site: str, world: World, slug: str) -> None:
    stock()
    client = Client()
    applicant = Applicant(client, slug).consenting()
    page.goto(f"{site}/contact/")
    tab.add_cookies([{"name": APPLICATION_COOKIE, "value": client.cookies[APPLICATION_COOKIE].value, "url": site}])
    steps = STEPS if slug == "annual-accident" else ("trip", "people")
    for step in steps:
        page.goto(f"{site}{applicant.address}{step}/")
        if "/health/" in page.url or step != "health":
            examine(page, f"applying-{slug}-{step.replace('/', '-')}")
    page.goto(f"{site}/applications/")
    examine(page, "applying-list")


def test_what_is_wrong_is_shown_accessibly_and_the_summary_takes_the_focus(page: Page, site: str, world: World) -> None:
    stock()
    choose_phone(page, site)
    page.goto(product(site))
    page.get_by_role("button", name="立即投保").last.click()
    page.locator(".bar button").click()
    page.locator("[name=destinations]").fill("火星")
    for address in ("**/trip/", "**/people/"):
        page.locator(".bar button").click()
        page.wait_for_selector("#errors")
        assert page.evaluate("document.activeElement.id") == "errors"
        accessible(page)
        assert scrolls_sideways(page) <= 0
        if address == "**/trip/":
            page.locator("[name=destinations]").fill("日本")
            go_on(page, "继续", "**/people/")
    page.locator(".pastebox summary").click()
    page.locator("#list").fill("123")
    page.get_by_role("button", name="读取名单").click()
    page.locator("#list-error").wait_for()
    accessible(page)


def choose_phone(page: Page, site: str) -> None:
    page.set_viewport_size(PHONE_WIDTH)  # type: ignore[arg-type]  # a size
    page.goto(f"{site}/contact/")
    choose(page, theme="dark", size="elder")
