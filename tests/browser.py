"""Pages in a real Chromium, for every room. A pytest plugin: `pytest_plugins = ["tests.browser"]` in tests/conftest.py.

    def test_something(page, site):          # `site` is the address of a running server, `page` a fresh browser tab
        page.goto(site + "/contact/")
        examine(page, "contact")             # accessible in every mode and width; BESTTRAV_SCREENS=1 also takes pictures

A test fails by itself when its page broke the content policy, wrote an error to the console, or asked another host for something.
A test whose pages read the database also asks for `transactional_db`: the server answers on threads of its own.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import axe_playwright_python
import justmytype_intl_cjk
import pytest
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, sync_playwright

# Playwright's loop runs in the thread of such a test, and Django would refuse every query there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

WIDTHS = (390, 1280)
SCREENS = Path(__file__).resolve().parent.parent / "var" / "screens"
MODES: dict[str, dict[str, str]] = {
    "light": {"theme": "light"},
    "dark": {"theme": "dark"},
    "elder": {"theme": "light", "size": "elder"},
    "english": {"theme": "light", "language": "en"},
}
PAGES = {"ui", "portal", "console", "api", "journeys", "promises"}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# Without a Chinese font Chromium draws boxes; this one comes with the test requirements.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}</dir><dir>/usr/share/fonts</dir><dir>/Library/Fonts</dir><cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>"""
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]  # the last one switches on the size of targets
# Four of five seconds of a whole look go into the colours. Only a theme changes those, and it changes nothing else
# (tests/ui/test_contrast.py holds the styles to it): so colours are compared in light and in dark, all the rest in every other mode.
_COLOURS = ["color-contrast", "link-in-text-block"]
_EVERYTHING = {"runOnly": {"type": "tag", "values": _AXE_TAGS}, "resultTypes": ["violations"]}
_WITHOUT_COLOURS = _EVERYTHING | {"rules": {rule: {"enabled": False} for rule in _COLOURS}}
_LOOKED_FOR: dict[str, dict[str, Any]] = {
    "light": _EVERYTHING,
    "dark": {"runOnly": {"type": "rule", "values": _COLOURS}, "resultTypes": ["violations"]},
    "elder": _WITHOUT_COLOURS,
    "english": _WITHOUT_COLOURS,
}
_DRESS = """([theme, size]) => {
    const page = document.documentElement;
    Object.assign(page.dataset, {theme, size});
    if (document.body.matches(".console")) size === "elder" ? delete page.dataset.density : (page.dataset.density = "compact");
}"""


# What tests ask for


@pytest.fixture
def page(tab: BrowserContext) -> Page:
    """A fresh tab of 1280 pixels that speaks Chinese and runs scripts."""
    return _there(tab.new_page)


