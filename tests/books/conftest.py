"""Policies to be entered, rules, and the files of insurers. A policy is a row with its transactions here: its sale is another story."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from besttrav.books import operations as books
from besttrav.books.models import RoundingName, Rule, Statement
from besttrav.catalogue.models import Product, ProductVersion
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.ids import new_id
from besttrav.policies.models import Policy, PolicyTransaction, TransactionKind
from besttrav.privacy import invariants
from tests.payments.conftest import CLERK

YEAR: dict[str, Any] = {"first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}
SECOND = Actor.staff(id=new_id(), number="0418", roles=frozenset({"finance"}))
ASKED: tuple[str, ...] = ("every_posting", "premiums_and_commission", "every_payment_", "every_captured_", "every_channel_")
ASKED += ("every_transaction_is_entered", "every_commission", "every_run", "what_is_owed", "every_statement", "one_rule", "every_rule")


def violations() -> dict[str, list[str]]:
    """What does not hold of money and of the books."""
    return invariants.violations(but=[name for name in invariants.names() if not name.startswith(ASKED)])


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BEIJING)


def version(slug: str = "outbound") -> ProductVersion:
    product, _is_new = Product.objects.get_or_create(slug=slug)
    known = ProductVersion.objects.filter(product=product).first()
    return known or ProductVersion.objects.create(product=product, number=1, document="{}", digest="0" * 64)


def issued(premium: int = 12_345, *, insurer: str = "heyan", number: str = "", slug: str = "outbound", day: date | None = None) -> Policy:
    """A policy with its first transaction, not entered yet; of this moment unless a day is wished."""
    first_day, at = day or clock.today(), noon(day) if day else clock.now()
    policy = Policy.objects.create(
        contract=new_id(), subject=new_id(), file=new_id(), insurer=insurer, number=number or f"HA2026{secrets.randbelow(10**9):09}",
        version=version(slug), plan="basic", area="asia", first_day=first_day, last_day=first_day + timedelta(days=7), premium_fen=premium,
        secret=secrets.token_bytes(16), code=secrets.token_hex(8).upper(), issued_at=at,
    )  # fmt: skip
    return then(policy, TransactionKind.ISSUE, premium, day)


def then(policy: Policy, kind: TransactionKind, premium: int, day: date | None = None) -> Policy:
    """What was agreed about it next."""
    number = PolicyTransaction.objects.filter(policy=policy).count() + 1
    at = noon(day) if day else clock.now()
    PolicyTransaction.objects.create(policy=policy, number=number, kind=kind, premium_fen=premium, at=at)
    return policy


def entered(premium: int = 12_345, **wishes: Any) -> Policy:
    policy = issued(premium, **wishes)
    books.enter(policy=policy)
    return policy


def proposed(points: int = 2_500, **wishes: Any) -> Rule:
    """A rule of heyan's for this year and the next, unless something else is wished."""
    today = clock.today()
    plain: dict[str, Any] = {
        "insurer": "heyan", "product": "", "partner": "", "rounding": RoundingName.HALF_UP, "actor": CLERK,
        "first_day": today.replace(month=1, day=1), "last_day": today.replace(year=today.year + 1, month=12, day=31),
    }  # fmt: skip
    return books.propose_rule(points=points, **plain | wishes)


def ruled(points: int = 2_500, **wishes: Any) -> Rule:
    """Two people put it in force."""
    if product := wishes.get("product"):
        version(product)
    rule = proposed(points, **wishes)
    books.confirm_rule(rule=rule, is_right=True, actor=SECOND)
    return rule


class Said(NamedTuple):
    """One line of a file, in yuan as text."""

    number: str
    kind: str = "承保"
    premium: str = "123.45"
    commission: str = "30.86"
    day: str = ""


HEAD = "序号,保单号,业务类型,保费（元）,经纪费（元）,业务日期,出单日期"


def file_of(lines: Iterable[Said], head: str = HEAD) -> bytes:
    """As heyan writes it; the head is line 1."""
    rows = [
        f"{place},{one.number},{one.kind},{one.premium},{one.commission},{one.day or clock.today()},{clock.today()}"
        for place, one in enumerate(lines, start=1)
    ]
    return "\r\n".join([head, *rows, ""]).encode("utf-8-sig")


def taken(content: bytes, *, insurer: str = "heyan", first: date | None = None, last: date | None = None) -> Statement:
    """Of today, unless other days are named."""
    today = clock.today()
    return books.take_statement(insurer=insurer, first_day=first or today, last_day=last or today, content=content, actor=CLERK)
