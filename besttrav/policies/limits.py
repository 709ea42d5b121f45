"""The numbers of contracts, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    hours: int


@dataclass(frozen=True, slots=True)
class ComparingLimits:
    wrong_an_hour_network: int
    wrong_a_day_paper: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

DOCUMENT_WITHIN = DocumentLimits(**_tables["document"])
COMPARING = ComparingLimits(**_tables["comparing"])
