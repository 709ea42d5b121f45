"""Killed between the signature and the e-policy in hand, or between giving the policy up and the money back: nobody pays, is insured or is
paid back twice, and every order comes to its end.

A first run without a crash writes down every place it comes by. Then each of them kills once, with each channel and each insurer's dialect,
in a house of its own. Fresh processes go on: whoever was at it does it again, and jobs and the clock do the rest. In the end the invariants
hold and the books of channel and insurer equal ours.
"""

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.carrier import CarrierSimulator
from tests.cashiers import Cashier
from tests.faults.house import House, Street
from tests.insurance import InsurerSimulators
from tests.invoicing import InvoicingSimulator
from tests.sales.shop import PHONE

pytestmark = pytest.mark.cluster

SCENES = {"wechat": "native", "alipay": "page"}
PRODUCTS = {
    "heyan": ("outbound", {}),
    "yunhang": ("schengen", {"plan": "standard", "destinations": ["FR"]}),
}
EVERYWHERE = {
    *(
        "sales.ordered",
        "sales.paid",
        "sales.concluded",
        "sales.told",
        "sharing.permitted",
        "policies.file_became_contract",
    ),
    *("payments.planned", "payments.prepared", "payments.asked", "payments.callback_verified", "payments.callback_stored"),
    *("insurers.begun", "insurers.built", "insurers.answered", "insurers.settled"),
}
LATER = {"insurers.asked", "insurers.callback_proved", "insurers.callback_kept"}  # where the insurer takes its time
BACK = {"sales.given_back", "payments.refund_sending", "payments.refund_answered"}
INVOICED = {f"invoices.{place}" for place in ("begun", "built", "answered", "settled", "fetched", "reversed")}
UP = {
    *INVOICED,
    "invoices.requested",
    *("policies.surrender_asked", "policies.surrendered", "policies.surrender_done"),
    *("insurers.begun", "insurers.built", "insurers.answered", "insurers.settled", "payments.refund_sending", "payments.refund_answered"),
}
PAPERS = ["e_policy zh-hans"]
MOMENTS = (0, 70, 140, 210, 280, 400, 600, 900, 1300, 1500, 1900, 2100, 2400)

Kill = tuple[str, str]
Sample = Callable[[int, int], int]


class Outside:
    """Everybody the sale talks to, with empty books."""

    def __init__(
        self, cashier: Cashier, insurer: str, insurers: InsurerSimulators, invoicing: InvoicingSimulator, carrier: CarrierSimulator
    ) -> None:
        self.cashier, self.insurer, self.insurers, self.invoicing, self.carrier = cashier, insurer, insurers, invoicing, carrier

    def forget(self) -> None:
        self.cashier.forget()
        self.insurers.forget()
        self.invoicing.forget()
        self.carrier.forget()

    def be_known_to(self, house: House) -> None:
        options = {self.cashier.name: self.cashier.options, f"insurer:{self.insurer}": self.insurers.options(self.insurer)}
        options[f"invoicing:{self.insurer}"] = self.invoicing.options(self.insurer)
        options["carrier"] = {"address": self.carrier.address}
        written = {
            "options": options,
            "addresses": [entry["address"].removeprefix("http://") for entry in options.values()],
            "certificates": str(self.insurers.folder / "*" / "papers" / "{insurer}" / "root.pem"),
            "carrier_port": int(self.carrier.address.rpartition(":")[2]),
        }
        (house.state / "outside.json").write_text(json.dumps(written))


