"""Figures as a file that a spreadsheet opens: CSV in UTF-8 with a mark, and no cell in it is a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date

from besttrav.kernel.money import Money

Cell = str | int | date | Money | None


def written(head: Iterable[object], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """The file, row by row. Amounts are yuan with two decimals, days are ISO days."""
    yield b"\xef\xbb\xbf" + _row([str(cell) for cell in head])
    for row in rows:
        yield _row([_cell(cell) for cell in row])


def _cell(cell: Cell) -> str:
    if isinstance(cell, Money):
        return str(cell).replace(",", "")
    if isinstance(cell, str):
        return _harmless(cell)
    return "" if cell is None else str(cell)


def _harmless(text: str) -> str:
    """A text that begins like a formula is shown as text: what an insurer calls a policy may be somebody's attempt."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r", "\n")) else text


_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")  # spreadsheets read the wide ones, too


def _row(cells: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
