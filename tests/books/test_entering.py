"""Each transaction of a policy is entered once, with the commission that the rule of its day says, and takes it back when it goes."""

import pytest

from besttrav.books import operations as books
from besttrav.books.models import Entry, RoundingName
from besttrav.books.operations import entering
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.policies.models import Policy, TransactionKind
from tests.books.conftest import entered, issued, ruled, then, violations

CANCEL, ENDORSE = TransactionKind.CANCEL, TransactionKind.ENDORSE


def earned(account: Account = Account.COMMISSION_RECEIVABLE) -> Money:
    return ledger.balance(account)


def test_a_policy_is_entered_once_with_its_commission(db: None) -> None:
    ruled(2_500)
    policy = entered(12_345)

    assert books.enter(policy=policy) == 0
    assert [entry.commission_fen for entry in Entry.objects.all()] == [3_086]
    assert (earned(), earned(Account.COMMISSION_EARNED)) == (Money(3_086), Money(-3_086))
    assert violations() == {}


@pytest.mark.parametrize(("rounding", "fen"), [("half_up", 3), ("half_even", 2), ("down", 2), ("up", 3)])
def test_commission_is_rounded_once_by_the_name_in_the_rule_and_a_surrender_takes_all_of_it_back(db: None, rounding: str, fen: int) -> None:
    ruled(2_500, rounding=RoundingName(rounding))
    policy = entered(10)  # A quarter of it is two fen and a half.
    assert earned() == Money(fen)
    for part in (-3, -4, -3):
        books.enter(policy=then(policy, CANCEL, part))

    assert earned() == ZERO
    assert sum(Entry.objects.values_list("commission_fen", flat=True)) == 0
    assert violations() == {}


def test_the_rule_of_the_day_of_issue_holds_for_the_whole_life(db: None) -> None:
    ruled(2_000)
    policy = entered(10_000)
    ruled(3_000, product="outbound")
    books.enter(policy=then(policy, ENDORSE, 5_000))
    entered(10_000)

    assert list(Entry.objects.order_by("entered_at").values_list("commission_fen", flat=True)) == [2_000, 1_000, 3_000]


def test_what_was_sold_before_there_was_a_rule_earns_when_there_is_one(db: None) -> None:
    policy = entered(10_000)
    books.enter(policy=then(policy, CANCEL, -4_000))
    assert earned() == ZERO
    rule = ruled(2_500)
    assert (books.accrue(rule=rule), books.accrue(rule=rule)) == (1, 0)

    assert list(Entry.objects.order_by("transaction__number").values_list("commission_fen", flat=True)) == [2_500, -1_000]
    assert earned() == Money(1_500)
    assert violations() == {}


def test_a_partner_is_paid_of_the_commission_by_a_rule_of_its_own(db: None) -> None:
    ruled(2_500)
    ruled(1_000, partner="trailhead")
    policy = issued(10_000)
    books.enter(policy=policy, partner="trailhead")
    assert (earned(), earned(Account.COMMISSION_PAYABLE), earned(Account.COMMISSION_PASSED_ON)) == (
        Money(2_500),
        Money(-1_000),
        Money(1_000),
    )
    books.enter(policy=then(policy, CANCEL, -10_000))
    assert (earned(), earned(Account.COMMISSION_PAYABLE)) == (ZERO, ZERO)
    assert violations() == {}


def test_one_that_cannot_be_entered_keeps_no_other_from_its_turn(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(2_500)
    stuck, other = issued(10_000), issued(20_000)
    real = entering.enter

    def refusing(*, policy: Policy) -> int:
        if policy == stuck:
            raise ZeroDivisionError
        return real(policy=policy)

    monkeypatch.setattr(entering, "enter", refusing)
    with pytest.raises(ExceptionGroup) as failed:
        books.enter_missing()
    assert [type(error) for error in failed.value.exceptions] == [ZeroDivisionError]
    assert [entry.policy for entry in Entry.objects.all()] == [other]


def test_the_clock_enters_what_nobody_told_us_of(db: None) -> None:
    ruled(2_500)
    policy = then(issued(10_000), ENDORSE, 2_000)
    assert (books.enter_missing(), books.enter_missing()) == (1, 0)
    assert Entry.objects.filter(policy=policy).count() == 2
