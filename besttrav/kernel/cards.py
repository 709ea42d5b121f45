"""Numbers of bank cards. Which bank it is nobody guesses: the tables of prefixes go out of date, and a wrong name misleads."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from besttrav.kernel.errors import Refusal

_LONGEST_TYPED = 64


class CardRefused(Refusal):
    """Not the number of a bank card."""

    code = "card_refused"
    message = _("One digit of the card number is wrong, missing or swapped.")
    way_out = _("Compare it with the card, digit by digit.")


def check(number: str) -> str:
    """The 12 to 19 digits (ISO/IEC 7812) as they are kept; full-width digits, blanks and hyphens are forgiven. Raises CardRefused."""
    if len(number) > _LONGEST_TYPED:
        raise CardRefused(_("This is too long for the number of a card."), way_out=_("Enter the number alone."))
    cleaned = re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", number))
    if not cleaned:
        raise CardRefused(_("Enter the card number."), way_out=_("It stands on the card, and in the bank's app."))
    if not re.fullmatch(r"[0-9]+", cleaned):
        raise CardRefused(_("A card number has digits only."))
    if not 12 <= len(cleaned) <= 19:
        raise CardRefused(_("A card number has 12 to 19 digits, and these are %(count)d.") % {"count": len(cleaned)})
    if not luhn.is_valid(cleaned):
        raise CardRefused
    return cleaned
