"""The open interface, version 2, from the insurer's side. Written apart from the broker's client on purpose.

Every call is a POST with `X-Partner`, `X-Timestamp` (milliseconds), `X-Nonce` and `X-Signature`: hex HMAC-SHA256 with the account's secret
over partner, timestamp, nonce, path and body, each on a line. Answers and callbacks are signed the same way. Amounts are whole fen.
"""

import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulators.insurer.books import CANCELLED, DECLINED, ISSUED, Books, Event, Policy
from simulators.insurer.desk import BEIJING, NUMBER, Answer, Call, Desk, Rejected
from simulators.insurer.faults import Firing
from simulators.insurer.statement import Stated
from simulators.insurer.underwriting import Rules

WINDOW = 300.0
LINK_LIFE = 600
PATHS = {
    "/open/v2/policies/issue": "submit",
    "/open/v2/policies/query": "query",
    "/open/v2/policies/cancel": "cancel",
    "/open/v2/policies/document": "document",
}
FIELDS = {
    "submit": {
        *("requestNo", "productCode", "planCode", "areaCode", "effectiveTime", "expiryTime", "premium", "currency", "notifyUrl"),
        *("applicant", "insureds", "trip", "confirmations"),
    },
    "query": {"requestNo"},
    "cancel": {"requestNo", "originalRequestNo", "policyNo", "reason", "effectiveDate"},
    "document": {"requestNo", "policyNo"},
}
CERTIFICATES = {
    "IDCARD": "id_card",
    "PASSPORT": "passport",
    "HKMTP": "hk_macao_permit",
    "MTP": "taiwan_permit",
    "HMTRP": "residence_permit",
    "FPR": "foreign_residence_card",
    "HKB": "household_book",
    "BIRTH": "birth_certificate",
    "USCC": "credit_code",
}
REASONS = {"absent": "4040", "conflict": "4090", "not_ready": "4250", "in_force": "4221", "nothing_to_cancel": "4222"}
STATED = {"issue": "承保", "cancel": "退保"}
STATUSES = {ISSUED: "ISSUED", DECLINED: "DECLINED", CANCELLED: "CANCELLED", "pending": "PROCESSING"}


@dataclass(frozen=True)
class Account:
    """A broker's account with one of the insurers."""

    insurer: str
    secret: str


class OpenInterface(Desk):
    def __init__(self, *, books: Books, folder: Path, accounts: Mapping[str, Account]) -> None:
        super().__init__(books=books, folder=folder, rules=Rules.read(Path(__file__).parent))
        self.accounts = accounts
        self._links = secrets.token_bytes(32)
        self._address = ""

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
        partner = headers.get("x-partner", "")
        account = self.accounts.get(partner)
        if account is None:
            raise Rejected(_plain(401, "4010"))
        expected = _signature(account.secret, partner, headers.get("x-timestamp", ""), headers.get("x-nonce", ""), path, body)
        if not hmac.compare_digest(expected, headers.get("x-signature", "")):
            raise Rejected(_plain(401, "4011"))
        stamp = headers.get("x-timestamp", "")
        if not stamp.isdigit() or abs(self.books.now() - int(stamp) / 1000) > WINDOW:
            raise Rejected(_plain(401, "4012"))
        if not self.books.nonce_is_new(f"{partner}:{headers.get('x-nonce', '')}"):
            raise Rejected(_plain(401, "4013"))
        if path not in PATHS:
            raise Rejected(_plain(404, "4041"))
        self._address = f"http://{headers.get('host', '')}"
        try:
            return _understood(PATHS[path], partner, account.insurer, json.loads(body))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Rejected(
                self._signed(partner, path, 400, {"code": "4000", "message": "报文格式错误", "data": None}, Firing([]))
            ) from None

    def write_policy(self, call: Call, policy: Policy, firing: Firing) -> Answer:
        if policy.state == DECLINED:
            return self._answer(
                call, f"UW-{policy.code.upper().replace('_', '-')}", {"requestNo": policy.number, "status": "DECLINED"}, firing
            )
        data: dict[str, Any] = {"requestNo": policy.number, "status": STATUSES[policy.state], "policyNo": policy.policy_no}
        if policy.state == CANCELLED:
            data["refundAmount"] = policy.refund
        if policy.state == ISSUED:
            data |= _told(self.echo(policy))
        return self._answer(call, "0000", data, firing)

    def write_failure(self, call: Call, code: str, firing: Firing) -> Answer:
        return self._answer(call, REASONS[code], None, firing)

    def write_document(self, call: Call, content: bytes, firing: Firing) -> Answer:
        number, until = call.number, int(time.time()) + LINK_LIFE
        token = hashlib.sha256(self._links + f"{call.account}/{number}/{until}".encode()).hexdigest()
        kept = self.folder / "links" / f"{token}.pdf"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
        address = "https://elsewhere.example" if "foreign_link" in firing else self._address
        data = {"requestNo": number, "url": f"{address}/files/{token}.pdf", "sha256": hashlib.sha256(content).hexdigest(), "expires": until}
        return self._answer(call, "0000", data, firing)

    def download(self, path: str) -> Answer | None:
        name = path.removeprefix("/files/")
        file = self.folder / "links" / name
        if path == name or not name.removesuffix(".pdf").isalnum() or not file.is_file():
            return None
        return Answer(200, file.read_bytes(), "application/pdf")

    def write_statement(self, lines: list[Stated]) -> bytes:
        """UTF-8 with a mark at its beginning, as spreadsheets like it; what goes back is negative."""
        rows = [
            f"{number},{line.policy_no},{STATED[line.kind]},{_yuan(line.premium)},{_yuan(line.commission)},{line.day},{self.today()}"
            for number, line in enumerate(lines, start=1)
        ]
        return "\r\n".join(["序号,保单号,业务类型,保费（元）,经纪费（元）,业务日期,出单日期", *rows, ""]).encode("utf-8-sig")

    def callback(self, event: Event) -> tuple[dict[str, str], bytes]:
        partner = next(name for name, account in self.accounts.items() if account.insurer == event.account)
        number = "S" + "A" * 26 + "001" if event.fault == "foreign_callback" else event.number
        body = json.dumps(
            {"eventId": event.event_id, "eventType": "POLICY_CHANGED", "requestNo": number, "occurredAt": self._moment().isoformat()}
        ).encode()
        stamp = self.books.now() - (7 * 86400 if event.fault == "stale_callback" else 0)
        secret = "guessed" if event.fault == "forged_callback" else self.accounts[partner].secret
        return _headers(secret, partner, urlsplit(event.url).path, body, stamp), body

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.books.now(), BEIJING)

    def _answer(self, call: Call, code: str, data: Any, firing: Firing) -> Answer:
        path = next(path for path, action in PATHS.items() if action == call.action)
        content = {"code": code, "message": "成功" if code == "0000" else "业务未受理", "data": data}
        return self._signed(call.values["partner"], path, 200, content, firing)

    def _signed(self, partner: str, path: str, status: int, content: Any, firing: Firing) -> Answer:
        body = json.dumps(content, ensure_ascii=False).encode()
        if "unsigned" in firing:
            return Answer(status, body, "application/json; charset=utf-8")
        secret = "guessed" if "wrong_signature" in firing else self.accounts[partner].secret
        return Answer(status, body, "application/json; charset=utf-8", _headers(secret, partner, path, body, self.books.now()))


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def _understood(action: str, partner: str, insurer: str, content: dict[str, Any]) -> Call:
    if set(content) != FIELDS[action] or not NUMBER.fullmatch(content["requestNo"]):
        raise ValueError
    values: dict[str, Any] = {"partner": partner}
    if action == "submit":
        values |= {"application": _application(content), "notify": content["notifyUrl"]}
    if action == "cancel":
        values |= {"submission": content["originalRequestNo"], "reason": content["reason"]}
        values |= {"on": date.fromisoformat(content["effectiveDate"]).isoformat()}
    return Call(action, insurer, content["requestNo"], values)


