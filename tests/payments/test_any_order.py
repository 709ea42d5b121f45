"""Buyers, channels, callbacks, clerks and the clock in any order, with faults: whatever happens, no fen is lost, doubled or forgotten."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import operations as paying
from besttrav.payments.models import UNSETTLED, ChannelName, Payment, PaymentState, Refund, Scene
from tests.cashiers import Cashier, Letter
from tests.conftest import StoppedClock
from tests.payments.conftest import BACK, BUYER, CLERK, PRICE, begun
from tests.payments.test_paying import violations

Drain = Callable[[], int]
FAULTS = ["drop_before", "drop_after", "truncated", "wrong_signature", "status"]
CALLS = ["prepay", "query", "close", "refund", "query_refund"]


class Day:
    """One run: some orders, and dice that say what happens next."""

    def __init__(self, seed: int, cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock) -> None:
        self.dice = random.Random(seed)
        self.cashiers, self.drain, self.clock = cashiers, drain, stopped_clock
        self.orders = [new_id() for _ in range(3)]
        self.letters: list[tuple[str, Letter]] = []
        self.gone = 0

    def open(self) -> None:
        """Two buyers at least pay something, so that there is money to go astray."""
        for order, scene in zip(self.orders, self.dice.sample(list(Scene), 2), strict=False):
            payment = begun(order, scene)
            address = paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7").address
            if payment.channel == "alipay":
                self.cashiers["alipay"].open(address)
            self.cashiers[payment.channel].pay(payment.number)

    def step(self) -> None:
        acts = [self.choose, self.choose, self.pay, self.pay, self.pay, self.tell, self.tell, self.hand_in, self.hand_in, self.look]
        acts += [self.work, self.work, self.later, self.later, self.refund, self.cancel, self.misbehave, self.misbehave]
        try:
            self.dice.choice(acts)()
        except Refusal:
            pass  # What may not be is refused, and that is well.

    def choose(self) -> None:
        payment = begun(self.dice.choice(self.orders), self.dice.choice(list(Scene)), minutes=self.dice.choice([1, 30]))
        prepared = paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7")
        if payment.channel == "alipay" and prepared.address:
            self.cashiers["alipay"].open(prepared.address)

    def pay(self) -> None:
        """Somebody pays what they see, in time or too late, now and then another amount."""
        unpaid = [(name, trade) for name in self.cashiers for trade in self.cashiers[name].books()["trades"] if trade["status"] != "paid"]
        if unpaid:
            name, trade = self.dice.choice(unpaid)
            self.cashiers[name].pay(trade["number"], **({"fen": 7} if self.dice.random() < 0.1 else {}))

    def tell(self) -> None:
        for name, cashier in self.cashiers.items():
            self.letters += [(name, letter) for letter in cashier.deliver()]

    def hand_in(self) -> None:
        """Notices come late, again, or never."""
        if self.letters:
            name, letter = self.dice.choice(self.letters)
            paying.receive(channel=name, headers=letter.headers, body=letter.body)

    def look(self) -> None:
        if payments := list(Payment.objects.filter(state__in=["planned", "open"])):
            paying.ask_if_due(payment=self.dice.choice(payments))

    def work(self) -> None:
        self.drain()
        paying.recover()

    def later(self, seconds: int = 0) -> None:
        seconds = seconds or self.dice.choice([1, 7, 65, 400])
        self.gone += seconds
        self.clock.advance(timedelta(seconds=seconds))
        for cashier in self.cashiers.values():
            cashier.set_clock(self.gone)

    def refund(self) -> None:
        if payments := list(Payment.objects.filter(captured_fen__gt=0)):
            amount = Money(self.dice.choice([1, 100, PRICE.fen]))
            paying.refund(payment=self.dice.choice(payments), amount=amount, decision=new_id(), because="cancelled", actor=CLERK)

    def cancel(self) -> None:
        if self.dice.random() < 0.3:
            paying.give_up(order_id=self.dice.choice(self.orders), because="cancelled", actor=BUYER)

    def misbehave(self) -> None:
        cashier = self.cashiers[self.dice.choice(list(self.cashiers))]
        cashier.misbehave({"fault": self.dice.choice(FAULTS), "call": self.dice.choice(CALLS), "times": self.dice.choice([1, 3])})

    def come_to_rest(self) -> None:
        """The faults are lifted, the buyers gone, and the clock goes on until the bills have come: they know what notices lost."""
        for cashier in self.cashiers.values():
            cashier.misbehave()
        for _ in range(8):
            self.later(301)
            self.tell()
            self.work()
        start = clock.today()
        self.later(2 * 86_400)
        for name in ChannelName:
            for day in (start - timedelta(days=1), start):
                paying.compare_bill(name=name, day=day)
        for _ in range(6):
            self.later(6 * 3600 + 1)
            self.tell()
            self.work()


def as_booked(cashiers: dict[str, Cashier]) -> tuple[dict[str, int], dict[str, int]]:
    """What the channels say came in and went back."""
    books = [cashier.books() for cashier in cashiers.values()]
    trades: dict[str, int] = {trade["number"]: trade["fen"] for book in books for trade in book["trades"] if trade["status"] == "paid"}
    refunds: dict[str, int] = {row["number"]: row["fen"] for book in books for row in book["refunds"] if row["status"] == "SUCCESS"}
    return trades, refunds


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(4, 100))])
def test_in_any_order_and_with_any_fault_every_fen_has_its_place(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock, seed: int
) -> None:
    day = Day(seed, cashiers, drain, stopped_clock)
    day.open()
    for _ in range(50):
        day.step()
        assert violations() == {}
    day.come_to_rest()

    assert violations() == {}
    trades, refunds = as_booked(cashiers)
    assert len(trades) >= 2, "hardly anybody has paid"
    assert {payment.number: payment.captured_fen for payment in Payment.objects.filter(captured_fen__gt=0)} == trades
    assert {refund.number: refund.amount_fen for refund in Refund.objects.filter(state="succeeded")} == refunds
    assert not Payment.objects.filter(state__in=[PaymentState.PLANNED, PaymentState.OPEN]).exists()
    assert not Refund.objects.filter(state__in=UNSETTLED).exists()
