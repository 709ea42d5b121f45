"""Commission rules, one entry per transaction of a policy, what insurers state, and the runs by which money is handed on.

Nothing here says who is insured. A figure leads to a policy or a payment by its random id, and from there to the order.
"""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.books.actions import RULE_MOVED, RUN_MOVED
from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money, Rounding
from besttrav.payments.models import Difference, Payment
from besttrav.policies.models import Policy, PolicyTransaction, TransactionKind
from besttrav.privacy.fields import Plain

WHOLE = 10_000
"""Basis points of a whole."""


class RuleState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("rule", "to be confirmed by another person")
    IN_FORCE = "in_force", pgettext_lazy("rule", "in force")
    REFUSED = "refused", pgettext_lazy("rule", "not confirmed")


RULE_MOVES = {
    RuleState.PROPOSED: {RuleState.IN_FORCE, RuleState.REFUSED},
    RuleState.IN_FORCE: set[RuleState](),
    RuleState.REFUSED: set[RuleState](),
}


class RoundingName(models.TextChoices):
    """The roundings of `kernel.money`, as agreements call them."""

    HALF_UP = "half_up", _("half a fen and more rounds up")
    HALF_EVEN = "half_even", _("half a fen rounds to the even fen")
    DOWN = "down", _("down to a whole fen")
    UP = "up", _("up to a whole fen")


class Rule(models.Model):
    """What an insurer pays us of a premium, or with `partner` what we pass on of it, for policies issued in a period; both days included.

    Without `product` it is for all that have no rule of their own.
    """

    MOVES, MOVED = RULE_MOVES, RULE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    product = Plain("a product's name in addresses", models.CharField(max_length=60, blank=True, default=""))
    partner = Plain("code of a partner", models.CharField(max_length=40, blank=True, default=""))
    first_day = Plain("first day of an agreement", models.DateField())
    last_day = Plain("last day of an agreement", models.DateField())
    points = models.PositiveIntegerField()
    rounding = Plain("a word of ours", models.CharField(max_length=10, choices=RoundingName.choices, default=RoundingName.HALF_UP))
    state = Plain("state of a rule", models.CharField(max_length=10, choices=RuleState.choices, default=RuleState.PROPOSED))
    proposed_at = models.DateTimeField(default=clock.now)
    proposed_by = models.UUIDField()
    confirmed_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("commission rule")
        constraints = [
            models.CheckConstraint(condition=Q(points__lte=WHOLE), name="books_no_more_than_the_premium"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="books_rule_lasts"),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(confirmed_by__isnull=False) & ~Q(proposed_by=F("confirmed_by")),
                name="books_rule_takes_two",
            ),
        ]

    @property
    def percent(self) -> Decimal:
        return Decimal(self.points) / 100

    def of(self, premium: Money) -> Money:
        """The commission of a premium, rounded once."""
        return premium.times(Decimal(self.points) / WHOLE, Rounding[self.rounding.upper()])


class RunKind(models.TextChoices):
    """What is settled. Premium and commission never meet in one run; a payout is what a channel paid into our premium account."""

    PREMIUM = "premium", _("premiums handed on to an insurer")
    COMMISSION = "commission", _("commission received from an insurer")
    PAYOUT = "payout", _("money a channel paid out to us")


class RunState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("run", "to be agreed by another person")
    AGREED = "agreed", pgettext_lazy("run", "agreed, to be paid")
    PAID = "paid", pgettext_lazy("run", "paid")
    WITHDRAWN = "withdrawn", pgettext_lazy("run", "withdrawn")


RUN_MOVES = {
    RunState.PROPOSED: {RunState.AGREED, RunState.WITHDRAWN},
    RunState.AGREED: {RunState.PAID, RunState.WITHDRAWN},
    RunState.PAID: set[RunState](),
    RunState.WITHDRAWN: set[RunState](),
}
LIVING = [RunState.PROPOSED, RunState.AGREED]