@pytest.fixture
def tab(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without any past; `page` is its first tab."""
    yield from _watched(chromium)


@pytest.fixture
def scriptless(chromium: Browser) -> Iterator[Page]:
    """A tab with scripts switched off."""
    for context in _watched(chromium, java_script_enabled=False):
        yield _there(context.new_page)


@pytest.fixture(scope="session")
def site(collected_static: Path) -> Iterator[str]:
    """The address of the platform on a port of its own, served as in production: hashed files, strict headers."""
    server = ThreadedWSGIServer(("localhost", 0), _Quiet, allow_reuse_address=False)
    server.set_app(WSGIHandler())
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def examine(page: Page, name: str) -> None:
    """The whole check of a page as it stands: in every mode and at both widths it breaks no rule of WCAG 2.2 AA that a machine can see
    and never scrolls sideways. With BESTTRAV_SCREENS=1 a picture of each goes to var/screens/ for somebody to look at."""
    for width, mode in each_mode(page):
        assert scrolls_sideways(page) <= 0, f"{name} is {scrolls_sideways(page)} pixels too wide at {width} in {mode}"
        _make_as_high_as_the_page(page)
        if os.environ.get("BESTTRAV_SCREENS"):
            page.screenshot(path=SCREENS / f"{name}-{width}-{mode}.png")
        accessible(page, mode)


def glance(page: Page, name: str) -> None:
    """The short check, for states of a page: on a phone in light and at a desk in dark. With BESTTRAV_SCREENS=1 with pictures, as above."""
    size = page.viewport_size
    for width, theme in ((390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate(_DRESS, [theme, "standard"])
        assert scrolls_sideways(page) <= 0, f"{name} is {scrolls_sideways(page)} pixels too wide at {width}"
        _make_as_high_as_the_page(page)
        if os.environ.get("BESTTRAV_SCREENS"):
            page.screenshot(path=SCREENS / f"{name}-{width}-{theme}.png", caret="initial")  # hiding it takes a style of its own
        accessible(page)
    page.evaluate(_DRESS, ["light", "standard"])
    page.set_viewport_size(size or {"width": 1280, "height": 844})


def look(page: Page, name: str) -> None:
    """Only the pictures, always."""
    for width, mode in each_mode(page):
        _make_as_high_as_the_page(page)
        page.screenshot(path=SCREENS / f"{name}-{width}-{mode}.png")


def each_mode(page: Page) -> Iterator[tuple[int, str]]:
    """Show the page at 390 and 1280 pixels in light, dark and elder mode and in English, and leave it as it was found.

    The server's attributes are set in place, as its cookies would have it; another language is loaded anew.
    """
    found, size = page.context.cookies(), page.viewport_size
    for mode, wanted in MODES.items():
        if "language" in wanted:
            choose(page, **wanted)
            page.reload()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate(_DRESS, [wanted["theme"], wanted.get("size", "standard")])
            yield width, mode
    page.context.clear_cookies()
    page.context.add_cookies(found)  # type: ignore[arg-type]  # what is read has more keys than what is written
    page.set_viewport_size(size or {"width": 1280, "height": 844})
    page.reload()


def choose(page: Page, **preferences: str) -> None:
    """Set the display cookies as a person's browser holds them; what is not named is taken away."""
    for name in ("theme", "size", "language"):
        page.context.clear_cookies(name=name)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    page.context.add_cookies([{"name": name, "value": value, "url": origin} for name, value in preferences.items()])


def accessible(page: Page, mode: str = "light") -> None:
    """No violation of WCAG 2.2 A or AA that a machine can see; in another mode than light, of those that the mode can bring."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE)
    found = page.evaluate("wishes => axe.run(wishes)", _LOOKED_FOR[mode])["violations"]
    assert not found, f"{page.url}\n" + "\n".join(
        f"{rule['id']}: {rule['help']}" + "".join(f"\n    {node['html']}\n    {node['failureSummary']}" for node in rule["nodes"])
        for rule in found
    )


def scrolls_sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _make_as_high_as_the_page(page: Page) -> None:
    """Bars that stick to the window's edge then stay where they belong, and cover nothing one could scroll to."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    page.set_viewport_size({"width": width, "height": height})


# How they get it


@pytest.fixture(autouse=True)
def _pages_start_fresh(request: pytest.FixtureRequest) -> None:
    """Each test starts in Chinese, whatever language the last request spoke, and without the pages that the last one had kept. Tests of
    the doors also have the static files, without which no page can name its stylesheet; others do not pay for them."""
    translation.activate("zh-hans")
    caches["pages"].clear()
    if PAGES & set(request.path.parts):
        request.getfixturevalue("collected_static")


@pytest.fixture(scope="session")
def collected_static(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The static files, joined, hashed and compressed once per test process."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    started = _there(sync_playwright().start)
    yield started
    _there(started.stop)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's Chromium, else the one the browser tool downloaded."""
    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")
    fonts = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    fonts.write_text(_FONTS.format(folder=Path(justmytype_intl_cjk.__file__).parent / "fonts"), encoding="utf-8")
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
    browser = _there(playwright.chromium.launch, executable_path=path, args=_ARGUMENTS, env=environment)
    yield browser
    _there(browser.close)


def _watched(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A browser context that remembers what went wrong in it and fails the test with it at the end."""
    context = _there(
        browser.new_context,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1280, "height": 844},
        reduced_motion="reduce",
        **options,
    )
    wrongs: list[str] = []
    listeners = {
        "console": lambda message: wrongs.extend(_complaint(message)),
        "weberror": lambda error: wrongs.append(f"script error: {error.error}"),
        "request": lambda request: wrongs.extend(_stray(request)),
    }
    for event, listener in listeners.items():  # there, too: listening asks for the loop of the thread, and jobs of other tests end ours
        _there(partial(context.on, event, listener))
    yield context
    _there(context.close)
    assert not wrongs, "\n".join(wrongs)


def _complaint(message: ConsoleMessage) -> list[str]:
    """What the browser complains about: a broken content policy, a missing file. That a page is meant to be a 404 is no complaint, nor is
    a fragment that says what is wrong with a form."""
    is_the_page = message.page is not None and message.location["url"] == message.page.url
    is_meant = is_the_page or "status of 422" in message.text
    if message.type != "error" or (is_meant and message.text.startswith("Failed to load resource")):
        return []
    return [f"{message.page.url if message.page else ''}: {message.text}"]


def _stray(request: Request) -> list[str]:
    return [] if urlsplit(request.url).hostname in {"localhost", "127.0.0.1", None} else [f"asked another host: {request.url}"]


# Playwright keeps an event loop running in the thread it was started in. Django keeps its connections by thread, and by task where a
# loop runs: in the tests' own thread every later test would find other connections than those its transaction was opened on. So the
# browser has a thread of its own, and tests that drive it run there.

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")


def _there(do: Callable[_Given, _Answer], *arguments: _Given.args, **named: _Given.kwargs) -> _Answer:
    """Do it in the browser's thread, with the clock and the language of the test."""
    return _thread.submit(copy_context().run, lambda: do(*arguments, **named)).result()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if "playwright" not in pyfuncitem.fixturenames:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    def test() -> None:
        translation.activate("zh-hans")
        try:
            pyfuncitem.obj(**arguments)
        finally:
            connections.close_all()

    _there(test)
    return True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
