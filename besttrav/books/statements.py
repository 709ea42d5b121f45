"""Reading an insurer's statement: every line of it, or which lines cannot be read and why. Pure; it repeats nothing of what it read."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from besttrav.insurers.port import Statement as Shape

COLUMNS = ("number", "kind", "premium", "commission", "day")


class Fault(StrEnum):
    """What is wrong with a line or with the file."""

    ENCODING = "encoding"
    HEAD = "head"
    CELLS = "cells"
    NUMBER = "number"
    KIND = "kind"
    PREMIUM = "premium"
    COMMISSION = "commission"
    DAY = "day"
    PERIOD = "period"
    EMPTY = "empty"


class Unreadable(Exception):
    """A line that is not of the shape, by its number in the file, which counts from 1 and includes the head."""

    def __init__(self, line: int, fault: Fault) -> None:
        self.line, self.fault = line, fault
        super().__init__(f"line {line}: {fault.value}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; amounts are signed fen."""

    place: int
    number: str
    kind: str
    premium: int
    commission: int
    day: date


def read(content: bytes, shape: Shape, first_day: date, last_day: date) -> Iterator[Line | Unreadable]:
    """The lines in the order of the file. A line that cannot be read comes as what is wrong with it, so that all of them can be told.

    Raises Unreadable where the whole file cannot be read: another encoding, or other heads.
    """
    rows = csv.reader(io.StringIO(_decoded(content, shape.encoding), newline=""), delimiter=shape.delimiter, strict=True)
    places = _places(rows, shape.columns)
    width = max(places.values()) + 1
    try:
        for row in rows:
            if row:
                yield _line(rows.line_num, row, places, width, shape, first_day, last_day)
    except csv.Error:
        raise Unreadable(rows.line_num, Fault.CELLS) from None


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(content.count(b"\n", 0, error.start) + 1, Fault.ENCODING) from None
    if "\0" in text:
        raise Unreadable(text.count("\n", 0, text.index("\0")) + 1, Fault.ENCODING)
    return text


def _places(rows: Iterator[list[str]], columns: Mapping[str, str]) -> dict[str, int]:
    head = [cell.strip() for cell in next(rows, [])]
    if not head:
        raise Unreadable(1, Fault.EMPTY)
    if any(head.count(columns[name]) != 1 for name in COLUMNS):
        raise Unreadable(1, Fault.HEAD)
    return {name: head.index(columns[name]) for name in COLUMNS}


def _line(
    place: int, row: list[str], places: Mapping[str, int], width: int, shape: Shape, first_day: date, last_day: date
) -> Line | Unreadable:
    if len(row) < width:
        return Unreadable(place, Fault.CELLS)
    number, kind = row[places["number"]].strip(), shape.kinds.get(row[places["kind"]].strip())
    premium, commission = (_fen(row[places[name]], shape.in_fen) for name in ("premium", "commission"))
    day = _day(row[places["day"]], shape.day)
    if not _NUMBER.fullmatch(number):
        return Unreadable(place, Fault.NUMBER)
    if kind is None:
        return Unreadable(place, Fault.KIND)
    if premium is None:
        return Unreadable(place, Fault.PREMIUM)
    if commission is None:
        return Unreadable(place, Fault.COMMISSION)
    if day is None:
        return Unreadable(place, Fault.DAY)
    if not first_day <= day <= last_day:
        return Unreadable(place, Fault.PERIOD)
    if not shape.is_signed and kind in shape.returns:
        premium, commission = -premium, -commission
    return Line(place, number, kind, premium, commission, day)


_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/.-]{3,59}")
_YUAN = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d{1,11})(?:\.(\d{1,2}))?", re.ASCII)
_FEN = re.compile(r"-?\d{1,13}", re.ASCII)


def _fen(cell: str, in_fen: bool) -> int | None:
    """Never through a floating number: 1,234.5 is 123450 fen."""
    text = cell.strip()
    if in_fen:
        return int(text) if _FEN.fullmatch(text) else None
    found = _YUAN.fullmatch(text)
    if not found:
        return None
    sign, whole, rest = found.groups()
    fen = int(whole.replace(",", "")) * 100 + int((rest or "0").ljust(2, "0"))
    return -fen if sign else fen


@lru_cache(maxsize=1024)  # Days are few and come again and again.
def _day(cell: str, form: str) -> date | None:
    try:
        return datetime.strptime(cell.strip(), form).date()  # noqa: DTZ007  # a day has no time zone
    except ValueError:
        return None
