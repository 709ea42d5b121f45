"""Which clauses of the policy are kept, part by part, as `policy/promises.toml` declares it.

What is named as proved is proved by `make promises`, which fails when a named test is missing or fails; so the public page may say it.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from besttrav.privacy.policy import CLAUSES


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a clause takes. Either `tests` prove it, or `missing` says what stands in its way."""

    en: str
    zh: str
    tests: tuple[str, ...] = ()
    missing: str = ""

    def __post_init__(self) -> None:
        if bool(self.tests) == bool(self.missing):
            raise ImproperlyConfigured(f'promises.toml: "{self.en}" needs tests or says what is missing, and not both')

    @property
    def is_kept(self) -> bool:
        return bool(self.tests)

    def label(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Promise:
    """A clause and its parts. It is kept when all of them are."""

    clause: str
    parts: tuple[Part, ...]

    @property
    def is_kept(self) -> bool:
        return all(part.is_kept for part in self.parts)

    @property
    def missing(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.is_kept)


@cache
def promises() -> dict[str, Promise]:
    """All 44, in the order of the policy. ImproperlyConfigured when one is not declared or has no parts: silence is no answer."""
    tables = tomllib.loads((Path(settings.POLICY) / "promises.toml").read_text(encoding="utf-8"))
    if set(tables) != set(CLAUSES) or not all(table["parts"] for table in tables.values()):
        raise ImproperlyConfigured("promises.toml must declare the parts of each clause of the policy, and of nothing else")
    return {clause: Promise(clause, tuple(_part(**part) for part in tables[clause]["parts"])) for clause in CLAUSES}


def _part(*, tests: list[str] | None = None, **words: str) -> Part:
    return Part(tests=tuple(tests or ()), **words)
