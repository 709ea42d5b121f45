"""From a purchase to the insurer's own file and the transfer at the bank, with everybody real."""

import pytest

from besttrav.books import operations as books
from besttrav.books import queries
from besttrav.books.models import Entry, Run, RunKind
from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, PaymentState
from besttrav.policies.limits import SURRENDER_FEES
from besttrav.policies.models import SurrenderReason
from tests.books.conftest import SECOND, ruled, taken, violations
from tests.insurance import Later
from tests.payments.conftest import CLERK
from tests.policies.giving_up import bought
from tests.sales.conftest import shop
from tests.sales.shop import Shop

__all__ = ["shop"]


def settled(insurer: str = "heyan") -> Run:
    """Handed on to the insurer, up to this moment."""
    run = books.propose_run(kind=RunKind.PREMIUM, insurer=insurer, until=clock.today(), actor=CLERK)
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    return run


RATES = {"heyan": 2_500, "yunhang": 2_000}


@pytest.mark.parametrize(("slug", "insurer"), [("outbound", "heyan"), ("outdoor", "yunhang")])
def test_what_was_bought_is_entered_stated_by_the_insurer_and_handed_on(shop: Shop, later: Later, slug: str, insurer: str) -> None:
    ruled(RATES[insurer], insurer=insurer)
    order = shop.ordered(slug)
    shop.paid(order)
    shop.let_it_end(later, order)
    entry = Entry.objects.get()
    assert entry.premium == order.premium
    assert entry.payment_id == order.payment
    today = clock.today()
    assert taken(shop.insurers.statement(insurer, today, today), insurer=insurer).differences == 0

    run = settled(insurer)
    assert (run.amount, ledger.balance(Account.INSURER_PAYABLE)) == (order.premium, Money(0))
    assert [one.order or (one.run and one.run.number) for one in queries.movements(Account.INSURER_PAYABLE)] == [run.number, order.number]
    assert violations() == {}


@pytest.mark.parametrize(("reason", "days"), [(SurrenderReason.BEFORE_START, None), (SurrenderReason.NOT_LEFT, 2)])
def test_what_is_given_up_is_taken_back_to_the_fen_and_stated_so(
    shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch, reason: SurrenderReason, days: int | None
) -> None:
    monkeypatch.setitem(SURRENDER_FEES.channels, "wechat", 5)
    ruled(2_500)
    it = bought(shop, later)
    settled()
    first = clock.today()
    if days is not None:
        it.begin_cover(days)
    surrender = it.asked(reason)
    it.follow(it.accepted(surrender) if days is not None else surrender)
    books.enter_missing()

    issue, cancel = Entry.objects.order_by("transaction__number")
    assert cancel.premium_fen == -surrender.value_fen
    assert issue.commission_fen + cancel.commission_fen == (it.policy.premium_fen - surrender.value_fen + 2) // 4
    statement = taken(shop.insurers.statement("heyan", first, clock.today()), first=first)
    assert (statement.lines, statement.differences) == (2, 0)
    assert settled().amount == cancel.premium, "what was handed on comes back"
    assert ledger.balance(Account.SURRENDER_FEES) == -surrender.fee
    assert violations() == {}


def test_a_refund_beyond_what_the_insurer_gave_back_is_noticed(shop: Shop, later: Later) -> None:
    order = shop.ordered()
    shop.paid(order)
    shop.let_it_end(later, order)
    payment = Payment.objects.get(state=PaymentState.CAPTURED)
    paying.refund(payment=payment, amount=Money(1), decision=new_id(), because="by_mistake", actor=CLERK)
    assert set(violations()) == {"what_is_owed_to_an_insurer_is_held_for_it"}
