"""The signature: HMAC-SHA256 over partner, timestamp, nonce, path and body, each on a line. Pure: moment and nonce are given."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)


def signed_headers(*, partner: str, secret: str, path: str, body: bytes, moment: datetime, nonce: str) -> dict[str, str]:
    """All headers of a signed message."""
    stamp = str(round(moment.timestamp() * 1000))
    return {
        "Content-Type": "application/json",
        "X-Partner": partner,
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": _signature(secret, partner, stamp, nonce, path, body),
    }


def flaw(*, partner: str, secret: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """What is wrong with a signed message, by lower-case header names; empty when it proves itself."""
    stamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
    if headers.get("x-partner") != partner:
        return "partner"
    expected = _signature(secret, partner, stamp, nonce, path, body)
    if not hmac.compare_digest(expected.encode(), headers.get("x-signature", "").encode()):
        return "signature"
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        return "timestamp"
    return "" if abs(now.timestamp() * 1000 - int(stamp)) <= WINDOW.total_seconds() * 1000 else "stale"


def _signature(secret: str, partner: str, stamp: str, nonce: str, path: str, body: bytes) -> str:
    lines = "\n".join((partner, stamp, nonce, path)).encode() + b"\n" + body
    return hmac.new(secret.encode(), lines, hashlib.sha256).hexdigest()
