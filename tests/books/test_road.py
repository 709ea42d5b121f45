"""From a purchase to the insurer's own file and the transfer at the bank, with everybody real."""

import pytest
from django.db import transaction

from besttrav.books import operations as books
from besttrav.books import queries
from besttrav.books.models import Entry, RunKind
from besttrav.insurers import queries as insuring
from besttrav.insurers.models import Exchange, Kind
from besttrav.insurers.port import Cancel, Cancelled
from besttrav.kernel import clock
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, PaymentState
from besttrav.policies.models import Policy, TransactionKind
from tests.books.conftest import SECOND, ruled, taken, then, violations
from tests.insurance import Later
from tests.payments.conftest import CLERK
from tests.sales.conftest import shop
from tests.sales.shop import Shop

__all__ = ["shop"]
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

    run = books.propose_run(kind=RunKind.PREMIUM, insurer=insurer, until=today, actor=CLERK)
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    assert (run.amount, ledger.balance(Account.INSURER_PAYABLE)) == (order.premium, Money(0))
    assert [one.order or (one.run and one.run.number) for one in queries.movements(Account.INSURER_PAYABLE)] == [run.number, order.number]
    assert violations() == {}


def test_a_policy_that_the_insurer_cancelled_stands_in_its_statement_as_in_our_books(shop: Shop, later: Later) -> None:
    ruled(2_500)
    order = shop.ordered()
    shop.paid(order)
    shop.let_it_end(later, order)
    policy, submission = Policy.objects.get(), Exchange.objects.get(kind=Kind.SUBMIT)
    command = Cancel(
        number=f"C{submission.number[1:]}",
        submission=submission.number,
        policy_number=policy.number,
        because="surrender",
        on=policy.first_day,
    )
    assert isinstance(insuring.insurer("heyan").perform(command), Cancelled)
    with transaction.atomic():
        then(policy, TransactionKind.CANCEL, -policy.premium_fen, clock.today())
        payment = Payment.objects.get(state=PaymentState.CAPTURED)
        paying.refund(payment=payment, amount=order.premium, decision=new_id(), because="surrendered", actor=CLERK)
    books.enter_missing()

    today = clock.today()
    assert taken(shop.insurers.statement("heyan", today, today)).differences == 0
    assert (ledger.balance(Account.INSURER_PAYABLE), ledger.balance(Account.COMMISSION_RECEIVABLE)) == (Money(0), Money(0))
    assert violations() == {}


def test_a_refund_beyond_what_the_insurer_gave_back_is_noticed(shop: Shop, later: Later) -> None:
    order = shop.ordered()
    shop.paid(order)
    shop.let_it_end(later, order)
    payment = Payment.objects.get(state=PaymentState.CAPTURED)
    paying.refund(payment=payment, amount=Money(1), decision=new_id(), because="by_mistake", actor=CLERK)
    assert set(violations()) == {"what_is_owed_to_an_insurer_is_held_for_it"}
