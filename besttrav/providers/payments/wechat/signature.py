"""WeChat Pay's signatures and seals, version 3. Pure: moment, nonce and keys are given."""

import base64
import binascii
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW = timedelta(minutes=5)


def signed_text(*parts: str | bytes) -> bytes:
    """The parts as lines, each ended by a line feed, the last one too."""
    return b"".join((part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)


def authorization(
    *, merchant: str, serial: str, key: RSAPrivateKey, method: str, target: str, body: bytes, moment: datetime, nonce: str
) -> str:
    """The Authorization header of a request. `target` is path and query exactly as they are sent, `body` the very bytes."""
    stamp = str(int(moment.timestamp()))
    signature = base64.b64encode(key.sign(signed_text(method, target, stamp, nonce, body), PKCS1v15(), SHA256())).decode()
    return f'{SCHEME} mchid="{merchant}",nonce_str="{nonce}",signature="{signature}",timestamp="{stamp}",serial_no="{serial}"'


def is_signed(*, key: RSAPublicKey, stamp: str, nonce: str, body: bytes, signature: str) -> bool:
    """Whether the owner of the key signed this answer or notice. What is no base64 is no signature."""
    try:
        key.verify(base64.b64decode(signature, validate=True), signed_text(stamp, nonce, body), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def is_fresh(stamp: str, now: datetime) -> bool:
    """Whether the signed time lies within five minutes of ours: an old genuine notice is refused like a forged one."""
    return stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 and abs(int(stamp) - now.timestamp()) < WINDOW.total_seconds()


def opened(*, api_key: bytes, nonce: str, sealed: str, associated: str) -> bytes | None:
    """The content of an encrypted notice; None when it was not sealed with our key."""
    try:
        return AESGCM(api_key).decrypt(nonce.encode(), base64.b64decode(sealed, validate=True), associated.encode())
    except (InvalidTag, binascii.Error, ValueError):
        return None
