"""Turns data into a paper: a Typst template and a mapping in, the bytes of a PDF/A out.

Data reaches a template as JSON in `sys.inputs.data` and in no other way, so a name is a string there, never markup. Only the fonts of
FONTS are used, whatever the machine has. The paper says when it was made by `at`, and the same input gives the same bytes.

A character that no font has is refused, never printed as a box: PDF/A forbids the box, so Typst refuses the whole paper, and we say
which field it stands in. So are controls and direction marks, which print nothing and can turn a number round.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Final

import typst

_wheel = find_spec("justmytype_intl_cjk")
assert _wheel is not None
assert _wheel.origin is not None
# Noto Sans SC, TC, JP and KR: together the common ideographs, extension A whole, and of the later ones what the national tables hold.
WHEEL_FONTS = Path(_wheel.origin).parent / "fonts"
# Characters of Chinese names that those lack; made by dev/fonts.py.
RARE_FONTS = Path(__file__).parent / "fonts"

_STANDARD: Final = "a-2b"
_PROBE = Path(__file__).with_name("probe.typ")
_PROBED_AT = datetime(2026, 1, 1, tzinfo=UTC)
# Categories that print nothing. Not "Cn": Python's tables are older than the newest ideographs, and the fonts decide.
_PRINT_NOTHING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Of other categories, and ignored by every shaper (Unicode's Default_Ignorable_Code_Point): fillers, joiners, variation selectors.
_IGNORED = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]")
_ALLOWED_CONTROLS = {"\n", "\t"}


class Unprintable(Exception):
    """Some text holds characters that cannot be printed. `fields` says where, as in `insured[2].name`; the text itself is not kept."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(f"cannot be printed: {', '.join(self.fields)}")


def typeset(template: Path, data: Mapping[str, object], *, at: datetime, fonts: Path | None = None) -> bytes:
    """The paper as PDF/A-2b. `fonts` is one more folder of fonts to look in. Safe in every thread; writes no file.

    Raises Unprintable when a string of the data cannot be printed. A mistake in the template raises `typst.TypstError`.
    """
    if at.tzinfo is None:
        raise ValueError("a paper needs a moment with a time zone")
    if troubled := [where for where, text in _strings(data) if _printing_nothing(text)]:
        raise Unprintable(troubled)
    press = _press(fonts)
    try:
        return press.print(template, json.dumps(data, ensure_ascii=False, sort_keys=True), at)
    except typst.TypstError:
        if troubled := [where for where, text in _strings(data) if press.lacks(text)]:
            raise Unprintable(troubled) from None  # The error's text quotes the name.
        raise


def unprintable(text: str, *, fonts: Path | None = None) -> str:
    """The characters of a text that could not be printed, each once; empty when all of it can. Forms ask this before a paper is due."""
    silent = _printing_nothing(text)
    return silent + _press(fonts).lacks("".join(set(text) - set(silent)))


def _strings(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Every string of the data with its place. Keys are ours and are not looked at."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, f"{where}.{name}" if where else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for place, inner in enumerate(value):
            yield from _strings(inner, f"{where}[{place}]")


def _printing_nothing(text: str) -> str:
    if text.isascii() and text.isprintable():
        return ""
    silent = {one for one in text if unicodedata.category(one) in _PRINT_NOTHING} | set(_IGNORED.findall(text))
    return "".join(sorted(silent - _ALLOWED_CONTROLS))


class _Press:
    """Fonts, loaded once, and a compiler for each template, used by one thread at a time."""

    def __init__(self, folders: list[Path]) -> None:
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)
        self._compilers: dict[Path, tuple[typst.Compiler, Lock]] = {}
        self._adding = Lock()
        self._known: set[str] = set()

    def print(self, template: Path, data: str, at: datetime) -> bytes:
        with self._adding:
            compiler, lock = self._compilers.get(template) or self._compilers.setdefault(template, self._compiler(template))
        with lock:
            paper = compiler.compile(format="pdf", pdf_standards=_STANDARD, sys_inputs={"data": data}, timestamp=int(at.timestamp()))
        assert isinstance(paper, bytes)
        return paper

    def _compiler(self, template: Path) -> tuple[typst.Compiler, Lock]:
        return typst.Compiler(template, root=template.parent, font_paths=self._fonts, ignore_system_fonts=True), Lock()

    def lacks(self, text: str) -> str:
        """The characters that no font has. Typst itself is asked, by printing each unknown one, and what it could print is remembered."""
        unknown = set(text) - self._known - _ALLOWED_CONTROLS - set(_printing_nothing(text))
        if not unknown:
            return ""
        lacking = self._refused(sorted(unknown))
        self._known |= unknown - lacking
        return "".join(sorted(lacking))

    def _refused(self, characters: list[str]) -> set[str]:
        try:
            self.print(_PROBE, json.dumps({"characters": characters}), _PROBED_AT)
        except typst.TypstError as error:
            told = {one for one in characters if f'"{one}"' in error.diagnostic or f'"\\u{{{ord(one):x}}}"' in error.diagnostic}
            return told or set(characters)
        return set()


@cache
def _press(fonts: Path | None) -> _Press:
    return _Press([WHEEL_FONTS, RARE_FONTS, *([fonts] if fonts else [])])
