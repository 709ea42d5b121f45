"""A policy that is given up for real, with insurer, cashier and refund: its invoice goes back with the premium, to the fen."""

import time

import pytest

from besttrav.invoices import operations
from besttrav.invoices.models import Invoice
from besttrav.invoices.operations import Wish
from besttrav.kernel import clock
from besttrav.policies.models import SurrenderReason
from tests.insurance import Later
from tests.invoicing import InvoicingSimulator
from tests.policies.giving_up import GivingUp, assert_whole, bought
from tests.sales.shop import Shop


def invoices_follow(it: GivingUp, invoicing: InvoicingSimulator) -> None:
    """The platform's clock follows ours, and every invoice comes to its end."""
    for _ in range(4):
        invoicing.set_clock(clock.now().timestamp() - time.time())
        operations.recover()
        it.shop.work()
        it.later(70)


@pytest.mark.parametrize("has_begun", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["on the third day", "before the start"])
def test_what_is_invoiced_is_what_the_insurer_kept(shop: Shop, later: Later, invoicing: InvoicingSimulator, has_begun: bool) -> None:
    it = bought(shop, later)
    operations.request(policy=it.policy, wish=Wish(), actor=it.actor)
    invoices_follow(it, invoicing)
    assert invoicing.invoiced() == it.policy.premium_fen
    if has_begun:
        it.begin_cover(2)
    surrender = it.accepted(it.asked(SurrenderReason.NOT_LEFT)) if has_begun else it.asked()
    it.follow(surrender)
    invoices_follow(it, invoicing)

    kept = it.policy.premium_fen - surrender.value_fen
    assert (kept > 0) == has_begun
    assert invoicing.invoiced() == kept
    assert {one.state for one in Invoice.objects.all()} == {"ok"}
    assert Invoice.objects.count() == (3 if has_begun else 2)
    assert_whole()
