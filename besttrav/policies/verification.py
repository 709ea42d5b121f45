"""Verifying a paper: the code and QR it carries, and what a public page may tell about its policy.

Behind each policy's papers stands a secret of 128 random bits. The QR's address carries all of it as a token; the printed code is 75 bits
of its hash and a check character, for people who type. Neither can be guessed, and neither tells anything about the policy. Whoever
holds the paper sees what the paper shows anyway but for names: those are only compared with what the visitor types.
"""

import base64
import binascii
import hashlib
import io
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import segno
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal
from besttrav.kernel.references import check_character

SECRET_BYTES = 16
_TOKEN_LENGTH = 26
_DRAWN = 15
# Douglas Crockford's base 32: no I, L, O and U, so nothing on paper is taken for something else, and what is mistyped so is put right.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("ILO", "110")


class CodeRefused(Refusal):
    """What was typed or scanned is no code of ours."""

    code = "code_refused"
    message = _("This code is not one of ours: a character is missing, wrong or swapped with another.")
    way_out = _("Compare it with the paper and type it again, or scan the square code.")


@dataclass(frozen=True, slots=True)
class Verification:
    """A new secret and the code printed for it. Both are kept with the policy; keep the code unique and mint again."""

    secret: bytes
    code: str


def mint() -> Verification:
    """Draw a secret whose code ends in a check character that is in the alphabet."""
    while True:
        secret = secrets.token_bytes(SECRET_BYTES)
        code = _code(secret)
        if code[-1] in _ALPHABET:
            return Verification(secret, code)


def code_of(secret: bytes) -> str:
    """The sixteen characters printed for a secret that `mint` drew."""
    return _code(secret)


def grouped(code: str) -> str:
    """As it is printed: 7KQ2-M9XD-4HTR-0V5C."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def parse(text: str) -> str:
    """The code somebody typed. Spaces, hyphens, small letters, full-width characters and I, L, O for 1, 1, 0 are forgiven, mistakes not."""
    typed = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", text)).upper().translate(_MEANT)
    if len(typed) != _DRAWN + 1 or not set(typed) <= set(_ALPHABET) or check_character(typed[:-1]) != typed[-1]:
        raise CodeRefused
    return typed


def token_of(secret: bytes) -> str:
    """The secret as it stands in the address of the QR: 26 small letters and digits."""
    return base64.b32encode(secret).decode("ascii").rstrip("=").lower()


def secret_of(token: str) -> bytes:
    """The secret behind a token; exactly one token leads to each."""
    try:
        secret = base64.b32decode(token.upper() + "=" * 6)
    except (binascii.Error, ValueError):
        raise CodeRefused from None
    if len(token) != _TOKEN_LENGTH or len(secret) != SECRET_BYTES or token_of(secret) != token:
        raise CodeRefused
    return secret


def qr_svg(address: str) -> str:
    """The address as a QR code: SVG without styles or scripts, with its quiet zone, readable when a sixth of it is dirty."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return drawn.getvalue().decode("utf-8")


class Standing(StrEnum):
    """What a public page says of a policy on a day."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """All that a public page shows: nothing that tells who is insured."""

    number_masked: str
    insurer: str
    product: str
    first_day: date
    last_day: date
    standing: Standing


def public_view(*, number: str, insurer: str, product: str, first_day: date, last_day: date, cancelled_on: date | None, on: date) -> Public:
    """What may be shown on `on`. A policy cancelled before its first day never was in force; otherwise it is until that day."""
    return Public(
        number_masked=masked_number(number),
        insurer=insurer,
        product=product,
        first_day=first_day,
        last_day=last_day,
        standing=_standing(first_day, last_day, cancelled_on, on),
    )


def masked_number(number: str) -> str:
    """The first and last four characters; of a shorter one than twelve only the last two."""
    if len(number) < 12:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def comparable_name(text: str) -> str:
    """A name as it is compared: without case, spaces, marks between its parts and the width of its characters.

    The comparison itself is the caller's and takes the same time whatever is typed.
    """
    return re.sub(r"[\s,.'’·•‧・\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", text)).casefold()


def comparable_number(text: str) -> str:
    """The number of a document as it is compared: letters and digits only, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())


def _code(secret: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(b"besttrav paper code" + secret).digest(), "big")
    body = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_DRAWN))
    return body + check_character(body)


def _standing(first_day: date, last_day: date, cancelled_on: date | None, on: date) -> Standing:
    if cancelled_on is not None and (on >= cancelled_on or cancelled_on <= first_day):
        return Standing.CANCELLED
    if on < first_day:
        return Standing.NOT_YET
    return Standing.IN_FORCE if on <= last_day else Standing.ENDED
