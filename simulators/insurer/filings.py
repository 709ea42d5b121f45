"""What an insurer has filed and prints on its papers: names of its products, plans, areas and coverages, by their codes.

The filings are the folders under `products/`, the same papers a broker reads its shelf from. What is not filed is printed as its code.
"""

import tomllib
from pathlib import Path
from typing import Any

FILED = Path(__file__).resolve().parents[2] / "products"

Names = dict[str, str]
"""A name in both languages: zh and en."""


def insurer(code: str, name: str) -> dict[str, str]:
    """The particulars an insurer prints about itself; `name` is what it is called where it has filed nothing."""
    filed = _read(FILED / "insurers" / f"{code}.toml")
    return {**_names(filed, code, name), "code": code, "hotline": str(filed.get("hotline", "400-000-0000"))}


class Filing:
    """One product as filed."""

    def __init__(self, product: str) -> None:
        self._product = product
        self._filed = _read(FILED / product / "product.toml") if product.replace("-", "").replace("_", "").isalnum() else {}
        self._standard = _read(FILED / "shared" / "coverages.toml")

    def product(self) -> dict[str, str]:
        filing = self._filed.get("filing", {})
        clause = filing.get("name", "")
        clause = clause.get("zh", "") if isinstance(clause, dict) else str(clause)
        return {**_names(self._filed, self._product), "clause": clause, "filing": str(filing.get("number", ""))}

    def surrender(self) -> dict[str, Any]:
        """What comes back when it is given up before its end."""
        filed: dict[str, Any] = self._filed.get("surrender", {})
        return filed

    def named(self, kind: str, code: str) -> Names:
        """A plan, an area or a coverage; `kind` is plans, areas or coverages."""
        own = next((one for one in self._filed.get(kind, []) if isinstance(one, dict) and one.get("code") == code), {})
        return _names((self._standard.get(code, {}) if kind == "coverages" else {}) | own, code)

    def place(self, code: str) -> int:
        """Where a coverage stands in the filed table; one that does not, behind all others."""
        codes = [one.get("code") for one in self._filed.get("coverages", []) if isinstance(one, dict)]
        return codes.index(code) if code in codes else len(codes)


def _names(filed: dict[str, Any], code: str, otherwise: str = "") -> Names:
    name = filed.get("name", {})
    return {language: str(name.get(language) or otherwise or code) for language in ("zh", "en")}


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
