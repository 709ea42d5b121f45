"""What one line tells, part by part: by what the parts look like, or by a heading above."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.identity import DocumentKind, Sex

_RULES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
LIMITS: dict[str, int] = _RULES["limits"]


class Column(StrEnum):
    """What a part of a line tells."""

    NAME = "name"
    SURNAME = "surname"
    GIVEN_NAMES = "given_names"
    PASSPORT_NAME = "passport_name"
    KIND = "kind"
    NUMBER = "number"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    RELATION = "relation"

    @property
    def label(self) -> object:
        return _LABELS[self]


@dataclass(slots=True)
class Found:
    """What one line tells, or several lines that belong to one person."""

    line: int
    is_blank: bool = False
    is_heading: bool = False
    values: dict[Column, str] = field(default_factory=dict, repr=False)
    kind: DocumentKind | None = None  # said in words or by a heading
    seems: DocumentKind | None = None  # seen from the number
    has_spare_name: bool = False
    has_unread: bool = False
    order: list[Column] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def put(self, column: Column, text: str) -> None:
        """The first of a column stays. A second name leaves it open which is the right one; anything else is passed over."""
        if column in self.values:
            self.has_spare_name |= column is Column.NAME
            self.has_unread |= column is not Column.NAME
            return
        self.values[column] = text
        self.order.append(column)


@dataclass(slots=True)
class _Heading:
    columns: list[Column | None]
    kind: DocumentKind | None
    separator: str


class Reading:
    """Line after line, remembering the last heading."""

    def __init__(self, today: date) -> None:
        self.found: list[Found] = []
        self.had_heading = False
        self._heading: _Heading | None = None
        self._today = today

    def take(self, position: int, line: str) -> None:
        """One more line. Where blanks part the cells, words that belong together ("Document number") are one cell."""
        found = Found(position)
        self.found.append(found)
        line = _plain(line) if len(line) <= LIMITS["line_characters"] else line
        if _is_endless(line):
            return
        if not line.strip(_EMPTY_CELLS):
            found.is_blank = True
            return
        separator = self._heading.separator if self._heading and self._heading.separator in line else _separator(line)
        cells = list(_parts(line)) if separator == " " else _cells(line, separator)
        if heading := _heading(cells, separator):
            self._heading, self.had_heading, found.is_heading = heading, True, True
        elif self._heading and self._fits(cells, separator):
            self._by_heading(found, cells)
        else:
            found.kind = self._heading.kind if self._heading else None
            for part in cells if separator == " " else _parts(line):
                _recognise(found, part, self._today)

    @property
    def columns(self) -> tuple[Column, ...]:
        """How most lines were read."""
        orders = Counter(tuple(found.order) for found in self.found if found.order)
        return orders.most_common(1)[0][0] if orders else ()

    def _fits(self, cells: Sequence[str], separator: str) -> bool:
        """A line of a table has the heading's separator; where that is a blank, which names contain, it has as many parts, too."""
        if self._heading is None or separator != self._heading.separator:
            return False
        return bool(separator.strip(" ")) or len(cells) == len(self._heading.columns)

    def _by_heading(self, found: Found, cells: Sequence[str]) -> None:
        assert self._heading is not None
        found.kind = self._heading.kind
        for column, cell in zip(self._heading.columns, cells, strict=False):
            if column is None or not cell:
                continue
            if column is Column.KIND:
                found.kind = _KINDS.get(word_of(cell), found.kind)
                found.has_unread |= word_of(cell) not in _KINDS
                found.order.append(column)
            else:
                if column is Column.NUMBER:
                    found.seems = _number_kind(_compact(cell))
                found.put(column, cell)


_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def _plain(line: str) -> str:
    """Without full-width forms, control characters and marks without width. Tabs stay: they part the cells of a spreadsheet."""
    if not line.isascii():
        line = unicodedata.normalize("NFKC", line)
    return _INVISIBLE.sub("", line).strip(" \u3000\n") if "\t" in line else _INVISIBLE.sub("", line).strip()


