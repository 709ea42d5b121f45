"""Which phone numbers may be used to sign in: mainland mobiles, and invented ones where the deployment says so."""

import re

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal
from besttrav.privacy.kinds import Kind

_MAINLAND = re.compile(r"\+861\d{10}")


class PhoneRefused(Refusal):
    """Not a mainland mobile number. Says nothing about whether anybody has an account."""

    code = "phone_refused"
    message = _("Check the mobile number: a mainland number has 11 digits and begins with 1.")


def clean(text: str) -> str:
    """The number as it is kept, like +8613…; raises PhoneRefused."""
    phone = Kind.PHONE.clean(text)
    if not _MAINLAND.fullmatch(phone) or not (_is_invented(phone) or _is_assigned(phone)):
        raise PhoneRefused
    return phone


def segment(phone: str) -> str:
    """The first seven national digits: operators assign, and attackers buy, numbers in such rows."""
    return phone.removeprefix("+86")[:7]


def _is_invented(phone: str) -> bool:
    """Demo people have numbers of a range that was never assigned, so that no text can reach a stranger."""
    prefix = settings.INVENTED_PHONES
    return bool(prefix) and phone.startswith(f"+86{prefix}")


def _is_assigned(phone: str) -> bool:
    number = phonenumbers.parse(phone)
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
