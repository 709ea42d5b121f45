"""The numbers of asking, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asking:
    first: int
    longest: int
    absent_answers: int
    longest_call: int

    def wait(self, asked: int) -> timedelta:
        """How long to wait before the next question when `asked` have been asked: 20 s, then doubling up to a quarter of an hour."""
        return timedelta(seconds=min(self.first * 2 ** min(asked, 20), self.longest))


@dataclass(frozen=True, slots=True)
class Documents:
    tries: int


@dataclass(frozen=True, slots=True)
class Withdrawing:
    after: int
    days: int


@dataclass(frozen=True, slots=True)
class Down:
    unanswered: int
    within: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

ASKING = Asking(**_tables["asking"])
DOCUMENTS = Documents(**_tables["documents"])
WITHDRAWING = Withdrawing(**_tables["withdrawing"])
DOWN = Down(**_tables["down"])