def _is_endless(line: str) -> bool:
    """Whether this is no line about one person. Asked after folding, which makes eighteen characters of some single ones."""
    return len(line) > LIMITS["line_characters"] or len(_BREAKS.findall(line)) > LIMITS["line_parts"]


def _separator(line: str) -> str:
    """The strongest separator of the line."""
    return next((sign for sign in "\t,;、|" if sign in line), " ")


_EMPTY_CELLS = "\t,;、| "
_BREAKS = re.compile(r"[\s,;、|:/]+")
_QUOTED = re.compile(r'"([^"]*)"')
_SEPARATORS = re.compile(r"[\t,;、|]")


def _cells(line: str, separator: str) -> list[str]:
    """The parts between separators, empty ones included. Quotes and the signs a spreadsheet puts before text are taken off."""
    line = _QUOTED.sub(lambda match: _SEPARATORS.sub(" ", match[1]), line)
    return [part.strip().lstrip("='").strip(" \"'") for part in line.split(separator)]


# --- Words ---


def word_of(text: str) -> str:
    return _SIGNS.sub("", text).lower()


def _words(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {word: meaning for meaning, words in table.items() for word in words}


_SIGNS = re.compile(r"[\s_\-*/#.:()\[\]?'\"0-9]+")
_BRACKETED = re.compile(r"\([^()]*\)")
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NOT_HAN = re.compile(f"[^{HAN}]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NUMBER_OF = re.compile(r"(?:号码|编号|号|numbers?|no|num)$")

_HEADINGS: dict[str, Column | None] = {word: Column(meaning) if meaning else None for word, meaning in _words(_RULES["headings"]).items()}
_KINDS = {word: DocumentKind(meaning) for word, meaning in _words(_RULES["kinds"]).items()}
SEXES = {word: Sex(meaning) for word, meaning in _words(_RULES["sexes"]).items()}
RELATIONS = _words(_RULES["relations"])
_LABELS = {
    Column.NAME: _("name"),
    Column.SURNAME: _("surname in the passport"),
    Column.GIVEN_NAMES: _("given names in the passport"),
    Column.PASSPORT_NAME: _("name in the passport"),
    Column.KIND: _("kind of document"),
    Column.NUMBER: _("document number"),
    Column.PHONE: _("mobile number"),
    Column.BIRTH_DATE: _("date of birth"),
    Column.SEX: _("sex"),
    Column.RELATION: _("relation to the applicant"),
}

_NEVER_AN_ANSWER = {Column.NAME, Column.NUMBER, Column.PHONE, Column.PASSPORT_NAME, *DocumentKind}
_UNKNOWN = object()


def _heading(cells: Sequence[str], separator: str) -> _Heading | None:
    """The heading these cells are, or None. One unknown word among several known ones is a column that is passed over."""
    if any(len(cell) > 40 or re.search(r"[0-9]{5}", cell) for cell in cells):
        return None
    meanings = [_heading_of(cell) for cell in cells]
    known = [meaning for meaning in meanings if meaning is not _UNKNOWN and meaning is not None]
    written = sum(1 for cell in cells if cell)
    unknown = sum(1 for meaning in meanings if meaning is _UNKNOWN)
    if not known or (unknown and (len(known) < 2 or unknown * 2 > written)):
        return None
    # A single word may be the answer of a chat instead, such as "passport"; "passport number" is none.
    if written == 1 and (known[0] not in _NEVER_AN_ANSWER or any(word_of(cell) in _KINDS for cell in cells)):
        return None
    kinds = [meaning for meaning in known if isinstance(meaning, DocumentKind)]
    columns = [
        meaning if isinstance(meaning, Column) else Column.NUMBER if isinstance(meaning, DocumentKind) else None for meaning in meanings
    ]
    return _Heading(columns, kinds[0] if kinds else None, separator)


def _heading_of(cell: str) -> object:
    """A Column, the DocumentKind whose numbers the column holds, None for a column that is passed over, or _UNKNOWN."""
    if not cell:
        return None
    for text in (cell, _BRACKETED.sub("", cell), _NOT_HAN.sub("", cell), _NOT_ASCII.sub("", cell)):
        word = word_of(text)
        if word in _HEADINGS:
            return _HEADINGS[word]
        if kind := _KINDS.get(word) or _KINDS.get(_NUMBER_OF.sub("", word)):
            return kind
    return _UNKNOWN


# --- By contents ---

_ORDINAL = re.compile(r"^[(\[]?[0-9]{1,4}[)\].、:](?![0-9])\s*")
_DAY_IN_WORDS = re.compile(r"([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?")
_BLANKS_IN_NUMBERS = (
    re.compile(r"(?<![0-9])[0-9]{6}[ \-]+[0-9]{8}[ \-]+[0-9]{3}[0-9Xx](?![0-9A-Za-z])"),
    re.compile(r"(?<![0-9])(?:\+?86[ \-]*)?1[0-9]{2}[ \-]+[0-9]{4}[ \-]+[0-9]{4}(?![0-9])"),
)
_BROKEN_NUMBER = re.compile(r"[0-9][ \-]+[0-9]")
_TOUCHING = re.compile(f"(?<=[{HAN}])(?=[0-9A-Za-z+])|(?<=[0-9A-Za-z)])(?=[{HAN}])")

_PARTS = re.compile(r"[\s,;、|:]+")
_HAN_NAME = re.compile(f"[{HAN}]+(?:[·•・‧∙⋅ᐧ][{HAN}]+)*")
_ONE_HAN = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(
    "[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f\u0300-\u036f'’.\\-]*(?:/[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'’.\\-]*)?"
)
_DAY = re.compile(r"([0-9]{4})[\-/.]([0-9]{1,2})[\-/.]([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})")
_DAY_ELSEWHERE = re.compile(r"[0-9]{1,2}[\-/.][0-9]{1,2}[\-/.][0-9]{2,4}")
_PHONE = re.compile(r"\+[0-9]{6,15}|(?:00)?861[0-9]{10}|1[0-9]{10}|0[0-9]{9,11}")
_LEAST_DIGITS = 4
_LONG_NUMBER = re.compile(r"[0-9]{5}")


def _parts(line: str) -> Iterator[str]:
    """The line in its smallest meaningful parts: words of one Latin name together, blanks inside numbers and days taken out."""
    line = _ORDINAL.sub("", line).replace('"', " ")
    if "年" in line:
        line = _DAY_IN_WORDS.sub(r" \1-\2-\3 ", line)
    if _BROKEN_NUMBER.search(line):
        for blanks in _BLANKS_IN_NUMBERS:
            line = blanks.sub(lambda match: _compact(match[0]), line)
    line = _TOUCHING.sub(" ", line)
    latin: list[str] = []
    single = ""
    for part in _pieces(line):
        if single and _ONE_HAN.fullmatch(part):
            yield single + part  # the blank between is how lists align names of two characters
            single = ""
            continue
        if single:
            yield single
            single = ""
        if _LATIN_WORD.fullmatch(part):
            latin.append(part)
            continue
        yield from _latin_parts(latin)
        latin = []
        if _ONE_HAN.fullmatch(part) and word_of(part) not in SEXES and word_of(part) not in RELATIONS:
            single = part
        else:
            yield part
    if single:
        yield single
    yield from _latin_parts(latin)


def _pieces(line: str) -> Iterator[str]:
    """Parts between separators. A slash parts what it does not hold together: it stands in days of birth and in names on tickets."""
    for part in _PARTS.split(line):
        part = part.strip("='\"[]。!")
        part = part if "(" in part[1:] else part.strip("()")  # old permits end in a letter in brackets
        if not part:
            continue
        if "/" not in part or _LATIN_WORD.fullmatch(part) or _DAY.fullmatch(part) or _DAY_ELSEWHERE.fullmatch(part):
            yield part
        else:
            yield from (piece for piece in part.split("/") if piece)


def _latin_parts(words: Sequence[str]) -> Iterator[str]:
    """Known words and phrases one by one ("passport", "ID card"), what stands between them as one name."""
    name: list[str] = []
    place = 0
    while place < len(words):
        for length in (3, 2, 1):
            phrase = " ".join(words[place : place + length])
            if place + length <= len(words) and _is_known(phrase):
                if name:
                    yield " ".join(name)
                name = []
                yield phrase
                place += length
                break
        else:
            name.append(words[place])
            place += 1
    if name:
        yield " ".join(name)


def _is_known(phrase: str) -> bool:
    word = word_of(phrase)
    return word in _KINDS or word in SEXES or word in RELATIONS or _heading_of(phrase) is not _UNKNOWN


def _recognise(found: Found, part: str, today: date) -> None:
    if _LONG_NUMBER.search(part):
        _recognise_number(found, part, today)
        return
    word = word_of(part)
    if word in SEXES:
        found.put(Column.SEX, part)
    elif word in RELATIONS:
        found.put(Column.RELATION, part)
    elif word and (meaning := _heading_of(part)) is not _UNKNOWN:
        # A label before its value: which value it is shows in the value, but whose number it is may not.
        if isinstance(meaning, DocumentKind):
            found.kind = meaning
    elif _HAN_NAME.fullmatch(part):
        found.put(Column.NAME, part)
    elif _LATIN_WORD.fullmatch(part.replace(" ", "")):
        found.put(Column.PASSPORT_NAME, part)
    else:
        _recognise_number(found, part, today)


def _recognise_number(found: Found, part: str, today: date) -> None:
    compact = _compact(part)
    if _PHONE.fullmatch(compact):
        found.put(Column.PHONE, part)
    elif _DAY_ELSEWHERE.fullmatch(part) or (_DAY.fullmatch(part) and (not part.isdigit() or _is_past_day(part, today))):
        found.put(Column.BIRTH_DATE, part)
    elif kind := _number_kind(compact):
        if Column.NUMBER not in found.values:
            found.seems = kind
        found.put(Column.NUMBER, part)
    elif not re.fullmatch(r"[0-9]{1,4}", compact):  # the number of the line, or somebody's age
        found.has_unread = True


def _compact(text: str) -> str:
    return re.sub(r"[\s\-\u2010-\u2015]", "", text).upper()


def _is_past_day(text: str, today: date) -> bool:
    """Eight digits alone are a day of birth where they can be one: permits of that length begin with 0."""
    day = day_of(text)
    return day is not None and date(1900, 1, 1) <= day <= today


def day_of(text: str) -> date | None:
    match = _DAY.fullmatch(text)
    if not match:
        return None
    try:
        return date(*(int(part) for part in match.groups() if part is not None))
    except ValueError:
        return None


_NUMBER_SHAPES = (
    (re.compile(r"8[123][0-9]{15}[0-9X]"), DocumentKind.RESIDENCE_PERMIT),
    (re.compile(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}"), DocumentKind.FOREIGN_RESIDENCE_CARD),
    (re.compile(r"[HM](?:[0-9]{8}|[0-9]{10}|A[0-9]{7})"), DocumentKind.HK_MACAO_PERMIT),
    (re.compile(r"[0-9]{8}|[0-9]{10}(?:\(?[A-Z]\)?)?"), DocumentKind.TAIWAN_PERMIT),
    (re.compile(r"[A-Z][0-9]{9}"), DocumentKind.BIRTH_CERTIFICATE),
    # What a spreadsheet makes of a long number, and what has a letter in the place of a digit or a place too few.
    (re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}|[0-9A-Z]{12,24}"), DocumentKind.ID_CARD),
    (re.compile(r"[0-9A-Z]{5,11}"), DocumentKind.PASSPORT),
)


def _number_kind(compact: str) -> DocumentKind | None:
    """The document whose number this seems to be; what is too short or has too few digits is none."""
    if len(compact) < 5 or sum(map(str.isdigit, compact)) < _LEAST_DIGITS:
        return None
    return next((kind for shape, kind in _NUMBER_SHAPES if shape.fullmatch(compact)), None)
