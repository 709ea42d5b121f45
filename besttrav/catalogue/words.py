"""The words of our codes, read once from `words.toml`: one table a kind of code, both languages beside each other."""

import tomllib
from pathlib import Path

from besttrav.catalogue.text import Text


def label(kind: str, code: str) -> Text:
    """The words of a code. Raises KeyError for one that has none."""
    return _labels[kind][code]


_tables = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_labels = {kind: {code: Text(**words) for code, words in table.items()} for kind, table in _tables.items()}
