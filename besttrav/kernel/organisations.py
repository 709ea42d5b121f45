"""Unified social credit codes of organisations, by GB 32100-2015; the arithmetic is python-stdnum's."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc

from besttrav.kernel.errors import Refusal

_LONGEST_TYPED = 64

# The library's own shape wants digits in the first two places and so refuses other registers than the first ones: Y, and N of rural
# collectives.
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


class CreditCodeRefused(Refusal):
    """Not a unified social credit code."""

    code = "credit_code_refused"
    message = _("This is no unified social credit code: one character is wrong, missing or swapped.")
    way_out = _("Compare all 18 characters with the business licence.")


def check(code: str) -> str:
    """The eighteen characters as they are kept; full-width characters, blanks, hyphens and small letters are forgiven.

    Raises CreditCodeRefused.
    """
    if len(code) > _LONGEST_TYPED:
        raise CreditCodeRefused(_("This is too long for a unified social credit code."), way_out=_("Enter the code alone."))
    cleaned = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", code)).upper()
    if not cleaned:
        raise CreditCodeRefused(_("Enter the unified social credit code."), way_out=_("It stands on the business licence."))
    if len(cleaned) != 18:
        raise CreditCodeRefused(_("A unified social credit code has 18 characters, and these are %(count)d.") % {"count": len(cleaned)})
    if re.search(r"[IOSVZ]", cleaned):
        raise CreditCodeRefused(
            _("The letters I, O, S, V and Z stand in no unified social credit code."),
            way_out=_("Look whether one should be a 1, 0, 5, U or 2."),
        )
    if not _SHAPE.fullmatch(cleaned) or uscc.calc_check_digit(cleaned[:17]) != cleaned[17]:
        raise CreditCodeRefused
    return cleaned
