"""The interface from the platform's side. Written apart from the broker's client on purpose.

Every call is a POST with `X-Partner`, `X-Timestamp` (milliseconds), `X-Nonce` and `X-Signature`: hex HMAC-SHA256 with the account's secret
over partner, timestamp, nonce, path and body, each on a line. Answers are signed the same way. Amounts are whole fen, of red ones below
nothing.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.insurer import filings
from simulators.invoices.books import ISSUED, Books, Conflict, Invoice
from simulators.invoices.faults import IN_THE_BOOKS, Firing, Script
from simulators.invoices.paper import invoice_paper

WINDOW = 300.0
PATHS = {f"/invoice/v1/{action}": action for action in ("issue", "reverse", "query", "document")}
FIELDS = {
    "issue": {"requestNo", "policyNo", "amount", "currency", "buyer"},
    "reverse": {"requestNo", "originalRequestNo", "originalInvoiceNo", "amount", "currency"},
    "query": {"requestNo"},
    "document": {"requestNo"},
}
NUMBER = re.compile(r"[A-Z0-9]{8,32}")
TAX_NUMBER = re.compile(r"[0-9A-Z]{15,20}")
BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Account:
    """A broker's account with one of the sellers."""

    seller: str
    secret: str


@dataclass(frozen=True)
class Call:
    """A verified call."""

    action: str
    partner: str
    path: str
    content: dict[str, Any]


class Rejected(Exception):
    """A call that was not even read. Carries the HTTP status and its code."""

    def __init__(self, status: int, code: str) -> None:
        self.status, self.code = status, code
        super().__init__(code)


