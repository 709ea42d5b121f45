"""Numbers of identity documents: whether one can be right, and what it tells about its holder.

The check is ours because the libraries refuse real numbers: newer districts, residence permits of people from Hong Kong, Macao and
Taiwan, the foreigner's card of 2023. It proves no document: only that nobody mistyped what can be seen to be mistyped.

Eighteen places, shared by three documents: 6 of region, 8 of the day of birth, 3 of order (odd for men), 1 check character by
ISO/IEC 7064 MOD 11-2, which catches every single wrong character and every swap of two neighbours.
Sources: GB 11643-1999; for 81, 82 and 83 the State Council's measures on residence permits of 2018; for the foreigner's card that
begins with 9 the National Immigration Administration's rules of September 2023 (9, two digits of province, three of nationality).
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import mul
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal
from besttrav.kernel.period import anniversary


class DocumentKind(StrEnum):
    """A document a person can be named by. A child's number in the household register is that of the ID card."""

    ID_CARD = "id_card"
    BIRTH_CERTIFICATE = "birth_certificate"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGN_RESIDENCE_CARD = "foreign_residence_card"

    @property
    def label(self) -> object:
        """Its name in the middle of a sentence."""
        return _LABELS[self]


class Sex(StrEnum):
    """As documents tell it."""

    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> object:
        return _("male") if self is Sex.MALE else _("female")


@dataclass(frozen=True, slots=True)
class Identity:
    """A number that can be right, in the one spelling that is kept, with what it tells. Printing it shows the kind only."""

    kind: DocumentKind
    number: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)

    @property
    def holder(self) -> str:
        """The part that stays when the document is renewed: permits to the mainland end in a count of how often they were."""
        kept = {DocumentKind.HK_MACAO_PERMIT: 9, DocumentKind.TAIWAN_PERMIT: 8}.get(self.kind)
        return self.number[:kept]


class IdentityRefused(Refusal):
    """The number cannot be right. Says where to look again, never what was typed.

    `reason` is a word for programs; `suggests` names the document whose number it seems to be instead.
    """

    code = "identity_refused"
    way_out = _("Compare the number with the document, character by character.")

    def __init__(self, reason: str, message: object, *, way_out: object = "", suggests: DocumentKind | None = None) -> None:
        super().__init__(message, way_out=way_out)
        self.reason = reason
        self.suggests = suggests


def check(kind: str, number: str, *, today: date, who: str = "", country: str = "") -> Identity:
    """The identity behind what was typed; raises IdentityRefused.

    Full-width characters, blanks, dashes, invisible marks and small letters are forgiven. `kind` is a value of DocumentKind. `who` is a
    place on the page such as "Traveller 2", for the sentence about an empty field; a name does not belong there. `country` is that of a
    passport as two letters; without it any passport number of the world will do. `today` is the day in Beijing: births lie before it.
    """
    kind = DocumentKind(kind)
    if len(number) > _TYPED:
        raise IdentityRefused("too_long", _("This is too long for the number of a document."), way_out=_("Enter the number alone."))
    cleaned = _clean(number)
    if not cleaned:
        raise _missing(kind, who)
    if kind in _OF_EIGHTEEN and not (kind is DocumentKind.FOREIGN_RESIDENCE_CARD and _OLD_FOREIGN_CARD.fullmatch(cleaned)):
        return _of_eighteen(kind, cleaned, today)
    if kind is DocumentKind.FOREIGN_RESIDENCE_CARD:
        return _old_foreign_card(cleaned)
    return _by_shape(kind, cleaned, country.upper())


