"""Our words and the vendor's."""

import json
from typing import Any

from besttrav.contact.port import LookUp, Outcome, Result, SendText

# Which approved template of the vendor stands for ours. A deployment names its own in the provider's options.
TEMPLATES = {
    "code.zh-hans": "SMS_900001",
    "code.en": "SMS_900002",
    "new_device.zh-hans": "SMS_900011",
    "new_device.en": "SMS_900012",
    "phone_changed.zh-hans": "SMS_900021",
    "phone_changed.en": "SMS_900022",
    "account_closed.zh-hans": "SMS_900031",
    "account_closed.en": "SMS_900032",
    "number_reopened.zh-hans": "SMS_900041",
    "number_reopened.en": "SMS_900042",
    "insured.zh-hans": "SMS_900051",
    "insured.en": "SMS_900052",
    "not_insured.zh-hans": "SMS_900061",
    "not_insured.en": "SMS_900062",
    "in_a_contract.zh-hans": "SMS_900071",
    "in_a_contract.en": "SMS_900072",
    "travellers_ending.zh-hans": "SMS_900081",
    "travellers_ending.en": "SMS_900082",
    "surrender_received.zh-hans": "SMS_900091",
    "surrender_received.en": "SMS_900092",
    "surrender_answered.zh-hans": "SMS_900101",
    "surrender_answered.en": "SMS_900102",
    "surrendered.zh-hans": "SMS_900111",
    "surrendered.en": "SMS_900112",
    "cover_ended.zh-hans": "SMS_900121",
    "cover_ended.en": "SMS_900122",
}

_FAILED = 2  # SendStatus of QuerySendDetails: 1 waiting for the receipt, 2 failed, 3 delivered
_PAGE = 50


def sending(message: SendText, sign_name: str, templates: dict[str, str]) -> dict[str, str]:
    """The parameters of SendSms."""
    return {
        "PhoneNumbers": _national(message.phone),
        "SignName": sign_name,
        "TemplateCode": templates[f"{message.template}.{message.language}"],
        "TemplateParam": json.dumps(dict(message.values), ensure_ascii=False, separators=(",", ":")),
        "OutId": message.number,
    }


def asking(question: LookUp, page: int) -> dict[str, str]:
    """The parameters of QuerySendDetails."""
    day = question.day.strftime("%Y%m%d")
    return {"PhoneNumber": _national(question.phone), "SendDate": day, "PageSize": str(_PAGE), "CurrentPage": str(page)}


def sent(answer: dict[str, Any]) -> Outcome:
    """What SendSms said."""
    if answer.get("Code") == "OK" and answer.get("BizId"):
        return Outcome(Result.OK, reference=str(answer["BizId"]))
    return Outcome(Result.REJECTED, code=code_of(answer)) if answer.get("Code") else Outcome(Result.UNKNOWN, code="no_code")


def found(answer: dict[str, Any], number: str) -> Outcome | None:
    """What this page of QuerySendDetails says about our number; None when it does not stand here."""
    for detail in details(answer):
        if detail.get("OutId") == number:
            if detail.get("SendStatus") == _FAILED:
                return Outcome(Result.REJECTED, code=_short(str(detail.get("ErrCode", ""))) or "failed")
            return Outcome(Result.OK)
    return None


def details(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one page of QuerySendDetails."""
    rows = answer.get("SmsSendDetailDTOs")
    found = rows.get("SmsSendDetailDTO") if isinstance(rows, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def is_last(answer: dict[str, Any], page: int) -> bool:
    """Whether nothing stands behind this page. An answer that does not count does not say so."""
    total = str(answer.get("TotalCount", ""))
    return total.isdecimal() and page * _PAGE >= int(total)


def code_of(answer: dict[str, Any]) -> str:
    """The vendor's code as one of ours: lower case, short, no blanks."""
    return _short(str(answer.get("Code", "")))


def _short(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in text.lower())[:60]


def _national(phone: str) -> str:
    return phone.removeprefix("+86")
