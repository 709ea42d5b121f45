"""Countries by their code, with both names, and the states of the Schengen area."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from besttrav.catalogue.text import Text


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    name: Text


def found(words: str, limit: int = 10) -> list[Country]:
    """Countries whose name in either language, or code, begins with or holds the words; beginnings come first."""
    sought = words.strip().casefold()
    if not sought:
        return []
    near = [(place, country) for country in COUNTRIES.values() if (place := _place(sought, country)) >= 0]
    return [country for _place, country in sorted(near, key=lambda one: (one[0], one[1].code))][:limit]


def _place(sought: str, country: Country) -> int:
    """0 where the code or a name begins so, 1 where a name holds it, -1 elsewhere."""
    names = (country.code.casefold(), country.name.zh, country.name.zh.removeprefix("中国"), country.name.en.casefold())
    if any(name.startswith(sought) for name in names):
        return 0
    return 1 if any(sought in name for name in names[1:]) else -1


_tables = tomllib.loads(Path(__file__).with_name("countries.toml").read_text(encoding="utf-8"))
COUNTRIES = {code: Country(code, Text(**words)) for code, words in _tables["names"].items()}
SCHENGEN = frozenset(_tables["schengen"])
