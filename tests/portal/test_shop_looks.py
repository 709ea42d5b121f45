"""The pages of the shelf in a real browser: readable by everyone in every mode and width, light, steady, and never under the bar."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from playwright.sync_api import Page, Response

from besttrav.kernel import clock
from tests.browser import choose, examine, scrolls_sideways
from tests.catalogue.shelf import stock

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])


def asked(**more: str) -> str:
    start = clock.today() + timedelta(days=10)
    return urlencode({"to": "JP", "start": start, "end": start + timedelta(days=7), "adults": 2, "children": 1} | more)


PAGES: dict[str, Callable[[], str]] = {
    "home": lambda: "/",
    "list": lambda: f"/products/?{asked()}",
    "list-unpriced": lambda: "/products/",
    "list-empty": lambda: f"/products/?{asked(scene='domestic', medical='500000')}",
    "list-wrong": lambda: f"/products/?{asked(to='岛', start='下周三', adults='两个')}",
    "comparison": lambda: f"/compare/?{asked()}&p=outbound.two&p=outbound.three&p=business-travel.p2&p=visiting-china.p1",
    "comparison-refused": lambda: "/compare/?p=outbound.two",
    "product": lambda: f"/products/outbound/?{asked(plan='two', seniors='1')}",
    "product-refused": lambda: f"/products/outdoor/?{asked(eldest='1')}",
    "product-unpriced": lambda: "/products/outbound/",
    "paper": lambda: "/products/outbound/documents/clauses/",
    "disclosure": lambda: "/disclosure/",
}


@pytest.fixture(autouse=True)
def _a_full_shelf(transactional_db: None) -> None:
    stock()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_every_mode_and_at_every_width(name: str, page: Page, site: str) -> None:
    page.goto(site + PAGES[name]())

    examine(page, f"shop-{name}")


def test_nothing_scrolls_sideways_on_the_narrowest_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for address in PAGES.values():
        for size in ("standard", "elder"):
            page.goto(site + address())
            choose(page, size=size)
            page.reload()
            assert scrolls_sideways(page) <= 0, f"{address()} {size}"


@pytest.mark.parametrize("name", ["home", "list", "comparison", "product", "disclosure"])
def test_a_first_visit_is_light_and_asks_nobody_else(name: str, page: Page, site: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(site + PAGES[name](), wait_until="networkidle")
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    text = sum(size for url, size in sizes.items() if not url.endswith(".svg"))

    assert text <= 40_000
    assert sum(sizes.values()) <= 120_000
    assert len(sizes) <= 12


def test_styles_and_scripts_leave_room_for_the_pages() -> None:
    files = [staticfiles_storage.stored_name(f"ui/shell-portal.{kind}") for kind in ("css", "js")]  # type: ignore[attr-defined]  # the manifest storage has it

    assert sum(len(gzip.compress(Path(staticfiles_storage.path(file)).read_bytes())) for file in files) <= 32_000


SHIFTS = """() => new Promise((done) => {
    let sum = 0;
    const watch = new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; });
    watch.observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 400);
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_a_page_comes_in(width: int, page: Page, site: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for name in ("home", "list", "product"):
        page.goto(site + PAGES[name](), wait_until="networkidle")
        assert page.evaluate(SHIFTS) <= 0.02, name


UNCOVERED = """() => {
    const bars = [...document.querySelectorAll(".bar, .tabbar, .tray")].filter((bar) => bar.offsetParent !== null);
    const now = document.activeElement, box = now.getBoundingClientRect();
    if (now === document.body || box.height > innerHeight || bars.some((bar) => bar.contains(now))) return true;
    return bars.every((bar) => {
        const over = bar.getBoundingClientRect();
        return box.bottom <= over.top + 1 || box.top >= over.bottom - 1;
    });
}"""


@pytest.mark.parametrize("name", ["home", "list", "product"])
def test_the_focus_is_never_under_a_bar(name: str, page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 640})
    page.goto(site + PAGES[name]())
    for _press in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(UNCOVERED), page.evaluate("document.activeElement.outerHTML")


def test_exclusions_are_set_as_large_and_as_wide_as_benefits(page: Page, site: str) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(site + PAGES["product"]())
        size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
        for of_exclusions, of_benefits in (("#no li b", "#yes dt"), ("#no li span", "#yes dd > span"), ("#no h2", "#yes h2")):
            assert page.locator(of_exclusions).first.evaluate(size) >= page.locator(of_benefits).first.evaluate(size)
        widths = [page.locator(section).evaluate("(one) => one.getBoundingClientRect().width") for section in ("#no", "#yes")]
        assert widths[0] >= widths[1]
        assert page.locator("#no li").last.is_visible()


def test_large_print_has_large_targets_and_text(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site + PAGES["product"]())
    choose(page, size="elder")
    page.reload()

    assert page.locator("body").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)") >= 20
    for button in page.locator("button.btn-primary:visible").all():
        assert button.evaluate("(one) => one.getBoundingClientRect().height") >= 60