class Platform:
    """Reads calls, decides, and writes answers. `done_in` is how long issuing takes, by its clock."""

    def __init__(self, *, books: Books, accounts: Mapping[str, Account], done_in: float) -> None:
        self.books = books
        self.accounts = accounts
        self.done_in = done_in
        self.script = Script()

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Verify and understand a call. Raises Rejected."""
        partner, stamp, nonce = (headers.get(name, "") for name in ("x-partner", "x-timestamp", "x-nonce"))
        account = self.accounts.get(partner)
        if account is None:
            raise Rejected(401, "4010")
        expected = _signature(account.secret, partner, stamp, nonce, path, body)
        if not hmac.compare_digest(expected, headers.get("x-signature", "")):
            raise Rejected(401, "4011")
        if not stamp.isdigit() or abs(self.books.now() - int(stamp) / 1000) > WINDOW:
            raise Rejected(401, "4012")
        if not self.books.nonce_is_new(f"{partner}:{nonce}"):
            raise Rejected(401, "4013")
        if path not in PATHS:
            raise Rejected(404, "4041")
        try:
            content = json.loads(body)
            if set(content) != FIELDS[PATHS[path]] or not NUMBER.fullmatch(content["requestNo"]):
                raise Rejected(400, "4000")
        except (ValueError, TypeError, KeyError):
            raise Rejected(400, "4000") from None
        return Call(PATHS[path], partner, path, content)

    def perform(self, call: Call, firing: Firing) -> tuple[bytes, dict[str, str]]:
        """The answer's body and headers."""
        seller, number = self.accounts[call.partner].seller, call.content["requestNo"]
        if call.action in ("issue", "reverse"):
            code, data = self._take(seller, number, call, firing)
        else:
            found = self.books.invoice(seller, number)
            code, data = self._told(found, firing, with_paper=call.action == "document") if found else ("4040", None)
        return self._signed(call, {"code": code, "message": "成功" if code == "0000" else "业务未受理", "data": data}, firing)

    def _take(self, seller: str, number: str, call: Call, firing: Firing) -> tuple[str, Any]:
        content = _issuing(call.content) if call.action == "issue" else self._reversing(seller, call.content)
        known = self.books.invoice(seller, number, hidden=True)
        code = "" if known else "INV-SCRIPTED" if "decline" in firing else self._reason_to_decline(seller, content)
        hidden_for = firing["absent"].seconds if "absent" in firing else 0
        twists = sorted(IN_THE_BOOKS & set(firing))
        try:
            taken = self.books.take(
                seller=seller, number=number, content=content, code=code, done_in=self.done_in, hidden_for=hidden_for, twists=twists
            )
        except Conflict:
            return "4090", None
        return self._told(taken, firing)

    def _reversing(self, seller: str, content: dict[str, Any]) -> dict[str, Any]:
        """A red one carries what its blue one says."""
        blue = self.books.invoice(seller, content["originalRequestNo"], hidden=True)
        same = blue is not None and (blue.state, blue.invoice_no) == (ISSUED, content["originalInvoiceNo"])
        said = {name: blue.content[name] for name in ("policy", "title", "tax_number", "email")} if blue and same else {}
        return (
            {"policy": "", "title": "", "tax_number": "", "email": ""}
            | said
            | {
                "amount": content["amount"],
                "blue": content["originalInvoiceNo"],
                "fits": same and blue is not None and blue.content["amount"] == content["amount"],
            }
        )

    def _reason_to_decline(self, seller: str, content: dict[str, Any]) -> str:
        if content["amount"] <= 0:
            return "INV-AMOUNT"
        if content["blue"]:
            if not content["fits"]:
                return "INV-NO-BLUE"
            return "INV-RED-ALREADY" if self.books.taken_back(seller, content["blue"]) else ""
        if not content["title"]:
            return "INV-TITLE"
        return "" if not content["tax_number"] or TAX_NUMBER.fullmatch(content["tax_number"]) else "INV-TAX-NUMBER"

    def _told(self, invoice: Invoice, firing: Firing, *, with_paper: bool = False) -> tuple[str, Any]:
        if invoice.code:
            return invoice.code, {"requestNo": invoice.number, "status": "DECLINED"}
        if with_paper:
            return self._paper(invoice, firing)
        if invoice.state != ISSUED:
            return "0000", {"requestNo": invoice.number, "status": "PROCESSING"}
        said = _twisted(invoice)
        return "0000", {
            "requestNo": invoice.number,
            "status": "ISSUED",
            "kind": "RED" if invoice.is_red else "BLUE",
            "invoiceNo": invoice.invoice_no,
            "amount": -said["amount"] if invoice.is_red else said["amount"],
            "buyerName": said["title"],
            "buyerTaxNo": said["tax_number"],
            "originalInvoiceNo": said["blue"],
        }

    def _paper(self, invoice: Invoice, firing: Firing) -> tuple[str, Any]:
        if invoice.state != ISSUED or "not_ready" in firing:
            return "4250", None
        pdf = b"<html><body>Service temporarily unavailable</body></html>" if "web_page" in firing else self._printed(invoice, firing)
        pdf = pdf[: len(pdf) // 2] if "broken_document" in firing else pdf
        return "0000", {"requestNo": invoice.number, "pdf": base64.b64encode(pdf).decode("ascii")}

    def _printed(self, invoice: Invoice, firing: Firing) -> bytes:
        said = _twisted(invoice)
        if "paper_title" in firing:
            said["title"] += "某"
        if "paper_amount" in firing:
            said["amount"] += 1
        number = f"{invoice.invoice_no[:-1]}X" if "paper_number" in firing else invoice.invoice_no
        seller = filings.insurer(invoice.seller, invoice.seller)
        return invoice_paper(replace(invoice, content=said, invoice_no=number), seller, datetime.fromtimestamp(invoice.done_at, BEIJING))

    def _signed(self, call: Call, content: Any, firing: Firing) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(content, ensure_ascii=False).encode()
        if "unsigned" in firing:
            return body, {}
        secret = "guessed" if "wrong_signature" in firing else self.accounts[call.partner].secret
        stamp, nonce = str(round(self.books.now() * 1000)), uuid.uuid4().hex
        signature = _signature(secret, call.partner, stamp, nonce, call.path, body)
        return body, {"X-Partner": call.partner, "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}


def _issuing(content: dict[str, Any]) -> dict[str, Any]:
    buyer = content["buyer"]
    return {
        "policy": content["policyNo"],
        "amount": content["amount"],
        "title": buyer.get("name", ""),
        "tax_number": buyer.get("taxNo", ""),
        "email": buyer.get("email", ""),
        "blue": "",
        "fits": True,
    }


def _twisted(invoice: Invoice) -> dict[str, Any]:
    """What it says, which a script can make wrong."""
    said = dict(invoice.content)
    if "wrong_title" in invoice.twists:
        said["title"] += "某"
    if "wrong_tax_number" in invoice.twists:
        said["tax_number"] = said["tax_number"][::-1] or "91000000000000000X"
    if "wrong_amount" in invoice.twists:
        said["amount"] += 100
    return said


def _signature(secret: str, partner: str, stamp: str, nonce: str, path: str, body: bytes) -> str:
    lines = "\n".join((partner, stamp, nonce, path)).encode() + b"\n" + body
    return hmac.new(secret.encode(), lines, hashlib.sha256).hexdigest()