def tells_birth_and_sex(kind: str, number: str = "") -> bool:
    """Whether the day of birth and the sex are read from the number, so that nobody is asked for them.

    A foreigner's card tells them since 2023 only, so there it takes the number.
    """
    if kind == DocumentKind.FOREIGN_RESIDENCE_CARD:
        return not _OLD_FOREIGN_CARD.fullmatch(_clean(number[:_TYPED]))
    return kind in _OF_EIGHTEEN


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on that day, which the birthday itself completes; negative before birth.

    Somebody born on 29 February has a birthday on 1 March where the year has no 29th, as periods of insurance count.
    """
    years = day.year - birth_date.year
    return years if anniversary(birth_date, years) <= day else years - 1


def grouped(number: str) -> str:
    """As it is read back: an eighteen-place number as 6-8-4, any other as it is."""
    return f"{number[:6]} {number[6:14]} {number[14:]}" if len(number) == _PLACES else number


def check_character(body: str) -> str:
    """The eighteenth character for seventeen digits: ISO/IEC 7064 MOD 11-2."""
    return _CHECK_CHARACTERS[sum(map(mul, map(int, body), _WEIGHTS)) % 11]


# --- What every number goes through ---

_RULES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "documents.toml").read_text(encoding="utf-8"))
_TYPED: int = _RULES["limits"]["typed"]
OLDEST: int = _RULES["limits"]["oldest_years"]

_PLACES = 18
_WEIGHTS = tuple(2**place % 11 for place in range(17, 0, -1))
_CHECK_CHARACTERS = "10X98765432"

_OF_EIGHTEEN = frozenset({DocumentKind.ID_CARD, DocumentKind.RESIDENCE_PERMIT, DocumentKind.FOREIGN_RESIDENCE_CARD})
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGN_CARD = re.compile(r"[A-Z]{3}[0-9]{12}")

# Blanks, dashes, and the marks without width that chats and spreadsheets leave behind.
_FILLING = re.compile(r"[\s_\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_ALIKE = str.maketrans("×✕Ⅹ", "XXX")

_LABELS = {
    DocumentKind.ID_CARD: _("resident ID card"),
    DocumentKind.BIRTH_CERTIFICATE: _("birth certificate"),
    DocumentKind.PASSPORT: _("passport"),
    DocumentKind.HK_MACAO_PERMIT: _("mainland travel permit for Hong Kong and Macao residents"),
    DocumentKind.TAIWAN_PERMIT: _("mainland travel permit for Taiwan residents"),
    DocumentKind.RESIDENCE_PERMIT: _("residence permit for Hong Kong, Macao and Taiwan residents"),
    DocumentKind.FOREIGN_RESIDENCE_CARD: _("foreign permanent resident ID card"),
}


def _clean(number: str) -> str:
    if not number.isascii():
        number = unicodedata.normalize("NFKC", number.translate(_ALIKE))
    return _FILLING.sub("", number).upper()


def _missing(kind: DocumentKind, who: str) -> IdentityRefused:
    if who:
        message: object = _("Enter the number of the %(document)s of %(who)s.") % {"document": kind.label, "who": who}
    else:
        message = _("Enter the number of the %(document)s.") % {"document": kind.label}
    return IdentityRefused("missing", message, way_out=_("It stands on the document itself."))


def _other(kind: DocumentKind) -> IdentityRefused:
    return IdentityRefused(
        "other_document",
        _("This looks like the number of another document: %(document)s.") % {"document": kind.label},
        way_out=_("Choose that document above, or enter the number of the one you chose."),
        suggests=kind,
    )


# --- Eighteen places ---


def _of_eighteen(kind: DocumentKind, number: str, today: date) -> Identity:
    _refuse_misshapen(kind, number)
    _refuse_wrong_region(kind, number[:2])
    birth_date = _birth_date(number, today)
    if check_character(number[:17]) != number[17]:
        raise IdentityRefused(
            "check_digit",
            _("The last character does not fit the others, so one of them is wrong, missing or swapped."),
            way_out=_("Compare all 18 characters with the document. The last one may be an X."),
        )
    return Identity(kind, number, birth_date, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def _refuse_misshapen(kind: DocumentKind, number: str) -> None:
    if _EIGHTEEN.fullmatch(number):
        return
    if (other := _shown_by_shape(number)) and other is not kind:
        raise _other(other)
    if re.fullmatch(r"[0-9]{15}", number):
        raise IdentityRefused(
            "old_number",
            _("This is an old number with 15 digits. Cards of that kind have not been valid since 2013."),
            way_out=_("Enter the 18 characters of the present card, or of the household register."),
        )
    if re.fullmatch(r"[0-9]{17}", number):
        raise IdentityRefused(
            "wrong_length",
            _("The number has 18 characters, and these are 17: one is missing."),
            way_out=_("If the last one on the document is an X, enter it too."),
        )
    if len(number) != _PLACES:
        raise IdentityRefused("wrong_length", _("The number has 18 characters, and these are %(count)d.") % {"count": len(number)})
    if re.search(r"[OIL]", number[:17]):
        raise IdentityRefused(
            "wrong_character",
            _("There is a letter where a digit belongs."),
            way_out=_("Look whether an O should be a 0, or an I or L a 1."),
        )
    raise IdentityRefused("wrong_character", _("The number has only digits, and at the very end perhaps an X."))


def _refuse_wrong_region(kind: DocumentKind, region: str) -> None:
    belongs = (
        DocumentKind.FOREIGN_RESIDENCE_CARD
        if region[0] == "9"
        else DocumentKind.RESIDENCE_PERMIT
        if region in ("81", "82", "83")
        # Districts are merged and founded every year, and numbers outlive them: only the range of the provinces is looked at.
        else DocumentKind.ID_CARD
        if "11" <= region <= "65" or region == "71"
        else None
    )
    if belongs is None:
        raise IdentityRefused("wrong_region", _("No number begins like this: the first two digits stand for a province."))
    if belongs is not kind:
        raise _other(belongs)


def _birth_date(number: str, today: date) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityRefused(
            "no_such_day",
            _("The 7th to the 14th digit are the day of birth, and there is no such day."),
            way_out=_("Compare these eight digits with the document: year, month, day."),
        ) from None
    if born > today:
        raise IdentityRefused(
            "birth_in_future",
            _("The 7th to the 14th digit are the day of birth, and it is still to come."),
            way_out=_("Compare these eight digits with the document: year, month, day."),
        )
    if today.year - born.year > OLDEST:
        raise IdentityRefused(
            "too_long_ago",
            _("The 7th to the 14th digit are the day of birth, and it lies too far back."),
            way_out=_("Compare these eight digits with the document: year, month, day."),
        )
    return born


def _old_foreign_card(number: str) -> Identity:
    """Three letters of nationality, four digits of region, six of birth, one of order, one of check.

    Two digits of the year tell a child from somebody past a hundred as little as the number does, so the birth date is asked for. How the
    last digit is worked out was never published.
    """
    try:
        date(2000, int(number[9:11]), int(number[11:13]))
    except ValueError:
        raise IdentityRefused("no_such_day", _("The 8th to the 13th place are the day of birth, and there is no such day.")) from None
    return Identity(DocumentKind.FOREIGN_RESIDENCE_CARD, number)


# --- Documents without a check digit ---

# Sources: permits for Hong Kong and Macao: the Ministry of Public Security's rules on their numbers (March 2010: H or M, eight digits for
# life, two that count renewals) and the National Immigration Administration's notice of July 2024 (HA, MA for those of other nationality).
# Permits for Taiwan: eight digits for life since the cards of 2015, before that ten, with a letter in brackets.
# Birth certificates: the National Health Commission's sixth and seventh edition, one letter and nine digits.
_SHAPES = {
    DocumentKind.HK_MACAO_PERMIT: re.compile(r"[HM](?:[0-9]{8}|[0-9]{10}|A[0-9]{7})"),
    DocumentKind.TAIWAN_PERMIT: re.compile(r"[0-9]{8}|[0-9]{10}"),
    DocumentKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
}
_SHAPES_IN_WORDS = {
    DocumentKind.HK_MACAO_PERMIT: _("The number is an H or M followed by 8 or 10 digits."),
    DocumentKind.TAIWAN_PERMIT: _("The number has 8 digits, on older permits 10."),
    DocumentKind.BIRTH_CERTIFICATE: _("The number is a letter followed by 9 digits."),
    DocumentKind.PASSPORT: _("A passport number has 5 to 9 letters and digits and nothing else."),
}
_PASSPORTS = {country: re.compile("|".join(patterns)) for country, patterns in _RULES["passport"]["country"].items()}
_ANY_PASSPORT = re.compile("|".join(_RULES["passport"]["any"]))


def _by_shape(kind: DocumentKind, number: str, country: str) -> Identity:
    if kind is DocumentKind.PASSPORT:
        number = re.sub(r"[.<]", "", number)
        shape = _PASSPORTS.get(country, _ANY_PASSPORT)
    else:
        shape = _SHAPES[kind]
    if kind is DocumentKind.TAIWAN_PERMIT:
        number = re.sub(r"\([A-Z]\)$", "", number)
    if shape.fullmatch(number):
        return Identity(kind, number)
    if (other := _shown_by_shape(number)) and other is not kind:
        raise _other(other)
    raise IdentityRefused("wrong_shape", _passport_in_words(country) if kind is DocumentKind.PASSPORT else _SHAPES_IN_WORDS[kind])


def _passport_in_words(country: str) -> object:
    if country == "CN":
        return _("A Chinese passport number has 9 characters: E or G and 8 digits, or E, a letter other than I and O, and 7 digits.")
    if country in _PASSPORTS:
        return _("Passports of that country have numbers of another form.")
    return _SHAPES_IN_WORDS[DocumentKind.PASSPORT]


def _shown_by_shape(number: str) -> DocumentKind | None:
    """The document a number can belong to and no other, or None. Shorter numbers than these are too alike to tell."""
    if _EIGHTEEN.fullmatch(number) and check_character(number[:17]) == number[17]:
        if number[0] == "9":
            return DocumentKind.FOREIGN_RESIDENCE_CARD
        return DocumentKind.RESIDENCE_PERMIT if number[:2] in ("81", "82", "83") else DocumentKind.ID_CARD
    if _OLD_FOREIGN_CARD.fullmatch(number):
        return DocumentKind.FOREIGN_RESIDENCE_CARD
    if re.fullmatch(r"[HM][0-9]{10}", number):
        return DocumentKind.HK_MACAO_PERMIT
    return DocumentKind.BIRTH_CERTIFICATE if re.fullmatch(r"[A-Z][0-9]{9}", number) else None
