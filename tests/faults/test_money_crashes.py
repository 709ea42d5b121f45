"""Killed between two steps of paying and giving back: nobody is charged twice, nothing is refunded twice, and nothing stays open for ever.

A first run without a crash writes down every place it comes by. Then each of them kills once, with each channel, in a house of its own; the
buyer, the channel and the clock come again, and the channel's own books are compared with ours.
"""

import json
import os
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from tests.cashiers import Cashier
from tests.faults.house import House, Street

pytestmark = pytest.mark.cluster

SCENES = {"wechat": "native", "alipay": "page"}
MUST_BE_MET = {
    *("payments.planned", "payments.prepared", "payments.asked", "payments.closing"),
    *("payments.callback_verified", "payments.callback_stored", "payments.refund_sending", "payments.refund_answered"),
}
PRICE, HALF = 12_346, 6_173
Sample = Callable[[int, int], int]


class Story:
    """A buyer pays, a notice comes, a clerk gives half of it back; at one place of one act the process is killed."""

    def __init__(self, house: House, cashier: Cashier, *, act: str = "", place: str = "", trace: Path | None = None) -> None:
        self.house, self.cashier, self._act, self._place, self._trace = house, cashier, act, place, trace
        self.order, self.decision = str(new_id()), str(new_id())
        self.end = (clock.now() + timedelta(minutes=30)).replace(microsecond=0).isoformat()
        self.met: list[tuple[str, str]] = []
        (house.state / "cashiers.json").write_text(json.dumps({cashier.name: cashier.options}))

    def tell(self) -> dict[str, Any]:
        number = self._played("choose", self.order, SCENES[self.cashier.name], self.end)
        if self.cashier.name == "alipay":
            self._open_page(number)
        self.cashier.pay(number)
        letter = self.house.state / "letter"
        self._deliver(letter)
        self._played("take_in", self.cashier.name, letter)
        self._played("carry_on", 0)
        self._played("look", self.order)
        self._played("decide", self.order, self.decision)
        for seconds in (0, 70, 140, 210):
            self.cashier.set_clock(seconds + 5)
            self.cashier.deliver()
            self._played("carry_on", seconds)
        return dict(self.house.play("look_over"))

    def _played(self, act: str, *words: object) -> Any:
        """An act, killed if this is the one: then whoever did it does it again, as people and channels do."""
        trace = self._trace.with_name(f"{self._trace.name}-{act}") if self._trace else None
        crash = self._place if act == self._act else ""
        answer = self.house.play(act, *words, crash=crash, trace=trace)
        if crash and answer is None:
            self._act = ""
            answer = self.house.play(act, *words)
        if trace and trace.exists():
            self.met += [(act, place) for place in trace.read_text().split()]
            trace.unlink()
        return answer

    def _open_page(self, number: str) -> None:
        (address,) = self.house.query("default", f"SELECT address FROM payments_payment WHERE number = '{number}'")[0]
        self.cashier.open(address)

    def _deliver(self, letter: Path) -> None:
        (sent,) = self.cashier.deliver()
        letter.write_text(json.dumps({"headers": sent.headers, "body": sent.body.hex()}))


def places(street: Street, cashier: Cashier) -> list[tuple[str, str]]:
    """Every (act, place) that a whole story and a closing come by."""
    house = street.house()
    story = Story(house, cashier, trace=house.state / "trace")
    assert_well(story.tell(), cashier)
    trace = house.state / "trace-close"
    order = str(new_id())
    house.play("choose", order, SCENES[cashier.name], story.end)
    house.play("close", order, trace=trace)
    return list(dict.fromkeys([*story.met, *(("close", place) for place in trace.read_text().split())]))


def assert_well(end: dict[str, Any], cashier: Cashier) -> None:
    assert end["wrong"] == {}
    assert list(end["payments"].values()) == [["captured", PRICE, HALF]]
    assert list(end["refunds"].values()) == ["succeeded"]
    books = cashier.books()
    assert [(trade["number"], trade["fen"], trade["status"]) for trade in books["trades"]] == [(next(iter(end["payments"])), PRICE, "paid")]
    assert [(refund["number"], refund["fen"], refund["status"]) for refund in books["refunds"]] == [
        (next(iter(end["refunds"])), HALF, "SUCCESS")
    ]


@pytest.mark.parametrize("name", ["wechat", "alipay"])
def test_every_place_between_two_steps_of_paying_may_kill(
    quick_street: Street, running_cashiers: dict[str, Cashier], sample: Sample, name: str
) -> None:
    cashier = running_cashiers[name]
    cashier.forget()
    found = places(quick_street, cashier)
    assert {place.partition(":")[0] for _, place in found} >= MUST_BE_MET, "a place that is never met proves nothing"
    killing = [(act, place) for act, place in found if act != "close"]
    chosen = killing[: sample(0, len(killing))] or random.Random(os.environ.get("BESTTRAV_SEED", "1")).sample(killing, 2)
    for act, place in chosen:
        cashier.forget()
        assert_well(Story(quick_street.house(), cashier, act=act, place=place).tell(), cashier)


@pytest.mark.parametrize("name", ["wechat", "alipay"])
def test_killed_while_closing_it_is_closed_by_the_clock(quick_street: Street, running_cashiers: dict[str, Cashier], name: str) -> None:
    cashier = running_cashiers[name]
    cashier.forget()
    house = quick_street.house()
    order, end = str(new_id()), (clock.now() + timedelta(seconds=20)).isoformat()
    (house.state / "cashiers.json").write_text(json.dumps({name: cashier.options}))
    house.play("choose", order, SCENES[name], end)
    assert house.play("close", order, crash="payments.closing") is None
    cashier.set_clock(60)
    house.play("carry_on", 60)

    said = house.play("look_over")
    assert said["wrong"] == {}
    assert [state for state, *_ in said["payments"].values()] == ["closed"]