class Run(models.Model):
    """Everything that is to be settled with one party up to a day: proposed by one, agreed by another, then paid at the bank.

    `fen` is what we pay for premiums and what we get for the other kinds; below nothing it goes the other way.
    """

    MOVES, MOVED = RUN_MOVES, RUN_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = Plain("our reference of a run", models.CharField(max_length=20, unique=True))
    kind = Plain("kind of a run", models.CharField(max_length=10, choices=RunKind.choices))
    party = Plain("code of an insurer or a channel", models.CharField(max_length=40))
    until = Plain("last day that is settled", models.DateField())
    fen = models.BigIntegerField()
    state = Plain("state of a run", models.CharField(max_length=10, choices=RunState.choices, default=RunState.PROPOSED))
    reference = Plain("number of the transfer at our bank", models.CharField(max_length=64, blank=True, default=""))
    proposed_at = models.DateTimeField(default=clock.now)
    proposed_by = models.UUIDField()
    agreed_by = models.UUIDField(null=True)
    paid_by = models.UUIDField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("settlement run")
        constraints = [
            models.UniqueConstraint(fields=["kind", "party"], condition=Q(state__in=LIVING), name="books_one_run_at_a_time"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "withdrawn"]) | Q(agreed_by__isnull=False) & ~Q(proposed_by=F("agreed_by")),
                name="books_run_takes_two",
            ),
            models.CheckConstraint(condition=Q(state="paid") & ~Q(reference="") | ~Q(state="paid"), name="books_paid_by_a_transfer"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.fen)

    @property
    def size(self) -> Money:
        """Whichever way it goes."""
        return abs(self.amount)

    @property
    def key(self) -> str:
        """Under which the ledger knows it."""
        return f"{_KEYS[self.kind]}:{self.number}"


_KEYS = {RunKind.PREMIUM.value: "handed_on", RunKind.COMMISSION.value: "commission_received", RunKind.PAYOUT.value: "payout"}


class Entry(models.Model):
    """One transaction of a policy as finance sees it: what it brings the insurer and what it earns us, signed.

    `day` is the day in Beijing. `rule` is that of the day of issue, and None while nobody has agreed on one.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    transaction = models.OneToOneField(PolicyTransaction, models.PROTECT, related_name="entry")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="entries")
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    kind = Plain("kind of a transaction", models.CharField(max_length=10, choices=TransactionKind.choices))
    day = Plain("day of a transaction", models.DateField())
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="+")
    premium_fen = models.BigIntegerField()
    rule = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+")
    commission_fen = models.BigIntegerField(default=0)
    partner = Plain("code of a partner", models.CharField(max_length=40, blank=True, default=""))
    passed_on_fen = models.BigIntegerField(default=0)
    premium_run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="premiums")
    commission_run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="commissions")
    entered_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("entry of a policy in the books")
        constraints = [
            models.CheckConstraint(
                condition=Q(rule__isnull=False) | Q(commission_fen=0, commission_run__isnull=True), name="books_no_rule_no_commission"
            )
        ]
        indexes = [
            models.Index(fields=["insurer", "day"], name="books_entries_of_insurer"),
            models.Index(fields=["insurer"], condition=Q(premium_run__isnull=True), name="books_premiums_left"),
            models.Index(fields=["insurer"], condition=Q(commission_run__isnull=True), name="books_commissions_left"),
        ]

    @property
    def premium(self) -> Money:
        return Money(self.premium_fen)

    @property
    def commission(self) -> Money:
        return Money(self.commission_fen)


class Statement(models.Model):
    """A file in which an insurer says what happened in a period, taken whole; both days included."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    first_day = Plain("first day of a statement", models.DateField())
    last_day = Plain("last day of a statement", models.DateField())
    digest = Plain("SHA-256 of the file", models.CharField(max_length=64, unique=True))
    lines = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    premium_fen = models.BigIntegerField(default=0)
    commission_fen = models.BigIntegerField(default=0)
    taken_at = models.DateTimeField(default=clock.now)
    taken_by = models.UUIDField()

    class Meta:
        verbose_name = _("statement of an insurer")

    @property
    def premium(self) -> Money:
        return Money(self.premium_fen)

    @property
    def commission(self) -> Money:
        return Money(self.commission_fen)


class StatementLine(models.Model):
    """One line of a statement, by its place in the file, and the entry of ours it is about; no entry is stated twice."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="told")
    place = models.PositiveIntegerField()
    number = Plain("the insurer's number of a contract", models.CharField(max_length=60))
    kind = Plain("kind of a transaction", models.CharField(max_length=10, choices=TransactionKind.choices))
    premium_fen = models.BigIntegerField()
    commission_fen = models.BigIntegerField()
    day = Plain("day of a transaction", models.DateField())
    entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="line")

    class Meta:
        verbose_name = _("line of an insurer's statement")
        constraints = [models.UniqueConstraint(fields=["statement", "place"], name="books_a_line_has_its_place")]


class Finding(models.Model):
    """Where a difference with an insurer was found: in which statement, at which line, about which entry."""

    difference = models.OneToOneField(Difference, models.PROTECT, related_name="finding")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="findings")
    line = models.ForeignKey(StatementLine, models.PROTECT, null=True, related_name="findings")
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="findings")

    class Meta:
        verbose_name = _("difference found in a statement")
