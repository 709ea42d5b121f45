"""Reading the books: where every account stands, what is open, and what each figure is made of. The caller answers for who may."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from besttrav.books.models import LIVING, Entry, Finding, Rule, RuleState, Run, RunKind, Statement
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import ZERO, Money
from besttrav.payments.accounts import Account
from besttrav.payments.models import Difference, Line
from besttrav.payments.queries import open_differences
from besttrav.sales.models import Order


@dataclass(frozen=True, slots=True)
class Position:
    """Where an account stands at the end of a day, a debit being positive, and what came and went on it."""

    account: Account
    balance: Money
    debit: Money
    credit: Money

    @property
    def amount(self) -> Money:
        return abs(self.balance)

    @property
    def side(self) -> str:
        """On which side the balance stands, in one word."""
        if not self.balance:
            return ""
        return str(pgettext("side of an account", "debit") if self.balance > ZERO else pgettext("side of an account", "credit"))


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be settled with an insurer and stands in no run: premiums, commission, and how many entries wait for a difference."""

    insurer: str
    entries: int
    premium: Money
    commission: Money
    disputed: int
    without_rule: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of an account, with the number of the order it leads to, and the run that it is."""

    line: Line
    order: str
    run: Run | None

    @property
    def amount(self) -> Money:
        return Money(self.line.fen)

    @property
    def size(self) -> Money:
        return abs(self.amount)

    @property
    def at(self) -> datetime:
        return self.line.posting.at.astimezone(BEIJING)

    @property
    def what(self) -> str:
        """The kind of effect, in words."""
        kind = self.line.posting.key.partition(":")[0]
        return str(EFFECTS.get(kind, kind))


EFFECTS: dict[str, str | Promise] = {
    "captured": _("payment received"),
    "owed": _("premium set aside for the insurer"),
    "refund": _("refund decided"),
    "refunded": _("paid back"),
    "refund_failed": _("refund failed"),
    "fees": _("fees of a channel"),
    "stray": _("money under an unknown number"),
    "stray_settled": _("money under an unknown number, settled"),
    "commission": _("commission earned or taken back"),
    "passed_on": _("commission passed on"),
    "handed_on": _("premiums handed on"),
    "commission_received": _("commission received"),
    "payout": _("paid out by the channel"),
}


def positions(day: date) -> list[Position]:
    """Every account, in the order in which they are declared; one statement."""
    start = datetime.combine(day, time(), BEIJING)
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, {"start": start, "end": start + timedelta(days=1)})
        found = {account: (int(balance), int(debit), int(credit)) for account, balance, debit, credit in cursor.fetchall()}
    return [Position(account, *map(Money, found.get(account.value, (0, 0, 0)))) for account in Account]


_POSITIONS = """
SELECT l.account, sum(l.fen), coalesce(sum(l.fen) FILTER (WHERE s.at >= %(start)s AND l.fen > 0), 0),
       coalesce(-sum(l.fen) FILTER (WHERE s.at >= %(start)s AND l.fen < 0), 0)
  FROM payments_line l JOIN payments_posting s ON s.id = l.posting_id WHERE s.at < %(end)s GROUP BY l.account
"""


def owed() -> list[Owed]:
    """By insurer, what no run holds yet; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED)
        return [
            Owed(insurer, entries, Money(int(premium)), Money(int(commission)), disputed, without_rule)
            for insurer, entries, premium, commission, disputed, without_rule in cursor.fetchall()
        ]


_OWED = """
SELECT e.insurer, count(*), coalesce(sum(e.premium_fen) FILTER (WHERE e.premium_run_id IS NULL), 0),
       coalesce(sum(e.commission_fen) FILTER (WHERE e.commission_run_id IS NULL), 0),
       count(*) FILTER (WHERE EXISTS (SELECT FROM books_finding f JOIN payments_difference d ON d.id = f.difference_id
                                       WHERE f.entry_id = e.id AND d.state <> 'settled')),
       count(*) FILTER (WHERE e.rule_id IS NULL)
  FROM books_entry e WHERE e.premium_run_id IS NULL OR e.commission_run_id IS NULL GROUP BY e.insurer ORDER BY e.insurer
"""


def movements(account: Account, *, before: int | None = None, limit: int = 100) -> list[Movement]:
    """What moved on an account, the newest first; the next page starts `before` the last line of this one."""
    lines = Line.objects.filter(account=account).select_related("posting__payment")
    if before is not None:
        lines = lines.filter(id__lt=before)
    found = list(lines.order_by("-id")[:limit])
    orders = order_numbers(line.posting.payment.order_id for line in found if line.posting.payment)
    keys = {line.posting.key.partition(":")[2] for line in found if line.posting.payment is None}
    runs = {run.number: run for run in Run.objects.filter(number__in=keys)} if keys else {}
    return [
        Movement(
            line,
            orders.get(line.posting.payment.order_id, "") if line.posting.payment else "",
            runs.get(line.posting.key.partition(":")[2]),
        )
        for line in found
    ]


def order_numbers(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of these orders; one statement, or none."""
    wanted = set(ids)
    return dict(Order.objects.filter(id__in=wanted).values_list("id", "number")) if wanted else {}


def differences() -> QuerySet[Difference]:
    """Everything with channels and insurers that is open, the oldest first, with the line it was found at."""
    return open_differences().select_related("payment", "finding__line", "finding__statement")


def living_runs() -> QuerySet[Run]:
    """Runs that wait for a person, the oldest first."""
    return Run.objects.filter(state__in=LIVING).order_by("proposed_at")


class Waiting(NamedTuple):
    """Something that waits for finance."""

    since: datetime


def waiting_for_finance() -> list[Waiting]:
    """What insurers state otherwise, runs and proposed rules; whatever has waited longest comes first."""
    found = [
        *open_differences().exclude(insurer="").values_list("found_at", flat=True),
        *living_runs().values_list("proposed_at", flat=True),
        *Rule.objects.filter(state=RuleState.PROPOSED).values_list("proposed_at", flat=True),
    ]
    return [Waiting(since) for since in sorted(found)]


def entries_of(run: Run) -> QuerySet[Entry]:
    """What a run is made of, in the order of the days."""
    entries = run.premiums if run.kind == RunKind.PREMIUM else run.commissions
    return entries.select_related("policy", "payment").order_by("day", "id")


def findings_of(statement: Statement) -> QuerySet[Finding]:
    """The differences of a statement by their place in the file; what is missing in it comes last."""
    return statement.findings.select_related("difference", "line", "entry__payment").order_by("line__place", "id")


def rules() -> QuerySet[Rule]:
    """Every rule, by insurer and product, from the newest period on."""
    return Rule.objects.order_by("insurer", "product", "partner", "-first_day")
