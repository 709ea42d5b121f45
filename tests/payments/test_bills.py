"""The channels' books against ours: what fits is silent, what does not is told to people, and fees are posted once."""

from datetime import timedelta

import pytest

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import BillReading, ChannelName, Payment, Scene
from tests.cashiers import Cashier
from tests.payments.conftest import CLERK, begun, captured, shown


def compared(cashiers: dict[str, Cashier], payment: Payment) -> BillReading:
    """The bill of today, as it is two days later."""
    day = clock.today()
    cashiers[payment.channel].set_clock(2 * 86_400)
    with clock.advanced(timedelta(days=2)):
        reading = paying.compare_bill(name=ChannelName(payment.channel), day=day)
    assert reading
    return reading


def differences() -> list[str]:
    return [entry.facts["what"] for entry in Entry.objects.filter(action="payments.difference_found").order_by("id")]


def test_equal_books_are_silent_and_the_fees_are_posted_once(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = captured(cashiers, scene=scene)
    refund = paying.refund(payment=payment, amount=Money(345), decision=new_id(), because="cancelled", actor=CLERK)
    paying.send_refund(refund=refund)
    cashiers[payment.channel].set_clock(5)
    cashiers[payment.channel].deliver()
    paying.ask_refund(refund=refund)
    reading = compared(cashiers, payment)

    assert (reading.lines, reading.differences, differences()) == (2, 0, [])
    assert ledger.balance(Account.FEES) == Money(72)
    assert compared(cashiers, payment) == reading
    assert ledger.balance(Account.FEES) == Money(72)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ({"fault": "bill_missing"}, ["payment_missing_there"]),
        ({"fault": "bill_changed", "fen": 1}, ["payment_differs"]),
        ({"fault": "bill_extra"}, ["payment_missing_here"]),
        ({"fault": "bill_twice"}, ["line_twice"]),
    ],
)
def test_what_differs_is_told_and_changes_nothing(
    cashiers: dict[str, Cashier], scene: Scene, fault: dict[str, object], what: list[str]
) -> None:
    payment = captured(cashiers, scene=scene)
    captured(cashiers, scene=scene)
    number = {} if fault["fault"] in ("bill_extra", "bill_twice") else {"number": payment.number}
    cashiers[payment.channel].misbehave(fault | number)
    compared(cashiers, payment)

    assert differences() == what
    payment.refresh_from_db()
    assert payment.is_captured


def test_what_was_paid_and_never_seen_here_is_told_and_asked_about(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = shown(begun(scene=scene), cashiers)
    cashiers[payment.channel].pay(payment.number)
    compared(cashiers, payment)

    assert differences() == ["payment_missing_here"]
    payment.refresh_from_db()
    assert payment.is_captured, "and the channel was asked about it"


def test_a_bill_that_is_not_ready_is_asked_for_again(cashiers: dict[str, Cashier], scene: Scene) -> None:
    payment = captured(cashiers, scene=scene)
    name = ChannelName(payment.channel)

    assert paying.compare_bill(name=name, day=clock.today()) is None
    assert not BillReading.objects.exists()
    assert compared(cashiers, payment).lines == 1


def test_a_day_on_which_nothing_moved_is_read_too(cashiers: dict[str, Cashier], scene: Scene) -> None:
    day = clock.today() - timedelta(days=3)
    reading = paying.compare_bill(name=ChannelName(scene.channel), day=day)

    assert reading
    assert (reading.lines, reading.differences) == (0, 0)
