"""The simulated channels themselves: what a person sees and presses, the vendors' schedules, and that a restart loses nothing."""

import os
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Page

from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.kernel.registry import provider
from besttrav.payments.models import number_of
from besttrav.payments.port import Channel, Prepay, Standing
from simulators.alipay.protocol import RETRIES as ALIPAY
from simulators.cashier.server import Server, serve
from simulators.cashier.vendor import Vendor
from simulators.wechat.protocol import RETRIES as WECHAT
from simulators.wechat.protocol import WeChat
from tests.browser import SCREENS, accessible, scrolls_sideways
from tests.cashiers import Cashier

BACK = "https://besttrav.example/orders/1/"


def order(scene: str) -> Prepay:
    end = (clock.now() + timedelta(minutes=30)).replace(microsecond=0)
    return Prepay(number_of(new_id(), kind="P"), scene, Money(12_345), "境外旅行 <b>保险</b>", end, BACK, "192.0.2.7")


def page_of(cashier: Cashier, scene: str) -> tuple[str, Prepay]:
    """Where the buttons of the cashier's page lead."""
    asked = order(scene)
    address = cast(Channel, provider(cashier.name)).prepay(asked).address
    if scene == "native":
        address = f"{cashier.address}/pay/{address.rpartition('=')[2]}"
    return cashier.open(address), asked


@pytest.mark.parametrize(
    ("name", "scene", "back"), [("wechat", "native", ""), ("wechat", "h5", BACK), ("alipay", "page", BACK), ("alipay", "wap", BACK)]
)
def test_a_person_pays_by_pressing_a_button_and_comes_back(cashiers: dict[str, Cashier], name: str, scene: str, back: str) -> None:
    place, asked = page_of(cashiers[name], scene)
    status, led_to = cashiers[name].press(place, "pay")

    assert status == 303
    assert led_to.startswith(back or "/pay/")
    assert cast(Channel, provider(name)).query(asked.number).standing is Standing.PAID
    assert "支付成功" in cashiers[name].press(place, "pay")[1], "a second press finds it paid"


@pytest.mark.parametrize(("name", "scene"), [("wechat", "h5"), ("alipay", "wap")])
def test_failing_and_cancelling_leave_it_to_be_paid(cashiers: dict[str, Cashier], name: str, scene: str) -> None:
    place, asked = page_of(cashiers[name], scene)

    assert "Payment failed" in cashiers[name].press(place, "fail")[1]
    assert cashiers[name].press(place, "cancel") == (303, BACK)
    assert cast(Channel, provider(name)).query(asked.number).standing is Standing.OPEN


def test_the_page_is_plain_escaped_and_says_that_nothing_is_real(wechat: Cashier) -> None:
    place, _ = page_of(wechat, "native")
    with urllib.request.urlopen(f"{wechat.address}{place}", timeout=5) as answer:
        page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]

    assert "模拟收银台" in page
    assert "Simulation" in page
    assert "&lt;b&gt;" in page
    assert "<script" not in page
    assert "default-src 'none'" in policy


def test_after_its_time_nobody_can_press_pay(wechat: Cashier) -> None:
    place, asked = page_of(wechat, "native")
    wechat.set_clock(31 * 60)

    assert "已超过支付时间" in wechat.press(place, "pay")[1]
    wechat.set_clock(0)
    assert cast(Channel, provider("wechat")).query(asked.number).standing is Standing.OPEN


def test_a_notice_comes_again_by_the_vendors_schedule_until_it_is_thanked_for(wechat: Cashier, unthankful: Callable[[bool], None]) -> None:
    assert (len(WECHAT), sum(WECHAT)) == (15, 86_640), "fifteen times, 24 hours and 4 minutes"
    assert (len(ALIPAY) + 1, sum(ALIPAY) <= 25 * 3600) == (8, True)
    _, asked = page_of(wechat, "native")
    wechat.pay(asked.number)
    unthankful(True)
    wechat.deliver()
    wechat.set_clock(14)
    assert wechat.deliver() == []
    wechat.set_clock(16)
    assert len(wechat.deliver()) == 1
    unthankful(False)
    wechat.set_clock(40)
    assert len(wechat.deliver()) == 1
    wechat.set_clock(86_400)
    assert wechat.deliver() == []
    assert [event["status"] for event in wechat.books()["events"]] == ["thanked"]


def test_time_can_be_made_to_run_faster(wechat: Cashier, unthankful: Callable[[bool], None]) -> None:
    wechat.control("scale", {"times": 150})
    _, asked = page_of(wechat, "native")
    wechat.pay(asked.number)
    unthankful(True)
    wechat.deliver()
    wechat.set_clock(0.2)

    assert len(wechat.deliver()) == 1


@pytest.mark.parametrize(("fault", "letters"), [("lost", 0), ("late", 0), ("repeated", 3)])
def test_notices_are_lost_late_or_repeated_when_asked_for(wechat: Cashier, fault: str, letters: int) -> None:
    _, asked = page_of(wechat, "native")
    wechat.misbehave({"fault": fault, "call": "notice", "seconds": 100})
    wechat.pay(asked.number)

    assert len(wechat.deliver()) == letters
    wechat.set_clock(101)
    assert len(wechat.deliver()) == (1 if fault == "late" else 0)


def test_notices_are_reordered_when_asked_for(wechat: Cashier) -> None:
    numbers = [page_of(wechat, "native")[1].number for _ in range(2)]
    for number in numbers:
        wechat.pay(number)
    wechat.misbehave({"fault": "reordered", "call": "notice"})
    wechat.deliver()
    channel = cast(Channel, provider("wechat"))

    assert [channel.read(letter.headers, letter.body).number for letter in wechat.letters] == numbers[::-1]


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    first = WeChat(tmp_path)
    first.books.add_trade(
        number="BTP00000001", reference="42", scene="native", description="x", fen=1, status="open", app="wx", notify_url="",
        expires_at=first.books.moment(60), parameters={},
    )  # fmt: skip
    second = WeChat(tmp_path)

    assert second.books.trade("BTP00000001")
    assert (second.serial, second.key.private_numbers()) == (first.serial, first.key.private_numbers())


def test_the_program_serves_by_itself(tmp_path: Path) -> None:
    vendor: Vendor = WeChat(tmp_path)
    server: Server = serve(host="127.0.0.1", port=0, vendor=vendor)
    thread = threading.Thread(target=server.run)
    thread.start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health", timeout=5) as answer:
        assert answer.status == 200
    server.stop()
    thread.join()


@pytest.fixture
def unthankful(wechat: Cashier) -> Iterator[Callable[[bool], None]]:
    """Says whether the mailbox answers notices with an error."""
    yield wechat.be_unthankful
    wechat.be_unthankful(False)


@pytest.mark.parametrize("name", ["wechat", "alipay"])
def test_the_cashier_can_be_used_by_everybody_on_a_phone_in_the_light_and_in_the_dark(
    cashiers: dict[str, Cashier], page: Page, name: str
) -> None:
    cashier = cashiers[name]
    place, _ = page_of(cashier, {"wechat": "h5", "alipay": "wap"}[name])
    page.set_viewport_size({"width": 390, "height": 844})
    for shade in ("light", "dark"):
        page.emulate_media(color_scheme=shade)
        for title, address in {"cashier": place, "orders": "/"}.items():
            page.goto(cashier.address + address)
            assert scrolls_sideways(page) <= 0
            accessible(page)
            if os.environ.get("BESTTRAV_SCREENS"):
                SCREENS.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=SCREENS / f"{name}-{title}-{shade}.png")
