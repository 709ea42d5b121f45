"""Handing on: two people, every fen by its policy, premiums in full, and commission on its own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from besttrav.books import operations as books
from besttrav.books.models import Entry, Run, RunKind, RunState
from besttrav.kernel import clock
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import ChannelName, Difference
from besttrav.policies.models import TransactionKind
from tests.books.conftest import SECOND, Said, entered, file_of, ruled, taken, then, violations
from tests.conftest import StoppedClock
from tests.payments.conftest import CLERK

PREMIUM, COMMISSION = RunKind.PREMIUM, RunKind.COMMISSION


def proposed(kind: RunKind = PREMIUM) -> Run:
    return books.propose_run(kind=kind, insurer="heyan", until=clock.today(), actor=CLERK)


def paid(kind: RunKind = PREMIUM) -> Run:
    run = proposed(kind)
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    return run


def test_premiums_are_handed_on_in_full_and_commission_comes_on_its_own(db: None) -> None:
    ruled(2_500)
    for fen in (10_000, 20_001):
        entered(fen)
    assert paid().amount == Money(30_001)
    assert (ledger.balance(Account.INSURER_PAYABLE), ledger.balance(Account.BANK)) == (Money(30_001), Money(-30_001))
    assert paid(COMMISSION).amount == Money(7_500)
    assert (ledger.balance(Account.COMMISSION_RECEIVABLE), ledger.balance(Account.COMMISSION_BANK)) == (ZERO, Money(7_500))
    assert violations() == {}
    for kind in (PREMIUM, COMMISSION):
        with pytest.raises(books.NothingToSettle):
            proposed(kind)


def test_no_posting_reaches_from_premiums_into_commission(db: None) -> None:
    with pytest.raises(IntegrityError, match="nets premium against commission"), transaction.atomic():
        ledger.post("netted", debit=Account.INSURER_PAYABLE, credit=Account.COMMISSION_EARNED, amount=Money(1))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_run_takes_two_people_and_is_paid_once(db: None) -> None:
    entered(10_000)
    run = proposed()
    with pytest.raises(books.RunUnderWay):
        proposed()
    with pytest.raises(paying.SecondPersonNeeded):
        books.agree(run=run, is_right=True, actor=CLERK)
    with pytest.raises(books.RunMoved):
        books.pay(run=run, reference="BANK-2026-0042", actor=SECOND)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state="paid", agreed_by=CLERK.id, reference="X")
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)
    with pytest.raises(books.RunMoved):
        books.pay(run=run, reference="BANK-2026-0043", actor=CLERK)
    assert ledger.balance(Account.BANK) == Money(-10_000)
    assert violations() == {}


@pytest.mark.parametrize("is_agreed", [False, True])
def test_what_is_withdrawn_waits_for_the_next_run(db: None, is_agreed: bool) -> None:
    entered(10_000)
    run = proposed()
    if is_agreed:
        books.agree(run=run, is_right=True, actor=SECOND)
    books.agree(run=run, is_right=False, actor=CLERK)
    assert (run.state, ledger.balance(Account.BANK)) == (RunState.WITHDRAWN, ZERO)
    assert violations() == {}
    assert paid().amount == Money(10_000)
    assert violations() == {}


def test_a_surrender_after_it_was_handed_on_comes_back_in_the_next_run(db: None) -> None:
    ruled(2_500)
    policy = entered(10_000)
    paid()
    paid(COMMISSION)
    books.enter(policy=then(policy, TransactionKind.CANCEL, -10_000))
    assert (paid().amount, paid(COMMISSION).amount) == (Money(-10_000), Money(-2_500))
    assert [ledger.balance(account) for account in Account if account is not Account.FEES] == [ZERO] * (len(Account) - 1)
    assert violations() == {}


def test_what_an_insurer_states_otherwise_and_what_has_no_rule_is_left_out(db: None) -> None:
    with_rule = ruled(2_500, product="outbound")
    one, _other, later = entered(10_000), entered(20_000, slug="domestic"), entered(40_000)
    taken(file_of([Said(one.number, premium="99.99", commission="25.00"), Said(later.number, premium="400.00", commission="100.00")]))
    left = Difference.objects.filter(what="line_missing").get()
    assert paid().amount == Money(40_000)
    assert paid(COMMISSION).amount == with_rule.of(Money(40_000))

    for difference in (left, Difference.objects.get(what="premium_differs")):
        paying.propose_settlement(difference=difference, reference="TK-2026-0042", actor=CLERK)
        paying.confirm_settlement(difference=difference, is_right=True, actor=SECOND)
    assert paid().amount == Money(30_000)
    assert Entry.objects.filter(premium_run__isnull=True).count() == 0
    assert violations() == {}


def test_a_premium_does_not_wait_for_a_quarrel_over_commission(db: None) -> None:
    ruled(2_500)
    taken(file_of([Said(entered(10_000).number, premium="100.00", commission="24.99")]))
    assert paid().amount == Money(10_000)
    with pytest.raises(books.NothingToSettle):
        proposed(COMMISSION)


def test_what_comes_after_the_day_waits(db: None) -> None:
    entered(10_000, day=clock.today() - timedelta(days=1))
    entered(20_000)
    run = books.propose_run(kind=PREMIUM, insurer="heyan", until=clock.today() - timedelta(days=1), actor=CLERK)
    assert run.amount == Money(10_000)


def test_what_a_channel_paid_out_stands_at_the_bank(db: None) -> None:
    run = books.propose_payout(channel=ChannelName.WECHAT, amount=Money(5_000), until=clock.today(), actor=CLERK)
    books.agree(run=run, is_right=True, actor=SECOND)
    books.pay(run=run, reference="BANK-2026-0044", actor=CLERK)
    assert (ledger.balance(Account.BANK), ledger.balance(Account.WECHAT_CLEARING)) == (Money(5_000), Money(-5_000))
    assert violations() == {}


def test_a_run_opens_in_a_spreadsheet_and_holds_no_formula(db: None) -> None:
    ruled(2_500)
    entered(10_000, number="=HYPERLINK(1)")
    text = b"".join(books.export_run(run=proposed(), actor=CLERK)).decode("utf-8-sig")
    cells = text.splitlines()[1].split(",")
    assert cells[0] == "'=HYPERLINK(1)"
    assert cells[3:5] == ["100.00", "25.00"]


def test_a_movement_is_taken_out_with_its_time_in_beijing(db: None, stopped_clock: StoppedClock) -> None:
    stopped_clock.move_to(datetime(2026, 11, 25, 17, 30, tzinfo=UTC))
    ruled(2_500)
    entered(10_000)
    text = b"".join(books.export_account(account=Account.COMMISSION_EARNED, actor=CLERK)).decode("utf-8-sig")
    assert "2026-11-26 01:30:00" in text
