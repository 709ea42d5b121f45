"""Random lives of policies, with all that can go wrong with their money: the ledger balances at every step, and each fen has its place."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from besttrav.books import operations as books
from besttrav.books.models import Entry, Run, RunKind, RunState
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import ledger
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.models import Difference, Line, Payment, PaymentState
from besttrav.policies.models import Policy, PolicyTransaction, TransactionKind
from besttrav.sales.models import Application, Order, OrderState
from tests.books.conftest import SECOND, Said, file_of, issued, ruled, taken, then, violations
from tests.cashiers import Cashier
from tests.conftest import StoppedClock
from tests.payments.conftest import BUYER, CLERK
from tests.payments.test_any_order import Day

Drain = Callable[[], int]
WORDS = {"issue": "承保", "endorse": "批改", "renew": "续保", "cancel": "退保", "reinstate": "复效"}


def bought(policy: Policy, payment: Payment) -> None:
    """The sale behind it, as far as money asks."""
    application = Application.objects.create(
        contract=policy.contract, version=policy.version, holder=new_id(), browser_sha256="0" * 64, language="zh-hans", plan=policy.plan
    )
    Order.objects.create(
        id=payment.order_id, number=policy.number[-20:], application=application, subject=policy.subject, premium_fen=payment.captured_fen,
        state=OrderState.ISSUED, pay_by=clock.now(), payment=payment.id,
    )  # fmt: skip


def kept(policy: Policy) -> int:
    return sum(PolicyTransaction.objects.filter(policy=policy).values_list("premium_fen", flat=True))


def settle(dice: random.Random) -> None:
    """Somebody in finance is at it: gathers, agrees, withdraws, pays."""
    runs = list(Run.objects.filter(state__in=[RunState.PROPOSED, RunState.AGREED]))
    if not runs or dice.random() < 0.4:
        books.propose_run(kind=dice.choice([RunKind.PREMIUM, RunKind.COMMISSION]), insurer="heyan", until=clock.today(), actor=CLERK)
        return
    run = dice.choice(runs)
    if dice.random() < 0.2:
        books.agree(run=run, is_right=False, actor=CLERK)
    elif run.state == RunState.PROPOSED:
        books.agree(run=run, is_right=True, actor=SECOND)
    else:
        books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)


def settle_all() -> None:
    """Everything that is under way and everything that is left."""
    for kind in (RunKind.PREMIUM, RunKind.COMMISSION):
        for _ in range(2):
            try:
                books.propose_run(kind=kind, insurer="heyan", until=clock.today() + timedelta(days=400), actor=CLERK)
            except Refusal:
                pass  # One is under way, or nothing is left.
            for run in Run.objects.filter(kind=kind, state__in=[RunState.PROPOSED, RunState.AGREED]):
                if run.state == RunState.PROPOSED:
                    books.agree(run=run, is_right=True, actor=SECOND)
                books.pay(run=run, reference="BANK-2026-0042", actor=CLERK)


def lines_of_the_insurer(points: int) -> list[Said]:
    """What the insurer's own books say of every transaction: worked out anew, not read from ours."""
    before: dict[str, int] = defaultdict(int)
    lines = []
    for one in PolicyTransaction.objects.select_related("policy").order_by("policy", "number"):
        was = before[one.policy.number]
        before[one.policy.number] = now = was + one.premium_fen
        earned = (now * points + 5_000) // 10_000 - (was * points + 5_000) // 10_000
        day = str(one.at.astimezone(clock.BEIJING).date())
        lines.append(Said(one.policy.number, WORDS[one.kind], yuan(one.premium_fen), yuan(earned), day))
    return lines


def yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def stated(lines: list[Said]) -> None:
    days = [one.day for one in lines]
    first, last = (date.fromisoformat(day) for day in (min(days), max(days)))
    taken(file_of(lines), first=first, last=last)


class Finance(Day):
    """A day of buyers and channels, in which what was paid for is issued, changed, surrendered and settled with the insurer."""

    def step(self) -> None:
        try:
            if self.dice.random() < 0.5:
                self.dice.choice([self.issue, self.issue, self.surrender, self.surrender, self.settle, self.settle])()
                return
        except Refusal:
            return
        super().step()

    def issue(self) -> None:
        self.drain()
        issued_for = Order.objects.values("payment")
        free = list(Payment.objects.filter(state=PaymentState.CAPTURED, refunding_fen=0).exclude(id__in=issued_for))
        if free:
            payment = self.dice.choice(free)
            with transaction.atomic():
                policy = issued(payment.captured_fen)
                bought(policy, payment)
                paying.owe_insurer(payment_id=payment.id, because="issued", actor=CLERK)

    def later(self, seconds: int = 0) -> None:
        """Nobody told the books of anything: the clock finds it."""
        super().later(seconds)
        books.enter_missing()

    def refund(self) -> None:
        """What is issued goes back by a surrender only."""
        payments = Payment.objects.filter(captured_fen__gt=0).exclude(id__in=Order.objects.values("payment"))
        if found := list(payments):
            amount = Money(self.dice.choice([1, 100, found[0].captured_fen]))
            paying.refund(payment=self.dice.choice(found), amount=amount, decision=new_id(), because="cancelled", actor=CLERK)

    def surrender(self) -> None:
        policies = [policy for policy in Policy.objects.all() if kept(policy) > 0]
        if policies:
            policy = self.dice.choice(policies)
            left = kept(policy)
            fen = self.dice.choice([left, max(1, left // 3), 1])
            payment = Payment.objects.get(id__in=Order.objects.filter(application__contract=policy.contract).values("payment"))
            with transaction.atomic():
                then(policy, TransactionKind.CANCEL, -fen)
                paying.refund(payment=payment, amount=Money(fen), decision=new_id(), because="surrendered", actor=BUYER)

    def settle(self) -> None:
        settle(self.dice)

    def come_to_rest(self) -> None:
        super().come_to_rest()
        settle_all()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 100))])
