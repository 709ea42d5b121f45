"""How the pages look is the person's choice: kept in the browser, rendered by the server, without scripts and without flash."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from besttrav.ui.cookies import COOKIES


def test_a_choice_is_kept_for_a_year_and_rendered_by_the_server(client: Client) -> None:
    response = client.post("/preferences/", {"theme": "dark", "size": "elder", "next": "/contact/"})

    assert (response.status_code, response["Location"]) == (302, "/contact/")
    for name in ("theme", "size"):
        cookie = response.cookies[name]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (365 * 24 * 60 * 60, True, "Lax")
    assert 'data-theme="dark" data-size="elder"' in client.get("/contact/").content.decode()


def test_one_choice_leaves_the_others_alone(client: Client) -> None:
    client.post("/preferences/", {"theme": "dark"})
    response = client.post("/preferences/", {"language": "en"})

    assert set(response.cookies) == {"language"}
    assert 'lang="en" data-theme="dark"' in client.get("/").content.decode()


def test_a_choice_that_does_not_exist_is_refused_with_the_values_kept(client: Client) -> None:
    response = client.post("/preferences/", {"theme": "plaid", "size": "elder"})
    page = response.content.decode()

    assert response.status_code == 422
    assert not response.cookies.get("theme")
    assert 'id="errors"' in page
    assert "<title>请改正：" in page
    assert 'value="elder"' in page.split("checked")[0].rpartition("<input")[2]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"])
def test_nobody_is_sent_to_another_site(client: Client, elsewhere: str) -> None:
    assert client.post("/preferences/", {"theme": "dark", "next": elsewhere})["Location"] == "/preferences/"


def test_a_cookie_we_do_not_know_counts_as_no_choice(client: Client) -> None:
    client.cookies["theme"] = '"><script>'

    assert 'data-theme="system"' in client.get("/").content.decode()


@pytest.mark.parametrize(("asked", "spoken"), [("", "zh-CN"), ("zh-TW,zh;q=0.9", "zh-CN"), ("en-GB,en;q=0.9", "en"), ("fr", "zh-CN")])
def test_the_language_follows_the_browser_until_the_person_chooses(client: Client, asked: str, spoken: str) -> None:
    assert f'<html lang="{spoken}"' in client.get("/", headers={"Accept-Language": asked}).content.decode()

    client.cookies["language"] = "en"
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": asked}).content.decode()


def test_the_header_switches_work_without_scripts(scriptless: Page, site: str) -> None:
    scriptless.goto(site + "/contact/")
    scriptless.get_by_role("button", name="English").click()
    expect(scriptless.get_by_role("heading", level=1)).to_have_text("Contact")

    scriptless.get_by_role("button", name="Large print").click()
    expect(scriptless).to_have_url(site + "/contact/")
    expect(scriptless.locator("html")).to_have_attribute("data-size", "elder")

    scriptless.goto(site + "/preferences/")
    scriptless.get_by_label("Dark").check()
    scriptless.get_by_role("button", name="Save").click()
    expect(scriptless.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_browser_holds_only_listed_cookies_and_no_script_can_read_them(page: Page, site: str) -> None:
    page.goto(site + "/preferences/")
    page.get_by_label("深色").check()
    page.get_by_role("button", name="保存").click()
    held = page.context.cookies()

    assert {cookie["name"] for cookie in held} <= {cookie.name for cookie in COOKIES}
    assert all(cookie["httpOnly"] for cookie in held)
    assert page.evaluate("document.cookie") == ""


def test_without_a_choice_the_device_decides(page: Page, site: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(site + "/")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 21, 20)"


def test_large_print_is_large_and_easy_to_hit(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site + "/")
    page.get_by_role("button", name="长辈版").click()
    page.goto(site + "/preferences/")

    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 20
    assert [size for size in heights(page, "main .btn, .tophelp a, .tophelp button") if size < 60] == []


def test_what_one_presses_is_large_enough_for_a_finger(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/", "/contact/", "/cookies/", "/preferences/"):
        page.goto(site + address)
        assert [
            size for size in heights(page, "header a, header button, main .btn, .tabbar a, .quick a, .foot a, .check") if size < 44
        ] == []


def heights(page: Page, selector: str) -> list[float]:
    return [box["height"] for one in page.locator(selector).all() if (box := one.bounding_box())]
