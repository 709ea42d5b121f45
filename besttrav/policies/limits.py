"""The numbers of contracts, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from besttrav.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    hours: int


@dataclass(frozen=True, slots=True)
class ComparingLimits:
    wrong_an_hour_network: int
    wrong_a_day_paper: int


@dataclass(frozen=True, slots=True)
class SurrenderLimits:
    accept_workdays: int
    missing_workdays: int
    process_workdays: int
    paid_workdays: int
    two_people_from: int
    insurer_days: int
    grace_minutes: int

    def takes_two(self, amount: Money) -> bool:
        """Whether so much goes back only after two people have looked, and one of them at who the applicant is."""
        return amount.fen >= self.two_people_from * 100


@dataclass(frozen=True, slots=True)
class Fees:
    """Per cent that the customer bears, by channel."""

    most: int
    channels: dict[str, int]

    def __post_init__(self) -> None:
        if not all(0 <= percent <= self.most for percent in self.channels.values()):
            raise ValueError(f"limits.toml: a fee on a surrender is from 0 to {self.most} per cent")

    def percent(self, channel: str) -> int:
        return self.channels[channel]


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

DOCUMENT_WITHIN = DocumentLimits(**_tables["document"])
COMPARING = ComparingLimits(**_tables["comparing"])
SURRENDER = SurrenderLimits(**_tables["surrender"])
SURRENDER_FEES = Fees(_tables["surrender_fees"].pop("most"), _tables["surrender_fees"])
