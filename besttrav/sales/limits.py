"""The numbers of the sale, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DraftLimits:
    begun_a_day: int
    begun_an_hour_network: int
    most_people: int


@dataclass(frozen=True, slots=True)
class OrderLimits:
    pay_minutes: int
    close_minutes: int
    issue_minutes: int
    insurer_patience: int


@dataclass(frozen=True, slots=True)
class VisitLimits:
    minutes: int
    digits: int
    wrong_digits: int
    wrong_digits_a_day: int


@dataclass(frozen=True, slots=True)
class SignatureLimits:
    least_strokes: int
    most_length: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

DRAFT = DraftLimits(**_tables["draft"])
ORDER = OrderLimits(**_tables["order"])
VISIT = VisitLimits(**_tables["visit"])
SIGNATURE = SignatureLimits(**_tables["signature"])
