"""The statement that an insurer sends its broker: every policy issued and cancelled in a period, with what the broker earns by each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from simulators.insurer.books import Books

BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Stated:
    """One line; premium and commission are signed fen."""

    policy_no: str
    kind: str
    premium: int
    commission: int
    day: date


def stated(books: Books, account: str, basis_points: int, first: date, last: date) -> Iterator[Stated]:
    """The lines of a period, its last day included. The commission of a policy always is that of the premium it has kept so far."""
    kept: dict[str, int] = {}
    for one in books.movements(account):
        before = kept.get(one.policy_no, 0)
        kept[one.policy_no] = before + one.premium
        day = datetime.fromtimestamp(one.at, BEIJING).date()
        if first <= day <= last:
            earned = _of(kept[one.policy_no], basis_points) - _of(before, basis_points)
            yield Stated(one.policy_no, one.kind, one.premium, earned, day)


def _of(premium: int, basis_points: int) -> int:
    return (premium * basis_points + 5_000) // 10_000
