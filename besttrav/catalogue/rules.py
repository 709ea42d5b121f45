"""The rules of pricing and underwriting as data: each has its words, its way out, what follows, and where it comes from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from besttrav.catalogue.text import EMPTY, Text
from besttrav.catalogue.words import label
from besttrav.kernel.money import Money


class Outcome(StrEnum):
    """What underwriting ends with, mildest first; the gravest of all reasons decides."""

    ACCEPT = "accept"
    LOAD = "load"
    REFER = "refer"
    REFUSE = "refuse"

    @property
    def label(self) -> Text:
        return label("Outcome", self.value)

    @property
    def gravity(self) -> int:
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that spoke: about everybody, or about the insured person at `position`, counted from 1. Its words are put together when
    somebody reads them."""

    code: str
    position: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        return _outcomes[self.code]

    @property
    def says(self) -> Text:
        said = _says[self.code] % self.values
        if self.position is None:
            return said
        who = label("Position", "person") % {"position": self.position}
        return Text(f"{who.zh}：{said.zh}", f"{who.en}: {said.en}")

    @property
    def way_out(self) -> Text:
        """What would change it; empty for a remark."""
        return _ways_out[self.code] % self.values

    @property
    def source(self) -> str:
        """The law it comes from, or "product" or "house"."""
        return str(_rules[self.code]["source"])

    def __str__(self) -> str:
        return str(self.says)


@dataclass(frozen=True, slots=True)
class MinorsCap:
    """The most that may be insured on the death of somebody not yet this old, all insurers together."""

    below: int
    most: Money


def reason(code: str, position: int | None = None, **values: object) -> Reason:
    """The rule of this code, with the values its words need. Raises KeyError for a code that is no rule."""
    if code not in _rules:
        raise KeyError(code)
    return Reason(code, position, values)


def source_of(code: str) -> str:
    """Where the rule of this code comes from; nothing for one that is no longer kept."""
    rule = _rules.get(code)
    return str(rule["source"]) if rule else ""


def cap_at(age: int) -> MinorsCap | None:
    """The cap that holds at this age; None for adults."""
    return next((cap for cap in MINORS_CAPS if age < cap.below), None)


_tables = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
_rules = _tables["rules"]
_outcomes = {code: Outcome(rule["outcome"]) for code, rule in _rules.items()}
_says = {code: Text(**rule["says"]) for code, rule in _rules.items()}
_ways_out = {code: Text(**rule["way_out"]) if "way_out" in rule else EMPTY for code, rule in _rules.items()}
CODES = tuple(_rules)

_numbers = _tables["numbers"]
FULL_AGE: int = _numbers["full_age"]
SCHENGEN_MEDICAL = Money(_numbers["schengen_medical_yuan"] * 100)
UNINSURABLE = frozenset(_numbers["uninsurable_countries"])
MINORS_CAPS = tuple(MinorsCap(cap["below"], Money(cap["most_yuan"] * 100)) for cap in _tables["minors_caps"])
