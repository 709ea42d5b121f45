"""Every public page in a real browser: readable by everyone, in every mode, at every width."""

import pytest
from playwright.sync_api import Page

from tests.browser import choose, examine, scrolls_sideways

PAGES = {
    "home": "/",
    "contact": "/contact/",
    "cookies": "/cookies/",
    "privacy": "/privacy/",
    "preferences": "/preferences/",
    "missing": "/nowhere/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_every_mode_and_at_every_width(name: str, page: Page, site: str) -> None:
    page.goto(site + PAGES[name])

    examine(page, name)


def test_nothing_scrolls_sideways_on_the_narrowest_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for address in PAGES.values():
        for size in ("standard", "elder"):
            for language in ("zh-hans", "en"):
                page.goto(site + address)
                choose(page, size=size, language=language)
                page.reload()
                assert scrolls_sideways(page) <= 0, f"{address} {size} {language}"
