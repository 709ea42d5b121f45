"""The vendor's side of the signatures, written apart from our adapter on purpose: it refuses what the real one refuses."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from simulators.cashier.keys import sign

SCHEME = "WECHATPAY2-SHA256-RSA2048"
_PART = re.compile(r'(\w+)="([^"]*)"')


class Rejected(Exception):
    """A refusal: an HTTP status with the vendor's code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


def check(
    *, headers: Mapping[str, str], method: str, target: str, body: bytes, key: RSAPublicKey, merchant: str, serial: str, now: datetime
) -> str:
    """Raise Rejected unless the merchant signed exactly this request within five minutes. Returns its nonce."""
    if not headers.get("user-agent") or "application/json" not in headers.get("accept", ""):
        raise Rejected(400, "PARAM_ERROR", "请求头 User-Agent 与 Accept 不能为空")
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    parts: dict[str, str] = dict(_PART.findall(rest))
    if scheme != SCHEME or set(parts) != {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}:
        raise Rejected(401, "SIGN_ERROR", "Authorization 格式错误")
    if (parts["mchid"], parts["serial_no"]) != (merchant, serial):
        raise Rejected(401, "SIGN_ERROR", "商户号或证书序列号错误")
    if not parts["timestamp"].isdigit() or abs(int(parts["timestamp"]) - now.timestamp()) > 300:
        raise Rejected(401, "SIGN_ERROR", "请求时间戳与当前时间相差超过5分钟")
    if not 0 < len(parts["nonce_str"]) <= 32:
        raise Rejected(401, "SIGN_ERROR", "随机串长度错误")
    text = f"{method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode() + body + b"\n"
    try:
        key.verify(base64.b64decode(parts["signature"], validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        raise Rejected(401, "SIGN_ERROR", "签名错误") from None
    return parts["nonce_str"]


def signed_headers(key: RSAPrivateKey, serial: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of an answer or a notice over this body."""
    stamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    signature = base64.b64encode(sign(key, f"{stamp}\n{nonce}\n".encode() + body + b"\n")).decode()
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": SCHEME,
    }


def sealed(api_key: str, plain: bytes, kind: str) -> dict[str, str]:
    """The resource of a notice."""
    nonce = secrets.token_hex(6)
    ciphertext = AESGCM(api_key.encode()).encrypt(nonce.encode(), plain, kind.encode())
    return {
        "original_type": kind,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": kind,
        "nonce": nonce,
    }
