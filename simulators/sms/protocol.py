"""The two calls of the vendor's interface, version 2017-05-25: SendSms and QuerySendDetails."""

import json
import re
import tomllib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simulators.sms.books import Books, Text
from simulators.sms.signature import Rejected

VERSION = "2017-05-25"
BEIJING = ZoneInfo("Asia/Shanghai")
SIGN_NAMES = {"行笺保险"}
TEMPLATES: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "templates.toml").read_text(encoding="utf-8"))

# The vendor's default limits per signature and number.
LIMITS = {
    "code": [(timedelta(minutes=1), 1, "分钟"), (timedelta(hours=1), 5, "小时"), (timedelta(days=1), 10, "天")],
    "notice": [(timedelta(days=1), 50, "天")],
}

# Mainland mobiles, and 12x: never assigned, for invented people.
_MOBILE = re.compile(r"^(?:\+?86)?(1[2-9]\d{9})$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")

Answer = dict[str, Any]


def perform(action: str, version: str, parameters: dict[str, str], books: Books) -> Answer:
    """Answer one verified call. Business failures are answers with another Code, as the vendor does it."""
    calls = {"SendSms": _send, "QuerySendDetails": _query}
    if action not in calls:
        raise Rejected(404, "InvalidAction.NotFound", "Specified api is not found.")
    if version != VERSION:
        raise Rejected(400, "InvalidVersion", f"Specified version must be {VERSION}.")
    return {"RequestId": str(uuid.uuid4()).upper()} | calls[action](parameters, books)


def _send(parameters: dict[str, str], books: Books) -> Answer:
    known = {"PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId"}
    if unknown := set(parameters) - known:
        raise Rejected(400, "InvalidParameter", f"Unknown parameter: {', '.join(sorted(unknown))}.")
    for name in ("PhoneNumbers", "SignName", "TemplateCode"):
        if not parameters.get(name):
            raise Rejected(400, f"Missing{name}", f"{name} is mandatory for this action.")
    if not (mobile := _MOBILE.match(parameters["PhoneNumbers"])):
        return _no("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    if parameters["SignName"] not in SIGN_NAMES:
        return _no("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法")
    if not (template := TEMPLATES.get(parameters["TemplateCode"])):
        return _no("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法")
    try:
        values = json.loads(parameters.get("TemplateParam") or "{}")
    except ValueError:
        return _no("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        return _no("isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")
    if set(_VARIABLE.findall(template["text"])) - set(values):
        return _no("isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量")
    return _deliver(mobile[1], parameters, template, values, books)


def _deliver(phone: str, parameters: dict[str, str], template: dict[str, str], values: dict[str, str], books: Books) -> Answer:
    for life, allowed, word in LIMITS[template["kind"]]:
        since = books.now() - life
        if books.taken_since(phone=phone, sign_name=parameters["SignName"], kind=template["kind"], since=since) >= allowed:
            return _no("isv.BUSINESS_LIMIT_CONTROL", f"触发{word}级流控Permits:{allowed}")
    text = _VARIABLE.sub(lambda found: values[found[1]], template["text"])
    message = books.take(
        phone=phone,
        sign_name=parameters["SignName"],
        template=parameters["TemplateCode"],
        kind=template["kind"],
        text=f"【{parameters['SignName']}】{text}",
        out_id=parameters.get("OutId", ""),
    )
    return {"Code": "OK", "Message": "OK", "BizId": message.biz_id}


def _query(parameters: dict[str, str], books: Books) -> Answer:
    for name in ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"):
        if not parameters.get(name):
            raise Rejected(400, f"Missing{name}", f"{name} is mandatory for this action.")
    if not (mobile := _MOBILE.match(parameters["PhoneNumber"])):
        return _no("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
    found = [
        message
        for message in books.messages(phone=mobile[1], limit=1000)
        if _beijing(message.taken_at, "%Y%m%d") == parameters["SendDate"] and parameters.get("BizId", message.biz_id) == message.biz_id
    ]
    size, page = min(int(parameters["PageSize"]), 50), int(parameters["CurrentPage"])
    shown = found[(page - 1) * size : page * size]
    return {"Code": "OK", "Message": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": [_detail(m) for m in shown]}}


def _detail(message: Text) -> Answer:
    moment = _beijing(message.taken_at, "%Y-%m-%d %H:%M:%S")
    return {
        "PhoneNum": message.phone,
        "SendStatus": message.status,
        "SendDate": moment,
        "ReceiveDate": moment,
        "Content": message.text,
        "TemplateCode": message.template,
        "OutId": message.out_id,
        "ErrCode": "DELIVERED",
    }


def _beijing(moment: str, form: str) -> str:
    return datetime.fromisoformat(moment).astimezone(BEIJING).strftime(form)


def _no(code: str, message: str) -> Answer:
    return {"Code": code, "Message": message}
