"""Our words and the interface's. What cannot be read is a ValueError here and `Unknown` to the house; no text of it goes along."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from besttrav.insurers.port import (
    Absent,
    Beneficiary,
    Cancel,
    Cancelled,
    Declined,
    Echo,
    EchoedPerson,
    IdentityKind,
    Insured,
    Issued,
    Outcome,
    Person,
    Relation,
    Sex,
    Submit,
    Unknown,
    Waiting,
)
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import Money
from besttrav.kernel.period import Period

CERTIFICATES = {
    IdentityKind.ID_CARD: "IDCARD",
    IdentityKind.PASSPORT: "PASSPORT",
    IdentityKind.HK_MACAO_PERMIT: "HKMTP",
    IdentityKind.TAIWAN_PERMIT: "MTP",
    IdentityKind.RESIDENCE_PERMIT: "HMTRP",
    IdentityKind.FOREIGN_RESIDENCE_CARD: "FPR",
    IdentityKind.HOUSEHOLD_BOOK: "HKB",
    IdentityKind.BIRTH_CERTIFICATE: "BIRTH",
    IdentityKind.CREDIT_CODE: "USCC",
}
_KINDS = {code: kind for kind, code in CERTIFICATES.items()}
RELATIONS = {relation: relation.value.upper() for relation in Relation}
_SEXES = {Sex.MALE: "M", Sex.FEMALE: "F"}
_DUPLICATE = "4090"
_NO_TEXT = object()


# Out


def submitting(command: Submit, notify_url: str) -> dict[str, Any]:
    return {
        "requestNo": command.number,
        "productCode": command.product,
        "planCode": command.plan,
        "areaCode": command.area,
        "effectiveTime": _moment(command.period.start),
        "expiryTime": _moment(command.period.end),
        "premium": command.premium.fen,
        "currency": "CNY",
        "notifyUrl": notify_url,
        "applicant": _person(command.holder),
        "insureds": [_insured(one) for one in command.insured],
        "trip": dict(command.trip),
        "confirmations": [{"text": one.text, "version": one.version, "at": _moment(one.at)} for one in command.confirmations],
    }


def cancelling(command: Cancel) -> dict[str, Any]:
    return {
        "requestNo": command.number,
        "originalRequestNo": command.submission,
        "policyNo": command.policy_number,
        "reason": command.because,
        "effectiveDate": command.on.isoformat(),
    }


def _insured(one: Insured) -> dict[str, Any]:
    return _person(one.person) | _given(
        {
            "relation": RELATIONS[one.relation],
            "premium": one.premium.fen,
            "occupation": one.occupation,
            "occupationClass": one.occupation_class,
            "liabilities": [{"code": code, "amount": amount.fen} for code, amount in one.sums.items()],
            "beneficiaries": [_beneficiary(other) for other in one.beneficiaries],
            "declarations": dict(one.answers),
        }
    )


def _beneficiary(one: Beneficiary) -> dict[str, Any]:
    return _person(one.person) | {"relation": RELATIONS[one.relation], "order": one.order, "ratio": one.share}


def _person(one: Person) -> dict[str, Any]:
    return _given(
        {
            "name": one.name,
            "passportName": one.passport_name,
            "certType": CERTIFICATES[one.identity.kind],
            "certNo": one.identity.number,
            "certExpiry": one.identity.valid_until.isoformat() if one.identity.valid_until else "",
            "birthday": one.birth_date.isoformat() if one.birth_date else "",
            "gender": _SEXES[one.sex] if one.sex else "",
            "nationality": one.nationality,
            "mobile": one.phone,
            "email": one.email,
            "address": one.address,
            "contact": one.contact,
        }
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: what was not asked for is not sent."""
    return {name: value for name, value in values.items() if value not in ("", None)}


def _moment(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat()


# In


def outcome(answer: Mapping[str, Any]) -> Outcome:
    """What an answer to any call says about our submission. Raises ValueError for what no reader could understand."""
    code = _text(answer, "code")
    if code == _DUPLICATE:
        return Unknown("number_used_before")  # Ask: what stands under it decides.
    if code == "4040":
        return Absent()
    if code == "0000":
        return _of_policy(_tree(answer, "data"))
    if code.startswith(("UW-", "42")):
        return Declined(_short(code))
    return Unknown(_short(code) or "no_code")


def _of_policy(data: Mapping[str, Any]) -> Outcome:
    match _text(data, "status"):
        case "ISSUED":
            return Issued(policy_number=_text(data, "policyNo", longest=64), premium=_money(data, "premium"), echo=_echo(data))
        case "CANCELLED":
            refund = _money(data, "refundAmount") if data.get("refundAmount") is not None else None
            return Cancelled(policy_number=_text(data, "policyNo", longest=64), refund=refund)
        case "PROCESSING":
            return Waiting()
    raise ValueError


def _echo(data: Mapping[str, Any]) -> Echo:
    return Echo(
        product=_text(data, "productCode"),
        plan=_text(data, "planCode"),
        area=_text(data, "areaCode"),
        period=Period(_at(data, "effectiveTime"), _at(data, "expiryTime")),
        holder=_echoed(_tree(data, "applicant")),
        insured=tuple(_echoed(one) for one in _list(data, "insureds")),
    )


def _echoed(one: Mapping[str, Any]) -> EchoedPerson:
    born = one.get("birthday")
    return EchoedPerson(
        name=_text(one, "name"),
        identity_kind=_KINDS.get(_text(one, "certType")),
        identity_number=_text(one, "certNo"),
        passport_name=_text(one, "passportName") if "passportName" in one else None,
        birth_date=date.fromisoformat(_text(one, "birthday")) if born else None,
        sums={_text(line, "code"): _money(line, "amount") for line in _list(one, "liabilities")} if "liabilities" in one else None,
    )


def document_link(answer: Mapping[str, Any]) -> tuple[str, str] | Waiting | Absent | Unknown:
    """Where the e-policy lies, and its digest."""
    match _text(answer, "code"):
        case "0000":
            data = _tree(answer, "data")
            return _text(data, "url", longest=2000), _text(data, "sha256")
        case "4250":
            return Waiting()
        case "4040":
            return Absent()
        case code:
            return Unknown(_short(code) or "no_code")


def _text(tree: Mapping[str, Any], name: str, *, longest: int = 500) -> str:
    value = tree.get(name, _NO_TEXT)
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    return value


def _tree(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = tree.get(name)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _list(tree: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = tree.get(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError
    return value


def _money(tree: Mapping[str, Any], name: str) -> Money:
    value = tree.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise ValueError
    return Money(value)


def _at(tree: Mapping[str, Any], name: str) -> datetime:
    moment = datetime.fromisoformat(_text(tree, name))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _short(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in text.lower())[:60]
