"""The numbers of signing in, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CodeLimits:
    digits: int
    life: int
    tries: int
    tries_a_day: int
    tries_in_a_row: int
    resend_first: int
    resend_longest: int
    sent_an_hour: int
    sent_a_day: int
    sent_an_hour_network: int
    tries_an_hour_network: int
    sent_a_day_segment: int

    def wait_after(self, sent: int) -> timedelta:
        """How long to wait before the next code when `sent` are unanswered: 60 s, then doubling up to 32 min."""
        return timedelta(seconds=min(self.resend_first * 2 ** max(sent - 1, 0), self.resend_longest))


@dataclass(frozen=True, slots=True)
class CustomerLimits:
    idle: int
    absolute: int
    step_up: int
    silent_days: int
    device_days: int
    settling: int


@dataclass(frozen=True, slots=True)
class StaffLimits:
    idle: int
    absolute: int
    step_up: int
    tries: int
    pause: int
    reveal_shown: int
    reveals_an_hour: int
    searches_an_hour: int
    codes_in_a_row: int
    wrong_an_hour_network: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

CODE = CodeLimits(**_tables["code"])
CUSTOMER = CustomerLimits(**_tables["customer"])
STAFF = StaffLimits(**_tables["staff"])
