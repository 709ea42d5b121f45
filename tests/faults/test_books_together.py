"""Two hands on the same books: a policy is entered once, a file is taken once, and nothing is handed on twice."""

from functools import partial

import pytest

from besttrav.books import operations as books
from besttrav.books.models import Entry, Rule, Run, RunKind, RunState, Statement
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.policies.models import Policy
from tests.books.conftest import SECOND, YEAR, Said, entered, file_of, issued, proposed, ruled, taken, violations
from tests.faults.test_together import at_once
from tests.payments.conftest import CLERK

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "vault"])


def kinds(outcomes: list[object]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_a_policy_entered_by_many_at_once_is_entered_once() -> None:
    ruled(2_500)
    policy = issued(10_000)
    told = at_once(*[lambda: books.enter(policy=Policy.objects.get(pk=policy.pk))] * 3, books.enter_missing)
    assert not [one for one in told if isinstance(one, Exception)]
    assert (Entry.objects.count(), ledger.balance(Account.COMMISSION_RECEIVABLE)) == (1, Money(2_500))
    assert violations() == {}


def test_of_two_who_take_the_same_file_one_is_told_that_it_was_taken() -> None:
    content = file_of([Said(entered().number, commission="0")])
    assert kinds(at_once(*[partial(taken, content)] * 2)) == ["AlreadyTaken", "Statement"]
    assert Statement.objects.count() == 1


def test_nothing_is_gathered_agreed_to_or_paid_twice() -> None:
    entered(10_000)
    propose = partial(books.propose_run, kind=RunKind.PREMIUM, insurer="heyan", until=clock.today())
    assert kinds(at_once(partial(propose, actor=CLERK), partial(propose, actor=SECOND))) == ["Run", "RunUnderWay"]
    run = Run.objects.get()
    other = SECOND if run.proposed_by == CLERK.id else CLERK

    def mine() -> Run:
        return Run.objects.get(pk=run.pk)

    answers = [partial(lambda is_right: books.agree(run=mine(), is_right=is_right, actor=other), is_right) for is_right in (True, True)]
    assert kinds(at_once(*answers)) == ["NoneType", "RunMoved"]
    ends = [lambda: books.pay(run=mine(), reference="BANK-2026-0042", actor=CLERK)] * 2
    assert kinds(at_once(*ends, lambda: books.agree(run=mine(), is_right=False, actor=other))) == ["NoneType", "RunMoved", "RunMoved"]
    is_paid = mine().state == RunState.PAID
    assert ledger.balance(Account.BANK) == Money(-10_000 if is_paid else 0)
    assert violations() == {}


def test_of_two_rules_for_the_same_days_confirmed_at_once_one_holds() -> None:
    rules = [proposed(points, **YEAR) for points in (2_000, 2_500)]
    outcomes = at_once(*[partial(books.confirm_rule, rule=rule, is_right=True, actor=SECOND) for rule in rules])
    assert kinds(outcomes) == ["NoneType", "RuleOverlaps"]
    assert Rule.objects.filter(state="in_force").count() == 1
