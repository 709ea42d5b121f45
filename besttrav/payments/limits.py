"""The numbers of paying, read once from `limits.toml`, where each has its source beside it."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    refund_days: int
    refunds_most: int
    refund_pause: int
    number_most: int
    description_most: int
    code_life: int
    link_life: int

    def may_refund_until(self, paid_at: datetime) -> datetime:
        """The first moment at which the channel refunds a payment of that moment no more."""
        return paid_at + timedelta(days=self.refund_days)


@dataclass(frozen=True, slots=True)
class Asking:
    """When to ask about what is not settled. After the last step of a list comes its last step again."""

    after: list[int]
    slack: int
    close_again: int
    page_pause: int
    refund_after: list[int]
    absent_after: int
    person_after: int
    bill_days: int
    callback_after: int

    def payment_again(self, asks: int) -> timedelta:
        """From the beginning of a payment to its next question, when `asks` were put already."""
        return timedelta(seconds=self.after[min(asks, len(self.after) - 1)])

    def refund_again(self, asks: int) -> timedelta:
        """From now to the next question about a refund."""
        return timedelta(seconds=self.refund_after[min(asks, len(self.refund_after) - 1)])


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))
_asking = _tables.pop("asking")

CHANNELS = {name: ChannelLimits(**table) for name, table in _tables.items()}
ASKING = Asking(**_asking)
