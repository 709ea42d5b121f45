"""Our words and the interface's. What cannot be read is a ValueError here and `Unknown` to the house; no text of it goes along."""

import base64
from collections.abc import Mapping
from typing import Any

from besttrav.invoices.port import Absent, Declined, Document, Issue, Issued, Outcome, Reverse, Unknown, Waiting
from besttrav.kernel.money import Money

_LARGEST = 12_000_000  # characters of Base64


# Out


def issuing(command: Issue) -> dict[str, Any]:
    buyer = {"name": command.title, "taxNo": command.tax_number, "email": command.email}
    return {
        "requestNo": command.number,
        "policyNo": command.policy_number,
        "amount": command.amount.fen,
        "currency": "CNY",
        "buyer": {name: value for name, value in buyer.items() if value},
    }


def reversing(command: Reverse) -> dict[str, Any]:
    return {
        "requestNo": command.number,
        "originalRequestNo": command.blue,
        "originalInvoiceNo": command.official_number,
        "amount": command.amount.fen,
        "currency": "CNY",
    }


# In


def outcome(answer: Mapping[str, Any]) -> Outcome:
    """What an answer to any call says about our number. Raises ValueError for what no reader could understand."""
    match _text(answer, "code"):
        case "0000":
            return _of_invoice(_tree(answer))
        case "4090":
            return Unknown("number_used_before")  # Ask: what stands under it decides.
        case "4040":
            return Absent()
        case code if code.startswith("INV-"):
            return Declined(_short(code))
        case code:
            return Unknown(_short(code) or "no_code")


def document(answer: Mapping[str, Any]) -> Document | Waiting | Absent | Unknown:
    match _text(answer, "code"):
        case "0000":
            return Document(base64.b64decode(_text(_tree(answer), "pdf", longest=_LARGEST), validate=True))
        case "4250":
            return Waiting()
        case "4040":
            return Absent()
        case code:
            return Unknown(_short(code) or "no_code")


def _of_invoice(data: Mapping[str, Any]) -> Outcome:
    match _text(data, "status"):
        case "PROCESSING":
            return Waiting()
        case "ISSUED":
            return Issued(
                official_number=_text(data, "invoiceNo", longest=40),
                amount=_money(data),
                title=_text(data, "buyerName"),
                tax_number=_text(data, "buyerTaxNo"),
                reverses=_text(data, "originalInvoiceNo", longest=40),
            )
    raise ValueError


def _text(tree: Mapping[str, Any], name: str, *, longest: int = 500) -> str:
    value = tree.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _tree(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    value = answer.get("data")
    if not isinstance(value, dict):
        raise ValueError
    return value


def _money(data: Mapping[str, Any]) -> Money:
    """An amount is positive and the colour says the rest: a red one that is not negative, or a blue one that is, is unreadable."""
    value, is_red = data.get("amount"), _text(data, "kind") == "RED"
    if not isinstance(value, int) or isinstance(value, bool) or (value < 0) != is_red or abs(value) >= 10**15:
        raise ValueError
    return abs(Money(value))


def _short(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in text.lower())[:60]