def _application(content: dict[str, Any]) -> dict[str, Any]:
    start, end = (datetime.fromisoformat(content[name]) for name in ("effectiveTime", "expiryTime"))
    if content["currency"] != "CNY" or start.utcoffset() is None or not isinstance(content["premium"], int):
        raise ValueError
    return {
        "number": content["requestNo"],
        "product": content["productCode"],
        "plan": content["planCode"],
        "area": content["areaCode"],
        "start": start.astimezone(BEIJING).isoformat(),
        "end": end.astimezone(BEIJING).isoformat(),
        "premium": content["premium"],
        "holder": _person(content["applicant"]),
        "insured": [_insured(person) for person in content["insureds"]],
        "trip": content["trip"],
        "confirmations": content["confirmations"],
    }


def _insured(person: dict[str, Any]) -> dict[str, Any]:
    return {
        **_person(person),
        "relation": person["relation"],
        "premium": person["premium"],
        "occupation_class": person.get("occupationClass"),
        "sums": {liability["code"]: liability["amount"] for liability in person["liabilities"]},
        "beneficiaries": [
            {**_person(one), "relation": one["relation"], "order": one["order"], "share": one["ratio"]}
            for one in person.get("beneficiaries", [])
        ],
        "answers": person.get("declarations", {}),
    }


def _person(person: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": person["name"],
        "passport_name": person.get("passportName", ""),
        "identity": {"kind": CERTIFICATES[person["certType"]], "number": person["certNo"], "until": person.get("certExpiry", "")},
        "birth_date": person.get("birthday", ""),
        "sex": {"M": "male", "F": "female"}.get(person.get("gender", ""), ""),
        "nationality": person.get("nationality", ""),
        "phone": person.get("mobile", ""),
        "email": person.get("email", ""),
    }


def _told(echo: dict[str, Any]) -> dict[str, Any]:
    return {
        "premium": echo["premium"],
        "productCode": echo["product"],
        "planCode": echo["plan"],
        "areaCode": echo["area"],
        "effectiveTime": echo["start"],
        "expiryTime": echo["end"],
        "applicant": _told_person(echo["holder"]),
        "insureds": [
            {**_told_person(person), "liabilities": [{"code": code, "amount": fen} for code, fen in person["sums"].items()]}
            for person in echo["insured"]
        ],
    }


def _told_person(person: dict[str, Any]) -> dict[str, Any]:
    codes = {kind: code for code, kind in CERTIFICATES.items()}
    return {
        "name": person["name"],
        "passportName": person["passport_name"],
        "certType": codes[person["identity"]["kind"]],
        "certNo": person["identity"]["number"],
        "birthday": person["birth_date"],
    }


def _signature(secret: str, partner: str, stamp: str, nonce: str, path: str, body: bytes) -> str:
    lines = "\n".join((partner, stamp, nonce, path)).encode() + b"\n" + body
    return hmac.new(secret.encode(), lines, hashlib.sha256).hexdigest()


def _headers(secret: str, partner: str, path: str, body: bytes, now: float) -> dict[str, str]:
    stamp, nonce = str(round(now * 1000)), uuid.uuid4().hex
    return {
        "Content-Type": "application/json",
        "X-Partner": partner,
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": _signature(secret, partner, stamp, nonce, path, body),
    }


def _plain(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"code": code, "message": "拒绝访问", "data": None}, ensure_ascii=False).encode(), "application/json")
