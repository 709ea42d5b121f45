"""`make screenshots`: walks through a demo of its own as a customer does and takes the pictures that README shows.

The demo has a folder of its own and is gone afterwards. The browser needs a Chinese font on the machine (`fonts-noto-cjk` on Debian).
Pictures are WebP, at the width of a phone and of a desk, in light and in dark.
"""

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dev import environment
from dev.environment import ROOT, Need
from dev.postgres import free_port
from dev.progress import say, step
from dev.state import read_env
from dev.trouble import Trouble, told_plainly

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = ROOT / "docs" / "images"
AT_MOST = 1_000_000  # bytes, all pictures together
PATIENCE = 180.0
PHONE, NAME, CLERK, PASSWORD = "12900001001", "周晚舟", "S1001", "four quiet lanterns"
DESK, HAND = (1280, 860), (390, 844)
# Which stops of the walk are shown, how wide, and from which element on.
SHOWN = {
    "home": (DESK, "body"),
    "product": (HAND, "main"),
    "people": (HAND, "main"),
    "policy-in-hand": (HAND, "main h1"),
    "who-looked": (HAND, "main"),
}


def main() -> None:
    with told_plainly():
        environment.enter(Need.TEST, "dev.screenshots")
        IMAGES.mkdir(parents=True, exist_ok=True)
        with demo() as (site, state), browser() as chromium:
            Walk(chromium, site, state, stop=picture).all()
        heavy = sum(file.stat().st_size for file in IMAGES.glob("*.webp"))
        if heavy > AT_MOST:
            raise Trouble(f"The pictures weigh {heavy:,} bytes, more than {AT_MOST:,}.", "Show fewer of them, or take them smaller.")
        say(f"{len(list(IMAGES.glob('*.webp')))} pictures, {heavy / 1000:.0f} kB in all, in {IMAGES.relative_to(ROOT)}/")


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """The address and the state folder of a fresh demo site, until the block ends."""
    state, port = Path(tempfile.mkdtemp(prefix="besttrav-pictures-")), free_port()
    state.chmod(0o711)
    environ = {**os.environ, "BESTTRAV_STATE": str(state), "PORT": str(port)}
    with step("Starting a demo of its own"):
        site = subprocess.Popen([sys.executable, "-m", "dev.run"], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
        _wait_for(f"http://localhost:{port}/healthz/", site)
    try:
        yield f"http://localhost:{port}", state
    finally:
        site.send_signal(signal.SIGINT)
        site.wait()
        shutil.rmtree(state, ignore_errors=True)


def _wait_for(address: str, site: "subprocess.Popen[bytes]") -> None:
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE and site.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # our own site
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise Trouble("The demo did not start.", "See what `make run` says.")


@contextmanager
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def picture(page: "Page", name: str) -> None:
    """A stop that is shown, in light and in dark, as WebP."""
    if name not in SHOWN:
        return
    (width, height), top = SHOWN[name]
    found = page.viewport_size
    page.set_viewport_size({"width": width, "height": height})
    page.locator(top).first.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 8)")
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(300)
        taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 82})
        (IMAGES / f"{name}-{theme}.webp").write_bytes(base64.b64decode(taken["data"]))
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", "system")
    if found:
        page.set_viewport_size(found)


