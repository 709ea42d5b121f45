"""Finance at a glance: both halves of the ledger, what is owed to whom, and what is open by its age."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from besttrav.books import queries
from besttrav.books.models import Run
from besttrav.books.queries import Owed, Position
from besttrav.kernel.money import ZERO, Money
from besttrav.payments.accounts import Account
from besttrav.payments.models import Difference

SHOWN = 200
AGES = (1, 3, 7)
_HAVE = (Account.WECHAT_CLEARING, Account.ALIPAY_CLEARING, Account.BANK, Account.FEES)


@dataclass(frozen=True, slots=True)
class Half:
    """The accounts of customers' money, or of commission: they add up to nothing, each half by itself."""

    title: str
    positions: list[Position]

    @property
    def balance(self) -> Money:
        return sum((one.balance for one in self.positions), ZERO)


@dataclass(frozen=True)
class FinancePage:
    day: date
    now: datetime

    @cached_property
    def positions(self) -> list[Position]:
        return queries.positions(self.day)

    @property
    def halves(self) -> list[Half]:
        premium = [one for one in self.positions if not one.account.is_of_commission]
        commission = [one for one in self.positions if one.account.is_of_commission]
        return [Half(_("Customers' money"), premium), Half(_("Commission"), commission)]

    @property
    def have(self) -> Money:
        """What channels and the bank hold of customers' money, the channels' fees included."""
        return sum((one.balance for one in self.positions if one.account in _HAVE), ZERO)

    @property
    def owe(self) -> list[Position]:
        """For whom it is held; what is owed to insurers is told even where it is nothing."""
        held = [one for one in self.positions if not one.account.is_of_commission and one.account not in _HAVE]
        return [one for one in held if one.balance or one.account is Account.INSURER_PAYABLE]

    @cached_property
    def owed(self) -> list[Owed]:
        return queries.owed()

    @cached_property
    def runs(self) -> list[Run]:
        return list(queries.living_runs())

    @cached_property
    def differences(self) -> list[Difference]:
        return list(queries.differences()[: SHOWN + 1])

    @property
    def shown(self) -> list[tuple[Difference, str, Money | None]]:
        """Each with the number of its order, and by how much the books differ."""
        return [(one, self._orders.get(one.payment.order_id, "") if one.payment else "", _off(one)) for one in self.differences[:SHOWN]]

    @property
    def is_cut(self) -> bool:
        return len(self.differences) > SHOWN

    @property
    def ages(self) -> list[tuple[str, int]]:
        """How many differences are how old."""
        borders = [timedelta(days=days) for days in AGES]
        counts = [0] * (len(borders) + 1)
        for one in self.differences:
            counts[sum(self.now - one.found_at >= border for border in borders)] += 1
        words = [_("under a day"), _("1 to 3 days"), _("3 to 7 days"), _("over a week")]
        return list(zip(words, counts, strict=True))

    @cached_property
    def _orders(self) -> dict[UUID, str]:
        return queries.order_numbers(one.payment.order_id for one in self.differences if one.payment)


def _off(one: Difference) -> Money | None:
    """Theirs less ours, where both or either say an amount."""
    if one.fen_here is None and one.fen_there is None:
        return None
    return Money((one.fen_there or 0) - (one.fen_here or 0))
