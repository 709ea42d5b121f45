"""The vendor's side of RSA2, written apart from our adapter on purpose: it refuses what the real one refuses."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from simulators.cashier.keys import sign

BEIJING = ZoneInfo("Asia/Shanghai")
WINDOW = timedelta(hours=24)
NEEDED = {"app_id", "method", "charset", "sign_type", "timestamp", "version", "biz_content", "sign"}
KNOWN = NEEDED | {"format", "notify_url", "return_url", "app_auth_token"}


class Rejected(Exception):
    """A refusal: the gateway's code with the reason's."""

    def __init__(self, code: str, sub_code: str, message: str) -> None:
        self.code, self.sub_code, self.message = code, sub_code, message
        super().__init__(sub_code)


def check(given: Mapping[str, str], *, app: str, key: RSAPublicKey, now: datetime) -> None:
    """Raise Rejected unless the app signed exactly these parameters within a day."""
    if missing := NEEDED - given.keys():
        raise Rejected("40001", f"isv.missing-{sorted(missing)[0].replace('_', '-')}", "缺少参数")
    if unknown := given.keys() - KNOWN:
        raise Rejected("40002", "isv.invalid-parameter", f"不支持的参数 {sorted(unknown)[0]}")
    if given["app_id"] != app:
        raise Rejected("40002", "isv.invalid-app-id", "无效的AppID参数")
    if given["sign_type"] != "RSA2" or given["charset"].lower() != "utf-8" or given["version"] != "1.0":
        raise Rejected("40002", "isv.invalid-signature-type", "无效的签名类型、字符集或版本")
    text = "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "sign" and given[name])
    try:
        key.verify(base64.b64decode(given["sign"], validate=True), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        raise Rejected("40002", "isv.invalid-signature", "无效签名") from None
    _check_moment(given["timestamp"], now)


def signature(key: RSAPrivateKey, text: str) -> str:
    return base64.b64encode(sign(key, text.encode())).decode()


def signed(key: RSAPrivateKey, given: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a notice or a way back, signed: here neither sign nor sign_type is part of the text."""
    text = "&".join(f"{name}={given[name]}" for name in sorted(given) if name not in ("sign", "sign_type") and given[name])
    return {**given, "sign": signature(key, text)}


def _check_moment(text: str, now: datetime) -> None:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Rejected("40002", "isv.invalid-timestamp", "非法的时间戳参数") from None
    if abs(now - moment) > WINDOW:
        raise Rejected("40002", "isv.invalid-timestamp", "非法的时间戳参数")
