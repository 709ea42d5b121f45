"""Reading a product from its folder: `product.toml`, `rates.csv`, its exclusions, questions and papers, and what products share.

    products/
        insurers/<code>.toml     who bears the risk
        shared/                  standard coverages and exclusions, occupations, activities, and the papers that all products have
        <slug>/product.toml      everything but what follows
        <slug>/rates.csv         plan, days, ages, and a column for each area; premiums in yuan
        <slug>/exclusions.toml   its own; `common` names those it shares
        <slug>/questions.toml    health questions, where it asks any
        <slug>/clauses.zh.md and clauses.en.md, and notice.zh.md and notice.en.md

A paper is a template: `{name}` is filled with what the product says elsewhere, so that a number stands in one place; `{article}`
counts the articles. What comes out is kept whole in the version, with its digest.
"""

import csv
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from besttrav.catalogue import checking, composing
from besttrav.catalogue.document import Malformed, build, yuan
from besttrav.catalogue.offer import Offer

LANGUAGES = ("zh", "en")
NO_PRODUCTS = ("insurers", "shared")


class Unreadable(ValueError):
    """A folder that cannot be read as a product. Says which file, and what is wrong."""


def slugs(folder: Path) -> list[str]:
    """The products in the folder."""
    return sorted(place.parent.name for place in folder.glob("*/product.toml") if place.parent.name not in NO_PRODUCTS)


def read(folder: Path, slug: str, operator: Mapping[str, str]) -> Offer:
    """The product of this name. `operator` are the particulars of who runs the platform, which its papers name. Raises Unreadable."""
    home, shared = folder / slug, folder / "shared"
    plain = _toml(home / "product.toml")
    plain["slug"] = slug
    plain["insurer"] = _toml(folder / "insurers" / f"{plain.get('insurer')}.toml")
    plain["coverages"] = [_with_standard(cover, _toml(shared / "coverages.toml")) for cover in plain.get("coverages", [])]
    plain["exclusions"] = list(_exclusions(_toml(home / "exclusions.toml"), _toml(shared / "exclusions.toml"), home))
    plain["questions"] = _toml(home / "questions.toml").get("questions", []) if (home / "questions.toml").exists() else []
    plain["rates"] = list(_rates(home / "rates.csv"))
    if plain.get("occupation_classes"):
        plain["occupations"] = _toml(shared / "occupations.toml")["occupations"]
    if "activities" in plain.get("needs", {}).get("trip", []):
        plain["activities"] = _toml(shared / "activities.toml")["activities"]
    papers = plain.pop("papers_version", "")
    offer = _built(plain | {"papers": []}, home)
    for problem in checking.lengths(offer):
        raise Unreadable(f"{slug}: {problem}")
    templates = {name: _templates(home, shared, name) for name in ("customer_notice", "application_notice", "exclusions", "claim_guide")}
    templates["clauses"] = _templates(home, shared, "clauses")
    parts = {name: _templates(home, shared, name) for name in ("notice", "general")}
    try:
        composed = composing.papers(offer, papers, templates, parts, operator)
    except KeyError as error:
        raise Unreadable(f"{slug}: a paper names {{{error.args[0]}}}, which nothing fills") from None
    return _built(plain | {"papers": composed}, home)


def _built(plain: dict[str, Any], home: Path) -> Offer:
    try:
        offer = build(Offer, plain, yuan)
    except Malformed as error:
        raise Unreadable(f"{home.name}: {error}") from None
    assert isinstance(offer, Offer)
    return offer


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unreadable(f"{path.parent.name}/{path.name}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.parent.name}/{path.name}: {error}") from None


def _with_standard(cover: dict[str, Any], standard: dict[str, Any]) -> dict[str, Any]:
    """A coverage over what the standard one of the same code says."""
    return {**standard.get(str(cover.get("code")), {}), **cover}


def _exclusions(own: dict[str, Any], shared: dict[str, Any], home: Path) -> Iterator[dict[str, Any]]:
    yield from own.get("exclusions", [])
    for name in own.get("common", []):
        if name not in shared:
            raise Unreadable(f"{home.name}/exclusions.toml: nobody knows the common exclusion {name}")
        yield shared[name]


_AGES = re.compile(r"(\d{1,3})-(\d{1,3})")


def _rates(path: Path) -> Iterator[dict[str, Any]]:
    place = f"{path.parent.name}/{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            areas = [name for name in table.fieldnames or [] if name not in ("plan", "days", "ages")]
            for row in table:
                ages = _AGES.fullmatch(row.get("ages") or "")
                if ages is None or None in row:
                    raise Unreadable(f"{place}, line {table.line_num}: ages are written as 0-85, and each column has a head")
                for area in areas:
                    if row[area]:
                        yield {
                            "plan": row["plan"], "area": area, "days": row["days"],
                            "first_age": int(ages[1]), "last_age": int(ages[2]), "premium": row[area],
                        }  # fmt: skip
    except (FileNotFoundError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise Unreadable(f"{place}: {type(error).__name__}") from None


def _templates(home: Path, shared: Path, name: str) -> dict[str, str]:
    """The paper in both languages: the product's own where it has one, or the one that all share."""
    found = {}
    for language in LANGUAGES:
        for place in (home, shared):
            path = place / f"{name}.{language}.md"
            if path.exists():
                found[language] = path.read_text(encoding="utf-8")
                break
        else:
            raise Unreadable(f"{home.name}/{name}.{language}.md: there is no such file, and none that all products share")
    return found
