"""Numbers people read out: `PR26 4821 7735 0193`, with a check digit that catches a wrong character and any two swapped ones.

Two letters say what it is, two digits the year, eleven drawn digits give nothing away about our volume, and the last is the check
character of ISO/IEC 7064 MOD 37-2 over all of it. Of its 37 check characters we keep ten: a reference whose check is not a digit is
drawn again, so nobody has to type letters beyond the first two.
"""

import re
import secrets
import unicodedata

from django.utils.translation import gettext_lazy as _

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_SHAPE = re.compile(r"[A-Z]{2}[0-9]{14}")
_DRAWN_DIGITS = 11


class ReferenceRefused(Refusal):
    """What was typed is no reference of ours: a character is missing, wrong or swapped."""

    code = "reference_refused"
    message = _("This number is not one of ours: a character is missing, wrong or swapped with another.")
    way_out = _("Compare it with the paper or message it stands on and type it again.")


def mint(prefix: str) -> str:
    """A new reference in its stored form, without spaces. It is drawn, not counted: keep it unique in the database and draw again."""
    if not re.fullmatch(r"[A-Z]{2}", prefix):
        raise ValueError("a prefix is two capital letters")
    while True:
        body = f"{prefix}{clock.today():%y}{secrets.randbelow(10**_DRAWN_DIGITS):0{_DRAWN_DIGITS}}"
        if (check := check_character(body)).isdigit():
            return body + check


def parse(text: str, *, prefix: str = "") -> str:
    """The stored form of what somebody typed: spaces, hyphens, small letters and full-width characters are forgiven, mistakes are not.

    With `prefix`, a reference to something else is refused too.
    """
    reference = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", text)).upper()
    if not _SHAPE.fullmatch(reference) or not reference.startswith(prefix) or check_character(reference[:-1]) != reference[-1]:
        raise ReferenceRefused
    return reference


def grouped(reference: str) -> str:
    """As it is shown and read out: in fours."""
    return " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))


def check_character(text: str) -> str:
    """The check character of ISO/IEC 7064 MOD 37-2 for a text of digits and capital letters."""
    total = 0
    for character in text:
        total = (total + _CHARACTERS.index(character)) * 2 % 37
    return _CHARACTERS[(1 - total) % 37]