class Story:
    """A buyer signs, pays, and holds the paper; where the insurer `declines`, gets the money back; who `gives_up` the policy, too, once it
    was invoiced. At each of the `kills` one dies, of those who give up after the purchase."""

    def __init__(
        self,
        house: House,
        outside: Outside,
        application: str,
        *,
        kills: tuple[Kill, ...] = (),
        declines: bool = False,
        gives_up: bool = False,
        trace: bool = False,
    ) -> None:
        self.house, self.outside, self.application = house, outside, application
        self.declines, self.gives_up, self._kills, self._traced = declines, gives_up, list(kills), trace
        self.kills = len(kills)
        self._begun = not gives_up  # The part of the story that is about dying.
        self._must_kill = bool(kills)  # Whether recovering comes by the places after the first one is its own affair.
        self.met: list[Kill] = []

    def tell(self) -> dict[str, Any]:
        self.outside.forget()
        if self.declines:
            self.outside.insurers.misbehave(self.outside.insurer, {"fault": "decline"})
        cashier = self.outside.cashier
        order = self._played("sign", self.application)
        number, address = self._played("choose_way", order, SCENES[cashier.name])
        if cashier.name == "alipay":
            cashier.open(address)
        cashier.pay(number)
        moment = self._let_it_end(0)
        if self.gives_up:
            self._begun, moment = True, moment + 10
            self._played("ask_invoice", moment)
            moment = self._let_it_end(moment) + 10
            self._played("give_up", moment)
            moment = self._let_it_end(moment)
        assert not self._must_kill, "never came by the place that kills"
        return dict(self.house.play("sale_look_back", moment))

    def _let_it_end(self, since: int) -> int:
        """Time passes until nothing is under way. When that is."""
        moment = since
        for passed in MOMENTS:
            moment = since + passed
            self.outside.cashier.set_clock(moment + 1)
            self.outside.insurers.set_clock(moment + 1)
            self.outside.carrier.set_clock(moment + 1)
            self.outside.invoicing.set_clock(moment + 1)
            self.outside.insurers.decide()
            self._bring_letters(moment)
            if not self._played("go_on", moment)["under_way"]:
                break
        return moment

    def _bring_letters(self, moment: int) -> None:
        sent = [(self.outside.cashier.name, letter) for letter in self.outside.cashier.deliver()]
        sent += [(item.insurer, item) for item in self.outside.insurers.mailbox.take()]  # type: ignore[misc]  # as like as two letters
        for whom, letter in sent:
            file = self.house.state / "letter"
            file.write_text(json.dumps({"path": letter.path, "headers": letter.headers, "body": letter.body.hex()}))
            self._played("hear", whom, file, moment)

    def _played(self, act: str, *words: object) -> Any:
        """An act; killed if it comes by the next place that kills, and then done again by whoever did it."""
        trace = self.house.state / f"trace-{act}" if self._traced and self._begun else None
        crash = self._kills[0][1] if self._begun and self._kills and self._kills[0][0] == act else ""
        answer = self.house.play(f"sale_{act}", *words, crash=crash, trace=trace)
        if crash and self.house.was_killed:
            self._kills.pop(0)
            self._must_kill = False
            return self._played(act, *words)
        if trace and trace.exists():
            self.met += [(act, place) for place in trace.read_text().split()]
            trace.unlink()
        return answer


@pytest.fixture
def outside(
    request: pytest.FixtureRequest,
    running_cashiers: dict[str, Cashier],
    running_insurers: InsurerSimulators,
    running_invoicing: InvoicingSimulator,
    running_carrier: CarrierSimulator,
) -> Outside:
    channel, insurer = request.param
    return Outside(running_cashiers[channel], insurer, running_insurers, running_invoicing, running_carrier)


def filled_in(street: Street, outside: Outside) -> tuple[House, str]:
    """A house in which an application waits for its signature: others are copies of it."""
    house = street.house()
    outside.forget()
    outside.be_known_to(house)
    slug, wishes = PRODUCTS[outside.insurer]
    return house, house.play("sale_fill_in", slug, json.dumps(wishes))


def assert_well(story: Story) -> None:
    end, outside = story.tell(), story.outside
    state, premium = end["order"]
    assert end["wrong"] == {}
    # Killed twice, the insurer may be asked until its time is over: then the money goes back as well.
    ran_out = story.kills == 2 and state == "refunded"
    assert state == ("refunded" if story.declines or ran_out else "issued")
    ((payment, payment_state),) = end["payments"]
    books = outside.cashier.books()
    assert [(trade["number"], trade["fen"], trade["status"]) for trade in books["trades"]] == [(payment, premium, "paid")]
    returned = [(refund["number"], refund["fen"], refund["status"]) for refund in books["refunds"]]
    told_insured, told_not = (sum(what in text for text in outside.carrier.texts(PHONE)) for what in ("已承保", "未能承保"))
    policies = [(one["number"], one["policy_no"]) for one in outside.insurers.policies(outside.insurer) if one["state"] == "issued"]
    number, submission, policy_number = end["submission"]
    assert end["shared_about"] == 2 or ran_out
    if story.gives_up:
        told = [sum(what in text for text in outside.carrier.texts(PHONE)) for what in ("退保申请", "已办结")]
        assert (submission, payment_state, policies, told) == ("ok", "returned", [], [1, 1])
        assert (end["policy"], end["transactions"]) == (["cancelled", "done"], 2)
        assert (end["invoices"], outside.invoicing.invoiced()) == ([["blue", "ok"], ["red", "ok"]], 0)
        assert [one["state"] for one in outside.invoicing.invoices()] == ["issued", "issued"]
        assert returned == [(refund, fen, "SUCCESS") for refund, fen, _ in end["refunds"]] == [(returned[0][0], premium, "SUCCESS")]
    elif story.declines or ran_out:
        assert (submission, payment_state, policies) == ("given_up" if ran_out else "rejected", "returned", [])
        assert returned == [(refund, fen, "SUCCESS") for refund, fen, _ in end["refunds"]] == [(returned[0][0], premium, "SUCCESS")]
        assert (end["papers"], end["notices"], told_insured, told_not) == ([], 0, 0, 1)
    else:
        assert (submission, payment_state, policies) == ("ok", "captured", [(number, policy_number)])
        assert (returned, end["refunds"]) == ([], [])
        assert (end["papers"], end["notices"], told_insured, told_not) == (PAPERS, 1, 1, 0)


