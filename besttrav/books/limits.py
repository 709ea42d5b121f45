"""The numbers of the books, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StatementLimits:
    bytes_most: int
    differences_most: int
    faults_shown: int


STATEMENT = StatementLimits(**tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))["statement"])
