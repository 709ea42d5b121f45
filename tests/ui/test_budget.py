"""A first visit is light: the budgets of the design, measured on what really crosses the wire."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from playwright.sync_api import Page, Response

KB = 1024
PORTAL = {"/": 22, "/contact/": 20, "/cookies/": 20, "/preferences/": 20, "/privacy/": 60}


@pytest.mark.parametrize(
    ("name", "most"),
    [("shell-portal.css", 18), ("shell-portal.js", 26), ("shell-console.css", 24), ("shell-console.js", 34), ("icons.svg", 8)],
)
def test_a_file_stays_within_its_budget(name: str, most: int, collected_static: Path) -> None:
    stored = Path(staticfiles_storage.path(staticfiles_storage.stored_name(f"ui/{name}")))  # type: ignore[attr-defined]  # the manifest storage has it

    assert len(gzip.compress(stored.read_bytes())) <= most * KB


@pytest.mark.parametrize("address", PORTAL)
def test_a_page_is_light_and_asks_nobody_else(address: str, page: Page, site: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(site + address, wait_until="networkidle")
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}

    assert {urlsplit(url).netloc for url in sizes} == {urlsplit(site).netloc}
    assert sizes[site + address] <= PORTAL[address] * KB
    assert sum(sizes.values()) <= 120 * KB
    assert len(sizes) <= 12
