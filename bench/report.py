"""The tables in docs/performance.md: each bench has a place of its own there, so that one can be taken anew without the others."""

import re
from collections.abc import Iterable
from pathlib import Path

from bench.measuring import COLUMNS, Line, cells

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def write(name: str, lines: Iterable[Line]) -> None:
    """Put the lines of a bench in its place on the page."""
    text = PAGE.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- bench {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    written, found = place.subn(lambda match: f"{match[1]}{_table(lines)}\n{match[2]}", text)
    if not found:
        raise SystemExit(f"{PAGE.name} has no place for the bench {name}")
    PAGE.write_text(written, encoding="utf-8")


def _table(lines: Iterable[Line]) -> str:
    rows = [COLUMNS, ("---", *("---:" for _column in COLUMNS[1:])), *(cells(line) for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
