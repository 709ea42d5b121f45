"""Retention classes: how long a file is kept, counted from which event, by which rule. The numbers live in `keeping.toml`."""

import calendar
import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Literal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

_PERIOD = re.compile(r"(\d+)([dmy])")

# The events that start a period.
STARTS = {
    "creation": _("its creation"),
    "last_activity": _("the last activity"),
    "account_closed": _("the closing of the account"),
    "contract_end": _("the end of the contract"),
    "relationship_end": _("the end of the last contract"),
    "claim_closed": _("the closing of the claim"),
    "ticket_closed": _("the closing of the ticket"),
    "conversation_closed": _("the end of the conversation"),
    "processing_end": _("the end of the processing"),
    "request_closed": _("the answer to the request"),
    "leaving": _("leaving the company"),
}


@dataclass(frozen=True, slots=True)
class KeepRules:
    code: str
    label: str
    label_zh: str
    starts: str
    period: str
    asked: Literal["erase", "restrict"]
    source: str
    source_zh: str
    sure: str

    def __post_init__(self) -> None:
        if not _PERIOD.fullmatch(self.period) or self.asked not in ("erase", "restrict") or not self.source:
            raise ValueError(f"keeping.toml: {self.code} needs a period like 5y, 7m or 30d, an answer to a request, and a source")
        if self.starts not in STARTS:
            raise ValueError(f"keeping.toml: {self.code} starts with an event that has no name: {self.starts}")


class Keep(Enum):
    """A retention class. The member's name is stored with each file: never rename one."""

    ACCOUNT = "ACCOUNT"
    QUOTE = "QUOTE"
    QUOTE_HEALTH = "QUOTE_HEALTH"
    CONTRACT = "CONTRACT"
    LONG_CONTRACT = "LONG_CONTRACT"
    IDENTITY = "IDENTITY"
    INVOICE = "INVOICE"
    CLAIM = "CLAIM"
    TICKET = "TICKET"
    CHAT = "CHAT"
    CONSENT = "CONSENT"
    LOG = "LOG"
    DEVICE = "DEVICE"
    SEARCH = "SEARCH"
    TRAVELLER = "TRAVELLER"
    REQUEST = "REQUEST"
    STAFF = "STAFF"
    MESSAGE = "MESSAGE"
    CODE = "CODE"
    EXPORT = "EXPORT"

    @property
    def rules(self) -> KeepRules:
        return _RULES[self]

    @property
    def label(self) -> str:
        """What is kept, in the reader's language."""
        return self.rules.label_zh if _reads_chinese() else self.rules.label

    @property
    def source(self) -> str:
        """The rule it is kept by, in the reader's language."""
        return self.rules.source_zh if _reads_chinese() else self.rules.source

    @property
    def period(self) -> str:
        """How long, in words: "5 years"."""
        amount, unit = int(self.rules.period[:-1]), self.rules.period[-1]
        if unit == "d":
            return ngettext("%(amount)d day", "%(amount)d days", amount) % {"amount": amount}
        if unit == "m":
            return ngettext("%(amount)d month", "%(amount)d months", amount) % {"amount": amount}
        return ngettext("%(amount)d year", "%(amount)d years", amount) % {"amount": amount}

    @property
    def starts_at_creation(self) -> bool:
        return self.rules.starts == "creation"

    def ends_on(self, started_on: date) -> date:
        """The first day on which the file may no longer be read, when its clock started on `started_on` (Beijing days).

        A month or year that lacks the day ends on its last day: a leap day counts to 28 February.
        """
        amount, unit = int(self.rules.period[:-1]), self.rules.period[-1]
        if unit == "d":
            return started_on + timedelta(days=amount)
        months = started_on.year * 12 + started_on.month - 1 + amount * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(started_on.day, last))


def _reads_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _load() -> dict[Keep, KeepRules]:
    tables = tomllib.loads(Path(__file__).with_name("keeping.toml").read_text(encoding="utf-8"))
    return {keep: KeepRules(**tables[keep.value]) for keep in Keep}


_RULES = _load()
