"""What every answer carries, whatever the address, and what other sites may not do."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.templatetags.static import static
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def addresses(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    """Every address that needs no argument, and one that leads nowhere."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, address)
        elif isinstance(pattern, URLPattern) and "<" not in address:
            yield address
    if resolver is None:
        yield "/nowhere/"


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_every_address_answers_with_the_strict_headers(client: Client, method: str) -> None:
    for address in addresses():
        response = getattr(client, method)(address)
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY, address
        assert {name: response[name] for name in HEADERS} == HEADERS, address
        assert "camera=()" in response["Permissions-Policy"], address


def test_static_files_carry_them_too_and_stay_for_ever(client: Client) -> None:
    response = client.get(static("ui/shell-portal.css"))

    assert response.status_code == 200
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert "immutable" in response["Cache-Control"]
    response.close()


def test_pages_of_errors_are_not_kept(client: Client) -> None:
    assert client.get("/nowhere/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_open_an_entry_page_and_nothing_else(client: Client, site: str) -> None:
    def answer(method: str, address: str, mode: str = "navigate", dest: str = "document") -> int:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        return int(getattr(client, method)(address, headers=headers).status_code)

    assert answer("get", "/contact/") == 200
    assert answer("get", "/contact/", dest="iframe") == 403
    assert answer("get", "/contact/", mode="no-cors", dest="image") == 403
    assert answer("post", "/preferences/") == 403
    assert answer("get", "/staff/") == 403


def test_a_refused_link_from_another_site_can_be_opened_from_our_own_page(client: Client) -> None:
    response = client.get("/staff/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})

    assert 'href="/staff/"' in response.content.decode()


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
def test_our_own_pages_the_address_bar_and_old_browsers_pass(client: Client, site: str) -> None:
    response = client.post("/preferences/", {"theme": "dark"}, headers={"Sec-Fetch-Site": site} if site else {})

    assert response.status_code == 302


def test_a_body_larger_than_any_form_is_refused_unread(client: Client) -> None:
    large = SimpleUploadedFile("large.bin", bytes(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))

    assert client.post("/sign-in/", {"phone": "12900001001", "file": large}).status_code == 413
