"""Kinds of personal data: what each is called, how it is masked, cleaned and recognised, and whether the law calls it sensitive.

Sensitive kinds follow article 28 of the Personal Information Protection Law; identity numbers are treated as sensitive (GB/T 35273, annex
B). Mask formats are those shown to staff and, until they open it, to the person.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _compact(text: str) -> str:
    return re.sub(r"[\s\-]", "", _plain(text)).upper()


def _phone(text: str) -> str:
    digits = re.sub(r"[^\d+]", "", _plain(text))
    return digits if digits.startswith("+") else f"+86{digits.removeprefix('0086')}"


def _mask_name(text: str) -> str:
    if re.match(r"[A-Za-z]", text):
        first, *rest = text.split()
        return " ".join([first.upper(), *(f"{word[0].upper()}**" for word in rest)]) if rest else f"{first[0].upper()}**"
    compound = text[:2] in COMPOUND_SURNAMES and len(text) > 2
    kept = 2 if compound else 1
    return text[:kept] + "*" * max(len(text) - kept, 1)


def _mask_phone(text: str) -> str:
    national = text.removeprefix("+86")
    return f"{national[:3]}****{national[-4:]}" if len(national) >= 9 else "****"


def _mask_email(text: str) -> str:
    name, at, host = text.partition("@")
    return f"{name[:1]}***@{host}" if at else "***"


def _mask_number(text: str) -> str:
    return (
        f"{text[:4]}{'*' * (len(text) - 8)}{text[-4:]}" if len(text) >= 12 else f"{text[:3]}****{text[-2:]}" if len(text) >= 7 else "****"
    )


def _mask_card(text: str) -> str:
    return f"**** {text[-4:]}" if len(text) >= 12 else "****"


def _mask_address(text: str) -> str:
    return f"{text[:6]}***" if len(text) > 8 else "***"


def _mask_network(text: str) -> str:
    return re.sub(r"(?:[.:][0-9A-Fa-f]*){2}$", ".*.*", text) if "." in text else f"{text[:9]}…"


def _mask_all(_text: str) -> str:
    return "***"


COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "司徒",
        "夏侯",
        "令狐",
        "长孙",
        "宇文",
        "端木",
        "百里",
        "南宫",
        "独孤",
        "闻人",
        "轩辕",
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class KindRules:
    label: object
    mask: Callable[[str], str] = _mask_all
    clean: Callable[[str], str] = _plain
    sensitive: bool = False
    pattern: str = ""


class Kind(Enum):
    """A kind of personal data. The member's name is stored and published: never rename one."""

    NAME = KindRules(_("name"), _mask_name)
    SEX = KindRules(_("sex"))
    BIRTH_DATE = KindRules(_("date of birth"), lambda text: f"{text[:4]}-**-**")
    PHONE = KindRules(_("mobile number"), _mask_phone, _phone, pattern=r"(?<!\d)(?:\+?86[ -]?)?1\d{2}[ -]?\d{4}[ -]?\d{4}(?!\d)")
    EMAIL = KindRules(_("e-mail address"), _mask_email, lambda text: _plain(text).lower(), pattern=r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
    ADDRESS = KindRules(_("address"), _mask_address)
    NATIONALITY = KindRules(_("nationality"))
    EMPLOYER = KindRules(_("employer"))
    OCCUPATION = KindRules(_("occupation"))
    MARITAL_STATUS = KindRules(_("marital status"))
    RELATION = KindRules(_("relationship"))
    IDENTITY_NUMBER = KindRules(
        _("identity document number"),
        _mask_number,
        _compact,
        sensitive=True,
        pattern=r"(?<!\d)\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)",
    )
    BANK_CARD = KindRules(_("bank card"), _mask_card, _compact, sensitive=True, pattern=r"(?<!\d)(?:\d[ -]?){15,18}\d(?!\d)")
    HEALTH = KindRules(_("health information"), sensitive=True)
    MEDICAL_RECORD = KindRules(_("medical record"), sensitive=True)
    LOSS = KindRules(_("what happened"), sensitive=True)
    FACE = KindRules(_("face image"), sensitive=True)
    SIGNATURE = KindRules(_("signature"))
    NETWORK_ADDRESS = KindRules(_("IP address"), _mask_network, pattern=r"(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
    BROWSER = KindRules(_("browser"), lambda text: text)
    LANGUAGE = KindRules(pgettext_lazy("personal data", "language"), lambda text: text)
    PAGE = KindRules(_("page asked for"), lambda text: text)
    DEVICE = KindRules(_("device"), lambda text: text)
    SEARCH_WORDS = KindRules(_("search words"))
    MESSAGE = KindRules(_("message"))
    DOCUMENT = KindRules(_("paper of a contract"))
    DECISION = KindRules(_("automatic decision and what it looked at"))
    SECRET = KindRules(_("sign-in secret"), sensitive=True)

    @property
    def label(self) -> object:
        return self.value.label

    @property
    def is_sensitive(self) -> bool:
        return self.value.sensitive

    def mask(self, text: str) -> str:
        """The form that may be shown without a purpose."""
        return self.value.mask(text)

    def clean(self, text: str) -> str:
        """The one spelling that is stored and matched: full-width digits, blanks and dashes do not make another person."""
        return self.value.clean(text)