def test_with_buyers_channels_and_finance_in_any_order_every_fen_has_its_place(
    cashiers: dict[str, Cashier], drain: Drain, stopped_clock: StoppedClock, seed: int
) -> None:
    ruled(2_500)
    day = Finance(seed, cashiers, drain, stopped_clock)
    day.open()
    day.work()
    day.issue()
    for _ in range(60):
        day.step()
        assert violations() == {}
    day.come_to_rest()

    assert violations() == {}
    assert Entry.objects.exists(), "nothing was issued"
    handed_on = sum(Run.objects.filter(kind=RunKind.PREMIUM, state=RunState.PAID).values_list("fen", flat=True))
    assert handed_on == sum(Entry.objects.values_list("premium_fen", flat=True)), "the insurer has what it is owed, to the fen"
    back_again = sum(Payment.objects.values_list("refunding_fen", flat=True))
    waiting = -sum((ledger.balance(account).fen for account in (Account.UNAPPLIED, Account.PREMIUM_HELD, Account.INSURER_PAYABLE)), 0)
    assert sum(Payment.objects.values_list("captured_fen", flat=True)) == back_again + handed_on + waiting
    stated(lines_of_the_insurer(2_500))
    assert not Difference.objects.exclude(insurer="").exists()


@pytest.mark.parametrize("policies", [40, pytest.param(10_000, marks=pytest.mark.soak)])
def test_lives_of_many_policies_are_settled_to_the_fen_and_stated_faults_are_all_found(
    db: None, stopped_clock: StoppedClock, policies: int
) -> None:
    dice = random.Random(policies)
    ruled(1_777)
    for place in range(policies):
        policy = issued(dice.randrange(1, 500_000), number=f"HA2026{place:09}")
        for _ in range(dice.choice([0, 0, 1, 2, 4])):
            live_on(policy, dice)
        books.enter(policy=policy)
        if place % max(policies // 20, 1) == 0:
            try:
                settle(dice)
            except Refusal:
                pass  # Nothing is owed, or a run is under way.
            assert violations() == {}
    settle_all()

    commission = sum((kept(policy) * 1_777 + 5_000) // 10_000 for policy in Policy.objects.all())
    premium = sum(PolicyTransaction.objects.values_list("premium_fen", flat=True))
    assert ledger.balance(Account.COMMISSION_BANK) == Money(commission)
    assert ledger.balance(Account.BANK) == Money(-premium)
    for account in Account:
        assert sum(Line.objects.filter(account=account).values_list("fen", flat=True)) == ledger.balance(account).fen
    lines = lines_of_the_insurer(1_777)
    stated([*with_faults(lines, dice)])
    found = sorted(Difference.objects.values_list("what", flat=True))
    assert found == ["commission_differs", "line_foreign", "line_missing", "line_twice", "premium_differs"]
    assert violations() == {}


def live_on(policy: Policy, dice: random.Random) -> None:
    """A change, a part surrender, a renewal, the end of it, or its return."""
    left = kept(policy)
    kind = dice.choice(["endorse", "renew", "cancel", "cancel"]) if left else "reinstate"
    fen: Any = {"cancel": lambda: -dice.choice([left, max(1, left // 2)]), "endorse": lambda: dice.choice([900, -min(left, 700)])}
    then(policy, TransactionKind(kind), fen.get(kind, lambda: dice.randrange(1, 90_000))())


def with_faults(lines: list[Said], dice: random.Random) -> list[Said]:
    """One line of each kind of fault, each about another policy that has one line only."""
    counted = Counter(one.number for one in lines)
    single = [place for place, one in enumerate(lines) if counted[one.number] == 1][:4]
    missing, twice, premium, commission = single
    changed = list(lines)
    changed[premium] = lines[premium]._replace(premium=yuan(99_999_999))
    changed[commission] = lines[commission]._replace(commission=yuan(99_999_999))
    changed += [lines[twice], Said("HB2026999999999", day=lines[0].day)]
    del changed[missing]
    dice.shuffle(changed)
    return changed
