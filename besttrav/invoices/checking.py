"""What was asked for against what was issued, and against what the paper says. Pure; tells the names of fields and never a value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from besttrav.invoices.port import Issued
from besttrav.kernel.money import Money
from besttrav.kernel.printed import next_amount, places, plain

# On the form of the tax office the total, tax included, stands behind the word for "in figures": 价税合计（大写）…（小写）¥120.50.
_TOTAL = re.compile(r"小\s*写\s*\)?")
_SIGN_WIDTH = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Asked:
    """What an invoice has to say. Without `title` nobody may be told any more whose it is, and only the rest is compared. `reverses` is the
    official number of the blue one that a red one takes back."""

    amount: Money
    title: str = ""
    tax_number: str = ""
    reverses: str = ""

    def __repr__(self) -> str:
        return "Asked()"


def differences(asked: Asked, issued: Issued) -> list[str]:
    """The fields in which the invoice is not what was asked for."""
    found = [] if issued.official_number else ["official_number"]
    found += [name for name in ("amount", "reverses") if getattr(asked, name) != getattr(issued, name)]
    if asked.title:
        found += [name for name in ("title", "tax_number") if _spelt(getattr(asked, name)) != _spelt(getattr(issued, name))]
    return found


def paper_differences(pdf_text: str, asked: Asked, official_number: str) -> list[str]:
    """The fields that the paper does not say as they are."""
    return list(_missing(plain(pdf_text), asked, official_number))


def _spelt(text: str) -> str:
    """Blanks at the ends, full-width letters and small ones make no other name."""
    return " ".join(plain(text).split())


def _missing(text: str, asked: Asked, official_number: str) -> Iterator[str]:
    if not places(text, official_number):
        yield "official_number"
    if not any(_total(text, label.end()) == (bool(asked.reverses), asked.amount) for label in _TOTAL.finditer(text)):
        yield "amount"
    if asked.title and not places(text, asked.title):
        yield "title"
    if asked.tax_number and not places(text, asked.tax_number):
        yield "tax_number"
    if asked.reverses and not places(text, asked.reverses):
        yield "reverses"


def _total(text: str, at: int) -> tuple[bool, Money | None]:
    """Whether the total is taken back, and how much it is."""
    amount = re.compile(r"\d").search(text, at)
    before = text[at : min(amount.start(), at + _SIGN_WIDTH)] if amount else ""
    return "-" in before, next_amount(text, at)
