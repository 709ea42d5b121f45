"""From a transaction of a policy to its entry, with the commission it earns or takes back."""

from datetime import date
from functools import partial
from uuid import UUID

from django.db.models import Q

from besttrav.books import actions
from besttrav.books.models import Entry, Rule, RuleState
from besttrav.journal.operations import record, together
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.jobs import each
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.policies.models import Policy, PolicyTransaction
from besttrav.sales.models import Order

BOOKKEEPER = Actor.job("books.enter")
IN_ONE_RUN = 500


def enter(*, policy: Policy, partner: str = "") -> int:
    """Enter what of this policy is not in the books yet, and say how much it was. A second call enters nothing.

    `partner` brought the sale and is paid of the commission, by a rule of its own.
    """
    with together():
        policy = Policy.objects.select_for_update(of=("self",)).select_related("version__product").get(pk=policy.pk)
        left = list(PolicyTransaction.objects.filter(policy=policy, entry__isnull=True).order_by("number"))
        known = _entries_of(policy)
        for one in left:
            known.append(_entered(policy, one, known, known[0].partner if known else partner))
    return len(left)


def enter_missing() -> int:
    """Enter what nobody told us of, or whose job was lost; called by the clock. Says how many policies.

    One that fails keeps no other from its turn.
    """
    left = PolicyTransaction.objects.filter(entry__isnull=True).order_by("at").values_list("policy", flat=True)
    found = list(dict.fromkeys(left[:IN_ONE_RUN]))
    each(partial(enter, policy=policy) for policy in Policy.objects.filter(id__in=found))
    return len(found)


def accrue(*, rule: Rule) -> int:
    """A rule came into force: the commission of what was entered before it, and has none yet. Says how many policies."""
    waiting = Entry.objects.filter(insurer=rule.insurer, rule__isnull=True, day__gte=rule.first_day)
    if rule.product:
        waiting = waiting.filter(policy__version__product__slug=rule.product)
    policies = list(waiting.order_by().values_list("policy", flat=True).distinct())
    return sum(_accrued(policy) for policy in policies)


def _accrued(policy_id: UUID) -> bool:
    with together():
        policy = Policy.objects.select_for_update(of=("self",)).select_related("version__product").get(pk=policy_id)
        entries = _entries_of(policy)
        rule = _rule_of(policy, entries[0].day)
        if rule is None or all(entry.rule_id for entry in entries):
            return False
        for place, entry in enumerate(entries):
            if entry.rule_id is None:
                _earn(entry, entries[:place], rule, _rule_of(policy, entries[0].day, entry.partner) if entry.partner else None)
                entry.save(update_fields=["rule", "commission_fen", "passed_on_fen"])
                _post(entry)
                record(actions.ACCRUED, about=entry, actor=BOOKKEEPER, subject=policy.subject, commission=entry.commission_fen)
    return True


def _entries_of(policy: Policy) -> list[Entry]:
    return list(Entry.objects.filter(policy=policy).select_related("rule", "payment").order_by("transaction__number"))


def _entered(policy: Policy, one: PolicyTransaction, before: list[Entry], partner: str) -> Entry:
    day = one.at.astimezone(BEIJING).date()
    entry = Entry(
        transaction=one,
        policy=policy,
        insurer=policy.insurer,
        kind=one.kind,
        day=day,
        payment_id=before[0].payment_id if before else _payment_of(policy),
        premium_fen=one.premium_fen,
        partner=partner,
    )
    issued = before[0].day if before else day
    rule = before[0].rule if before else _rule_of(policy, issued)
    if rule:
        _earn(entry, before, rule, _rule_of(policy, issued, partner) if partner else None)
    entry.save(force_insert=True)
    _post(entry)
    facts = {"kind": entry.kind, "fen": entry.premium_fen, "commission": entry.commission_fen}
    record(actions.ENTERED, about=entry, actor=BOOKKEEPER, subject=policy.subject, **facts)
    return entry


def _payment_of(policy: Policy) -> UUID | None:
    return Order.objects.filter(application__contract=policy.contract).values_list("payment", flat=True).first()


def _rule_of(policy: Policy, day: date, partner: str = "") -> Rule | None:
    """The rule of the day of issue; a product's own goes before the one for all."""
    rules = Rule.objects.filter(insurer=policy.insurer, partner=partner, state=RuleState.IN_FORCE, first_day__lte=day, last_day__gte=day)
    return rules.filter(Q(product="") | Q(product=policy.version.product.slug)).order_by("-product").first()


def _earn(entry: Entry, before: list[Entry], rule: Rule, partners: Rule | None) -> None:
    """What a policy earned always is the commission of the premium it has kept: so a surrender takes back exactly what was given."""
    kept = sum((one.premium for one in before), entry.premium)
    entry.rule = rule
    entry.commission_fen = rule.of(kept).fen - sum(one.commission_fen for one in before)
    if partners:
        entry.passed_on_fen = partners.of(kept).fen - sum(one.passed_on_fen for one in before)


def _post(entry: Entry) -> None:
    _posted(f"commission:{entry.id}", Account.COMMISSION_RECEIVABLE, Account.COMMISSION_EARNED, entry.commission, entry)
    _posted(f"passed_on:{entry.id}", Account.COMMISSION_PASSED_ON, Account.COMMISSION_PAYABLE, Money(entry.passed_on_fen), entry)


def _posted(key: str, debit: Account, credit: Account, amount: Money, entry: Entry) -> None:
    if amount < ZERO:
        debit, credit = credit, debit
    if amount:
        ledger.post(key, debit=debit, credit=credit, amount=abs(amount), payment=entry.payment)