def places(street: Street, base: House, outside: Outside, application: str, **way: bool) -> list[Kill]:
    """Every (act, place) that a whole story comes by."""
    story = Story(street.house_like(base), outside, application, trace=True, **way)  # type: ignore[arg-type]  # which way it goes
    assert_well(story)
    return list(dict.fromkeys(story.met))


def pairs(*fixed: tuple[str, str]) -> pytest.MarkDecorator:
    """Each channel with each insurer in a soak; in a short run some of them."""
    every = [(channel, insurer) for channel in SCENES for insurer in PRODUCTS]
    chosen = [pytest.param(pair, marks=() if pair in fixed else pytest.mark.soak) for pair in every]
    return pytest.mark.parametrize("outside", chosen, indirect=True, ids="-".join)


@pairs(("wechat", "heyan"), ("alipay", "yunhang"))
def test_every_place_between_signature_and_paper_may_kill(quick_street: Street, outside: Outside, sample: Sample) -> None:
    base, application = filled_in(quick_street, outside)
    found = places(quick_street, base, outside, application)
    wanted = EVERYWHERE | (LATER if outside.insurer == "yunhang" else set())
    assert {place.partition(":")[0] for _, place in found} >= wanted, "a place that is never met proves nothing"
    dice = random.Random(os.environ.get("BESTTRAV_SEED", "1"))
    chosen = found[: sample(0, len(found))] or dice.sample(found, 1)
    for kill in chosen:
        assert_survives(quick_street.house_like(base), outside, application, kill)
    for _ in range(sample(0, 12)):  # Killed again while recovering.
        first, (act, place) = dice.choice(found), dice.choice(found)
        assert_survives(quick_street.house_like(base), outside, application, first, (act, place.partition(":")[0]))


@pairs(("alipay", "heyan"))
def test_every_place_on_the_way_back_may_kill(quick_street: Street, outside: Outside, sample: Sample) -> None:
    base, application = filled_in(quick_street, outside)
    found = places(quick_street, base, outside, application, declines=True)
    assert {place.partition(":")[0] for _, place in found} >= BACK
    on_the_way_back = found[next(at for at, (_, place) in enumerate(found) if place.startswith("insurers.answered")) :]
    dice = random.Random(os.environ.get("BESTTRAV_SEED", "1"))
    for kill in on_the_way_back[: sample(0, len(found))] or dice.sample(on_the_way_back, 1):
        assert_survives(quick_street.house_like(base), outside, application, kill, declines=True)


@pairs(("wechat", "heyan"))
def test_every_place_between_giving_up_and_the_money_back_may_kill(quick_street: Street, outside: Outside, sample: Sample) -> None:
    """A short run dies at one place that it knows of, and does not look for the others first."""
    base, application = filled_in(quick_street, outside)
    asked = [("ask_invoice", "invoices.requested"), ("give_up", "policies.surrender_asked")]
    known = [*asked, *(("go_on", place) for place in sorted(UP - {place for _, place in asked}))]
    found = random.Random(os.environ.get("BESTTRAV_SEED", "1")).sample(known, 1)
    if sample(0, 1):
        found = places(quick_street, base, outside, application, gives_up=True)
        assert {place.partition(":")[0] for _, place in found} >= UP, "a place that is never met proves nothing"
    for kill in found:
        assert_survives(quick_street.house_like(base), outside, application, kill, gives_up=True)


def assert_survives(house: House, outside: Outside, application: str, *kills: Kill, **way: bool) -> None:
    try:
        assert_well(Story(house, outside, application, kills=kills, **way))
    except AssertionError as error:
        error.add_note(f"killed at {', then at '.join(f'{place} of {act}' for act, place in kills)}")
        raise
