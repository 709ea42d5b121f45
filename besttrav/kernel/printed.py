"""What a paper says, read from its text: where a word stands by itself, and which amount follows it. Pure.

The text of a PDF has spaces and line ends where the paper has columns and corners, and companies write full-width digits and thousands.
All of that is forgiven. What is not: a digit, a letter or an ideograph more or less.
"""

import re
import unicodedata
from decimal import Decimal

from besttrav.kernel.money import Money

Places = list[tuple[int, int]]

_AMOUNT_WIDTH = 80
_AMOUNT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(万)?(?![\d.])")
_SILENT = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def plain(text: str) -> str:
    """Capitals, half-width, every stretch of silence one space, no thousands separators."""
    text = unicodedata.normalize("NFKC", text).upper()
    text = "".join(" " if unicodedata.category(one) in _SILENT else one for one in text)
    text = re.sub(r"[\u2010-\u2015]", "-", re.sub(r" +", " ", text))
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)


def places(text: str, wanted: str) -> Places:
    """Where it stands by itself: spaces inside are forgiven, neighbours that would make it something longer are not."""
    characters = [one for one in plain(wanted) if one != " "]
    if not characters:
        return []
    pattern = r"\s*".join(map(re.escape, characters))
    return [found.span() for found in re.finditer(_before(characters[0]) + pattern + _after(characters[-1]), text)]


def next_amount(text: str, at: int) -> Money | None:
    """The first amount of yuan after a place, if one follows soon."""
    found = _AMOUNT.search(text, at, at + _AMOUNT_WIDTH)
    if found is None:
        return None
    fen = Decimal(found[1]) * (1_000_000 if found[2] else 100)
    return Money(int(fen)) if fen == fen.to_integral_value() else None


_IDEOGRAPHS = "\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"


def _before(character: str) -> str:
    return f"(?<![{_kin(character)}])" if _kin(character) else ""


def _after(character: str) -> str:
    return f"(?![{_kin(character)}])" if _kin(character) else ""


def _kin(character: str) -> str:
    """What may not stand beside it: letters and digits beside one of those, ideographs beside an ideograph."""
    if re.match(f"[{_IDEOGRAPHS}]", character):
        return _IDEOGRAPHS
    return r"0-9A-Z" if character.isalnum() else ""
