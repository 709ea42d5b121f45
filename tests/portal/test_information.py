"""Pages anybody may read: who we are, which cookies there are, what the policy says and how much of it is kept."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from besttrav.privacy.policy import CLAUSES, versions
from besttrav.privacy.promises import promises
from besttrav.ui.cookies import COOKIES

OPEN = ("/", "/products/", "/disclosure/", "/contact/", "/cookies/", "/privacy/", "/preferences/")


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if tag == "a" and name == "href" and value}


@pytest.mark.parametrize("address", OPEN)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_link_is_dead(client: Client, address: str, language: str) -> None:
    client.cookies["language"] = language
    page = client.get(address).content.decode()

    for link in Links(page).found:
        path, _, anchor = link.partition("#")
        if link.startswith(("tel:", "mailto:", "https://beian.miit.gov.cn/")):
            continue
        target = client.get(path).content.decode() if path else page
        assert not anchor or f'id="{anchor}"' in target, link
        assert not path or client.get(path).status_code in {200, 302}, link


@pytest.mark.parametrize("address", OPEN)
def test_every_page_names_the_operator_the_licence_and_somebody_to_call(client: Client, settings: object, address: str) -> None:
    settings.OPERATOR = settings.OPERATOR | {"name": "山行保险经纪", "licence": "2701", "hotline": "400-111-2222", "icp": "京ICP备1号"}  # type: ignore[attr-defined]  # pytest-django's settings
    page = client.get(address).content.decode()

    for fact in ("山行保险经纪", "2701", "400-111-2222", 'href="tel:4001112222"', "京ICP备1号"):
        assert fact in page


def test_contact_names_the_privacy_department_its_answer_clock_and_the_regulator(client: Client) -> None:
    page = client.get("/contact/").content.decode()

    for fact in ("个人信息保护部", "沈知简", "privacy@besttrav.example", "15 个工作日", "12378", "08:00–24:00"):
        assert fact in page


def test_the_cookie_page_lists_every_cookie_with_purpose_and_life(client: Client) -> None:
    page = client.get("/cookies/").content.decode()

    for cookie in COOKIES:
        assert f"<code>{cookie.name}</code>" in page
        assert str(cookie.purpose) in page
        assert str(cookie.life) in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_policy_shows_every_clause_with_what_is_kept_of_it(client: Client, language: str) -> None:
    client.cookies["language"] = language
    page = client.get("/privacy/").content.decode()

    assert [clause for clause in CLAUSES if f'id="clause-{clause}"' not in page] == []
    assert page.count('<details class="kept">') == len(CLAUSES)
    for promise in promises().values():
        assert [part for part in promise.parts if (part.en if language == "en" else part.zh).split("`")[0][:12] not in page] == []
    assert not re.search(r"{{|\[\[", page)


def test_every_version_stays_readable_and_no_other_exists(client: Client) -> None:
    for version in versions():
        assert client.get(f"/privacy/{version.number}/").status_code == 200
    assert client.get("/privacy/1999-01/").status_code == 404


def test_the_parts_of_a_promise_open_without_scripts(scriptless: Page, site: str) -> None:
    scriptless.goto(site + "/privacy/")
    first = scriptless.locator("details.kept").first
    first.locator("summary").click()

    expect(first.locator("li").first).to_be_visible()


def test_a_keyboard_reaches_the_content_first(page: Page, site: str) -> None:
    page.goto(site + "/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")

    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_focused_link_is_never_under_the_tab_bar(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 640})
    page.goto(site + "/")
    for _press in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            """() => {
                const bar = document.querySelector(".tabbar"), now = document.activeElement;
                if (bar.contains(now) || now === document.body) return true;
                const box = now.getBoundingClientRect();
                return box.bottom <= bar.getBoundingClientRect().top + 1;
            }"""
        ), page.evaluate("document.activeElement.outerHTML")
