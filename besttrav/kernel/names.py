"""Names of people as their documents write them: Chinese ones, and those in Latin letters as a passport's machine-readable lines do.

Nothing is guessed: no name is split into surname and given names, and no pinyin is made up. A document writes Ü as YU (passports since
2012), V, U or UE, and only its holder can look.
Source for Latin letters: ICAO Doc 9303 part 3, section 4.6 (names) and section 6 (letters of the machine-readable zone).
"""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal

# Ours: the longest Chinese name on an ID card is far shorter, dots of transcribed names included.
SHORTEST, LONGEST = 2, 25
# Doc 9303 part 4: 39 places for the whole name, with two fillers between its halves.
LONGEST_LATIN = 39


class NameRefused(Refusal):
    """Not a name as a document writes it. `field` says which of two fields it is about: "surname", "given_names" or "" for the only one."""

    code = "name_refused"
    way_out = _("Write it exactly as on the document.")

    def __init__(self, message: object, *, way_out: object = "", field: str = "") -> None:
        super().__init__(message, way_out=way_out)
        self.field = field


@dataclass(frozen=True, slots=True, repr=False)
class PassportName:
    """Surname and given names in capital letters with single blanks. Given names are empty where the passport has one name only."""

    surname: str
    given_names: str

    def __str__(self) -> str:
        """As on tickets: surname first."""
        return f"{self.surname} {self.given_names}".rstrip()

    def __repr__(self) -> str:
        return "<PassportName>"


def full(text: str) -> str:
    """A whole name from one field, in whichever of the two scripts it is written; raises NameRefused."""
    return latin(text) if _LATIN_BEGINS.match(_plain(text)) else chinese(text)


def chinese(text: str) -> str:
    """A name in Chinese characters; the dot of a transcribed name is `·` however it was typed. Raises NameRefused."""
    name = _DOTS.sub("·", _plain(text))
    if not name:
        raise NameRefused(_("Enter the name."))
    if _PRIVATE.search(name):
        raise NameRefused(
            _("One character of the name exists on this device only, so nobody else could read it."),
            way_out=_("Copy the character from a web page or a message, or ask us to enter it from the document."),
        )
    if re.search(r"\s", name):
        raise NameRefused(_("There is a blank inside the name."), way_out=_("Take it out: Chinese names are written without blanks."))
    if re.search(r"[0-9]", name):
        raise NameRefused(_("There is a digit in the name."), way_out=_("Enter the name alone."))
    if not _CHINESE.fullmatch(name):
        raise _not_chinese(name)
    if not SHORTEST <= len(name) <= LONGEST:
        raise NameRefused(
            _("A Chinese name has between %(shortest)d and %(longest)d characters.") % {"shortest": SHORTEST, "longest": LONGEST}
        )
    return name


def latin(text: str) -> str:
    """A whole name in Latin letters, in capitals, in the order it was written; raises NameRefused."""
    name = _capitals(text, "")
    if not name:
        raise NameRefused(_("Enter the name."))
    if len(name) < SHORTEST:
        raise NameRefused(_("One letter is not a whole name."))
    return name


def passport(surname: str, given_names: str, *, one_name: bool = False) -> PassportName:
    """The name as the two machine-readable lines of a passport have it; raises NameRefused with its field.

    Small letters become capitals, hyphens a blank, apostrophes and full stops nothing, and marks above and below letters are left out, as
    in those lines. Ä, Ö, Ü, Å and Ñ are refused, because countries write them differently. With `one_name` the surname stands alone.
    """
    name = PassportName(_capitals(surname, "surname"), _capitals(given_names, "given_names"))
    if not name.surname:
        raise NameRefused(_("Enter the surname as in the passport."), field="surname")
    if one_name and name.given_names:
        raise NameRefused(_("You said the passport has one name only, and here are two."), field="given_names")
    if not one_name and not name.given_names:
        raise NameRefused(
            _("Enter the given names as in the passport."),
            way_out=_("If the passport has one name only, say so below and leave this empty."),
            field="given_names",
        )
    if len(name.surname) + 2 + len(name.given_names) > LONGEST_LATIN:
        raise NameRefused(
            _("The name is longer than the %(places)d places a passport has for it.") % {"places": LONGEST_LATIN},
            way_out=_("Copy it from the two lines at the bottom of the passport page."),
            field="given_names",
        )
    return name


# --- Both scripts ---

# Marks without width, and the selectors that choose between drawings of one character.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_LONGEST_TYPED = 200
# A dot and an apostrophe that folding would take apart into a blank and a mark.
_BEFORE_FOLDING = str.maketrans({"˙": "·", "´": "'"})


def _plain(text: str, field: str = "") -> str:
    """Without full-width forms and invisible marks."""
    if len(text) > _LONGEST_TYPED:
        raise NameRefused(_("This is too long for a name."), way_out=_("Enter the name alone."), field=field)
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text.translate(_BEFORE_FOLDING))).strip()


# --- Chinese ---

# Unified ideographs with their extensions up to plane 3, the compatibility ones, and the round zero that some names have. Ranges, because
# the tables of this Python may be older than a name.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHINESE = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
# How the dot between the parts of a transcribed name is typed: on phones, on keyboards, in old word processors.
_DOTS = re.compile(r"\s*[·•・‧∙⋅ᐧ.。]+\s*")


def _not_chinese(name: str) -> NameRefused:
    if re.search(r"[A-Za-z]", name):
        return NameRefused(_("The name mixes Chinese characters with other letters."))
    if name.startswith("·") or name.endswith("·"):
        return NameRefused(_("The dot in a name stands between two parts of it."))
    return NameRefused(_("There is a character in the name that no document has."), way_out=_("Enter the name alone, without signs."))


# --- Latin ---

_LATIN_BEGINS = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_APOSTROPHES = re.compile("[.'`\u02b9-\u02bf\u2018\u2019\u201b\u2032]")
_JOINTS = re.compile(r"[\s\-\u2010-\u2015\u2212<]+")
_MARKS = re.compile("[\u0300-\u036f]")
# Section 6 of part 3: letters that are no base letter with a mark.
_WRITTEN_OUT = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "OE", "ẞ": "SS", "Þ": "TH", "Ð": "D", "Đ": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Ŋ": "N", "ı": "I"}
)
# With what stands on an U in pinyin, too: Ǖ, Ǘ, Ǚ and Ǜ.
_AMBIGUOUS = re.compile("[AOU]\u0308|A\u030a|N\u0303")


def _capitals(text: str, field: str) -> str:
    """The letters as the machine-readable lines have them. `upper` already writes ß as SS."""
    letters = unicodedata.normalize("NFD", _APOSTROPHES.sub("", _plain(text, field)).upper())
    if _AMBIGUOUS.search(letters):
        raise NameRefused(
            _("Passports write Ä, Ö, Ü, Å and Ñ in different ways: a Chinese Ü may be YU, V or U, others are AE, OE or UE."),
            way_out=_("Copy the letters from the two lines at the bottom of the passport page."),
            field=field,
        )
    name = _JOINTS.sub(" ", _MARKS.sub("", letters).translate(_WRITTEN_OUT)).strip()
    if not re.fullmatch(r"[A-Z ]*", name):
        raise NameRefused(
            _("Only the letters A to Z stand here."),
            way_out=_("Copy the letters from the two lines at the bottom of the passport page."),
            field=field,
        )
    if len(name) > LONGEST_LATIN:
        raise NameRefused(
            _("The name is longer than the %(places)d places a passport has for it.") % {"places": LONGEST_LATIN},
            way_out=_("Copy it from the two lines at the bottom of the passport page."),
            field=field,
        )
    return name
