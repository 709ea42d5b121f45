"""The numbers of signing in, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CodeLimits:
    digits: int
    life: int
    tries: int
    tries_a_day: int
    tries_in_a_row: int
    tries_in_a_row_at_home: int
    resend_first: int
    resend_longest: int
    resend_jitter: float
    sent_an_hour: int
    sent_a_day: int
    sent_an_hour_network: int
    sent_an_hour_browser: int
    tries_a_day_network: int
    tries_an_hour_network: int
    sent_a_day_segment: int

    def wait_after(self, sent: int) -> timedelta:
        """How long to wait before the next code when `sent` are unanswered: 60 s, then doubling up to 32 min."""
        return timedelta(seconds=min(self.resend_first * 2 ** max(sent - 1, 0), self.resend_longest))

    def jittered_wait_after(self, sent: int, last: datetime) -> timedelta:
        """The same, from the second on somewhat longer. The moment of the last code is the dice, so that asking twice tells the same."""
        longer = self.resend_jitter * last.microsecond / 1_000_000 if sent > 1 else 0.0
        return self.wait_after(sent) * (1 + longer)


@dataclass(frozen=True, slots=True)
class WatchLimits:
    answered_share: float
    answered_over: int
    spent_share: float
    reserved_share: float
    wrong_share: float
    wrong_over: int
    wait: int
    wait_longest: int
    wait_counts: int
    waiting_an_hour_network: int
    repeats: int

    def wait_as(self, place: int) -> timedelta:
        """How long whoever is the `place`th of a network within an hour waits before a code leaves."""
        return timedelta(seconds=min(self.wait * place, self.wait_longest))


@dataclass(frozen=True, slots=True)
class ReopeningLimits:
    a_day: int
    an_hour_staff: int


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


@dataclass(frozen=True, slots=True)
class TravellerLimits:
    most: int
    notice_days: int
    guarded_below: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

CODE = CodeLimits(**_tables["code"])
WATCH = WatchLimits(**_tables["watch"])
REOPENING = ReopeningLimits(**_tables["reopening"])
CUSTOMER = CustomerLimits(**_tables["customer"])
STAFF = StaffLimits(**_tables["staff"])
TRAVELLERS = TravellerLimits(**_tables["travellers"])