class Walk:
    """A customer of the demo buys for two, looks who looked, and stops where there is something to see."""

    def __init__(self, chromium: "Browser", site: str, state: Path, *, stop: "Callable[[Page, str], None]") -> None:
        self._chromium, self._site, self._state, self._stop = chromium, site, state, stop
        self._used = set(self._codes())
        self._page = self._tab()

    def all(self) -> None:
        self.choose()
        self.sign_in()
        self.apply()
        self.pay()
        self.hold()
        self.privacy()

    def choose(self) -> None:
        page, trip = self._page, self._trip()
        page.goto(f"{self._site}/")
        page.get_by_label("去哪里").fill("日本")
        for label, day in zip(("出发", "返回"), self._days(), strict=True):
            page.get_by_label(label).fill(day.isoformat())
        page.get_by_label("大人").fill("2")
        self._stop(page, "home")
        page.get_by_role("button", name="看看有哪些保险").click()
        self._arrive("**/products/**", "list")
        picked = [box.get_attribute("value") for box in page.locator("input[name=p]").all()[:3]]
        self._open(f"/compare/?{trip}&{'&'.join(f'p={one}' for one in picked)}", "comparison")
        self._open(f"/products/outbound/?{trip}", "product")

    def sign_in(self) -> None:
        page = self._page
        self._open("/sign-in/", "sign-in")
        page.get_by_label("手机号").fill(PHONE)
        page.get_by_role("button", name="发送验证码").click()
        page.get_by_label("验证码").fill(self._code())
        page.get_by_role("button", name="继续").click()
        page.wait_for_url("**/my/**")

    def apply(self) -> None:
        from besttrav.kernel import clock
        from besttrav.kernel.identity import Sex
        from tests import invented

        page, born = self._page, clock.today().replace(year=clock.today().year - 35, day=1)
        page.goto(f"{self._site}/products/outbound/?{self._trip()}")
        page.get_by_role("button", name="立即投保").last.click()
        self._arrive("**/entry/", "entry")
        self._on("开始投保", "**/trip/", "trip")
        self._on("继续", "**/people/", "people-empty")
        holder, first, second = (page.locator(f"#{part}") for part in ("h", "p1", "p2"))
        holder.get_by_label("姓名").fill(NAME)
        holder.get_by_label("证件号码").fill(invented.id_number(born, Sex.FEMALE))
        holder.get_by_label("手机号").fill(PHONE)
        page.locator("#h-told").get_by_text("35 周岁").wait_for()
        first.get_by_label("护照姓").fill("ZHOU")
        first.get_by_label("护照名").fill("WANZHOU")
        second.get_by_label("与投保人的关系").select_option("配偶")
        second.get_by_label("姓名").fill("陆远帆")
        second.get_by_label("护照姓").fill("LU")
        second.get_by_label("护照名").fill("YUANFAN")
        second.get_by_label("证件号码").fill(invented.id_number(born, Sex.MALE))
        second.get_by_label("证件号码").blur()
        page.locator("#p2-told").get_by_text("男").wait_for()
        self._stop(page, "people")
        self._on("继续", "**/papers/", "papers")
        page.get_by_role("link", name="阅读下一份").click()
        self._arrive("**/papers/*/", "paper")
        while "/papers/" in page.url:
            with page.expect_navigation():
                page.get_by_role("button", name="已读到底部").click()
        self._arrive("**/consents/", "consents")
        for box in page.locator(".consentcards").get_by_role("checkbox").all():
            box.check()
        self._on("继续", "**/confirmation/", "confirmation")
        self._draw()
        page.get_by_role("checkbox", name="我确认以上信息真实完整").check()
        self._stop(page, "signature")
        page.locator(".bar").get_by_role("button").click()
        page.wait_for_url("**/orders/**")

    def pay(self) -> None:
        page = self._page
        self._stop(page, "payment")
        page.get_by_role("link", name="我正用要付款的手机").click()
        page.get_by_role("button", name="支付宝").click()
        page.wait_for_load_state()
        self._stop(page, "payment-link")
        page.get_by_role("link", name="打开支付宝").click()
        page.get_by_role("button", name="Pay").first.click()
        page.wait_for_url(re.compile(rf"{re.escape(self._site)}/orders/[^/]+/$"), timeout=60_000)

    def hold(self) -> None:
        page = self._page
        for _second in range(60):
            if page.get_by_role("link", name="下载电子保单").is_visible():
                break
            page.wait_for_timeout(1000)
            page.reload()
        self._stop(page, "policy-in-hand")
        self.papers = {link.inner_text(): link.get_attribute("href") for link in page.locator("a[href*='/documents/']").all()}
        page.get_by_role("link", name="打开这份合同").click()
        page.wait_for_load_state()
        self._stop(page, "policy")
        self._open("/my/policies/", "my-policies")

    def privacy(self) -> None:
        """A clerk looks, for a reason, and the person sees it at once."""
        clerk = self._tab()
        clerk.goto(f"{self._site}/staff/sign-in/")
        clerk.get_by_label("工号").fill(CLERK)
        clerk.get_by_label("口令").fill(PASSWORD)
        clerk.get_by_role("button", name="继续").click()
        clerk.get_by_label("动态码").fill(re.findall(r"\b\d{6}\b", clerk.locator("main").inner_text())[0])
        clerk.get_by_role("button", name="登录").click()
        clerk.wait_for_load_state()
        clerk.goto(f"{self._site}/staff/people/")
        clerk.get_by_label("完整的手机号").fill(PHONE)
        clerk.get_by_role("button", name="查找").click()
        clerk.get_by_label("账户 · 手机号").check()
        clerk.get_by_label("您联系我们时为您提供帮助").check()
        clerk.get_by_label("案件或工单").fill("TK-2026-0042")
        clerk.get_by_role("button", name="显示 60 秒").click()
        clerk.get_by_text(PHONE).first.wait_for()
        clerk.close()
        self._open("/my/privacy/", "privacy-centre")
        self._open("/my/privacy/looks/", "who-looked")
        self._open("/my/account/closing/", "closing")

    def _tab(self) -> "Page":
        page = self._chromium.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce").new_page()
        page.set_viewport_size({"width": HAND[0], "height": HAND[1]})
        page.set_default_timeout(60_000)
        return page

    def _days(self) -> tuple[date, date]:
        from besttrav.kernel import clock

        start = clock.today() + timedelta(days=10)
        return start, start + timedelta(days=7)

    def _trip(self) -> str:
        first, last = self._days()
        return f"to=JP&start={first}&end={last}&adults=2"

    def _open(self, path: str, name: str) -> None:
        self._page.goto(f"{self._site}{path}")
        self._stop(self._page, name)

    def _on(self, button: str, address: str, name: str) -> None:
        self._page.locator(".bar").get_by_role("button", name=button).click()
        self._arrive(address, name)

    def _arrive(self, address: str, name: str) -> None:
        self._page.wait_for_url(address)
        self._stop(self._page, name)

    def _code(self) -> str:
        """The newest code that was sent to the customer."""
        for _second in range(60):
            for code in self._codes():
                if code not in self._used:
                    self._used.add(code)
                    return code
            time.sleep(1)
        raise Trouble("No code was sent.", "See the worker's log.")

    def _codes(self) -> list[str]:
        """Those on the page of simulated texts, newest first."""
        texts = f"{read_env(self._state)['BESTTRAV_SIMULATOR_SMS']}/?phone={PHONE}"
        return re.findall(r"<mark>(\d{6})</mark>", urllib.request.urlopen(texts, timeout=5).read().decode())  # our own simulator

    def _draw(self) -> None:
        page, canvas = self._page, self._page.locator("canvas")
        canvas.scroll_into_view_if_needed()
        if not (box := canvas.bounding_box()):
            raise Trouble("There is nothing to sign on.", "See the page of the last step.")
        for stroke in range(3):
            page.mouse.move(box["x"] + 30 + stroke * 90, box["y"] + 50)
            page.mouse.down()
            for at in range(10):
                page.mouse.move(box["x"] + 30 + stroke * 90 + at * 6, box["y"] + 50 + at % 4 * 30)
            page.mouse.up()
        page.get_by_text("已签名").wait_for()


if __name__ == "__main__":
    main()
