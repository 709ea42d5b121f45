"""The gateway's signature: Base64 of RSA-SHA256 (PKCS#1 v1.5) over the head's four fields and the digest of the whole body. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from besttrav.kernel.clock import BEIJING

WINDOW = timedelta(minutes=5)
_SIGNED = ("QuDaoHao", "JiaoYiMa", "LiuShuiHao", "ShiJian")


def canonical(head: Mapping[str, str], body: bytes) -> bytes:
    """What is signed."""
    return "&".join([*(f"{name}={head[name]}" for name in _SIGNED), f"ZhaiYao={hashlib.sha256(body).hexdigest()}"]).encode()


def sign(key: RSAPrivateKey, head: Mapping[str, str], body: bytes) -> str:
    return base64.b64encode(key.sign(canonical(head, body), padding.PKCS1v15(), hashes.SHA256())).decode()


def flaw(*, key: RSAPublicKey, channel: str, head: Mapping[str, object], signature: str, body: bytes, now: datetime) -> str:
    """What is wrong with a signed message; empty when it proves itself."""
    fields = {name: value for name in _SIGNED if isinstance(value := head.get(name), str)}
    if len(fields) < len(_SIGNED) or fields["QuDaoHao"] != channel:
        return "head"
    try:
        key.verify(base64.b64decode(signature, validate=True), canonical(fields, body), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return "signature"
    try:
        moment = datetime.strptime(fields["ShiJian"], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return "timestamp"
    return "" if abs(now - moment) <= WINDOW else "stale"
