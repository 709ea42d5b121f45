"""The insurers' own rules, as each has written them in its rules.toml: what a broker's engine accepts may still be declined here.

An application is a dictionary of ours: number, product, plan, area, start and end (days, the end excluded), premium (fen), holder, insured
(each with name, passport_name, identity {kind, number}, birth_date, relation, premium, sums {code: fen}, occupation_class, beneficiaries).
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from simulators.insurer.books import Books

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Rules:
    """One insurer's limits; ages in whole years at the start, the oldest included."""

    name: str
    product: str
    youngest: int
    oldest: int
    longest_days: int
    latest_start_days: int
    most_people: int
    worst_occupation_class: int
    lowest_premium: int
    copies: int
    commission: int  # what a broker earns, in basis points of the premium
    death_coverages: list[str] = field(default_factory=list)
    death_under_10: int = 20_000_000
    death_under_18: int = 50_000_000

    @classmethod
    def read(cls, folder: Path) -> "dict[str, Rules]":
        """The rules of each insurer in a folder's rules.toml, by its code."""
        return {code: cls(**rules) for code, rules in tomllib.loads((folder / "rules.toml").read_text(encoding="utf-8")).items()}


def reason_to_decline(application: dict[str, Any], account: str, rules: Rules, books: Books, today: date) -> str:
    """The first rule that is broken, by its name; empty when the insurer takes it."""
    start, end = date.fromisoformat(application["start"][:10]), date.fromisoformat(application["end"][:10])
    people = application["insured"]
    if not re.fullmatch(rules.product, application["product"]):
        return "unknown_product"
    if start < today or (start - today).days > rules.latest_start_days:
        return "start_date"
    if not 0 < (end - start).days <= rules.longest_days:
        return "period"
    if not 0 < len(people) <= rules.most_people:
        return "people"
    if application["premium"] != sum(person["premium"] for person in people) or application["premium"] < rules.lowest_premium * len(people):
        return "premium"
    for person in people:
        if reason := _about(person, start, rules):
            return reason
        copies = books.covers(
            account=account,
            identity=person["identity"]["number"],
            product=application["product"],
            start=application["start"],
            end=application["end"],
            but=application["number"],
        )
        if copies >= rules.copies:
            return "insured_already"
    return ""


def _about(person: dict[str, Any], start: date, rules: Rules) -> str:
    identity = person["identity"]
    if identity["kind"] == "id_card" and not _has_check_digit(identity["number"]):
        return "identity"
    born = date.fromisoformat(person["birth_date"])
    age = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
    if not rules.youngest <= age <= rules.oldest:
        return "age"
    if (person.get("occupation_class") or 1) > rules.worst_occupation_class:
        return "occupation"
    death = sum(person["sums"].get(code, 0) for code in rules.death_coverages)
    if (age < 10 and death > rules.death_under_10) or (age < 18 and death > rules.death_under_18):
        return "minors_sum"
    beneficiaries = person.get("beneficiaries") or []
    for order in {beneficiary["order"] for beneficiary in beneficiaries}:
        if sum(beneficiary["share"] for beneficiary in beneficiaries if beneficiary["order"] == order) != 100:
            return "beneficiary_shares"
    return ""


def _has_check_digit(number: str) -> bool:
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11] == number[17]
