"""The numbers of invoicing, read once from `limits.toml`, where each has its reason beside it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from besttrav.insurers.limits import Asking


@dataclass(frozen=True, slots=True)
class Request:
    a_day: int


@dataclass(frozen=True, slots=True)
class Paper:
    wrong: int


@dataclass(frozen=True, slots=True)
class Person:
    after: int


_tables = tomllib.loads(Path(__file__).with_name("limits.toml").read_text(encoding="utf-8"))

REQUEST = Request(**_tables["request"])
ASKING = Asking(**_tables["asking"])
PAPER = Paper(**_tables["paper"])
PERSON = Person(**_tables["person"])
