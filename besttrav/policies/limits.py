"""The numbers of contracts, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    hours: int


DOCUMENT_WITHIN = DocumentLimits(**tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))["document"])
