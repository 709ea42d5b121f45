"""Time-based one-time codes (RFC 6238): six digits, thirty seconds, SHA-1 as every authenticator app expects."""

import secrets
from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP = 30
DRIFT = 1  # steps accepted on either side, RFC 6238 section 5.2


def new_secret() -> bytes:
    """160 random bits, RFC 4226 section 4."""
    return secrets.token_bytes(20)


def code_at(secret: bytes, moment: datetime) -> str:
    """The code that the app shows at `moment`."""
    return _code(secret, _step(moment))


def matching_step(secret: bytes, code: str, moment: datetime, *, after: int) -> int | None:
    """The time step whose code this is, or None. Steps up to `after` were used already and never match again."""
    now = _step(moment)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and compare_digest(_code(secret, step).encode(), code.encode()):
            return step
    return None


def enrolment_address(secret: bytes, *, account: str, issuer: str) -> str:
    """The otpauth:// address that an authenticator app reads from a QR code."""
    key = b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={key}&issuer={quote(issuer)}&algorithm=SHA1&digits=6&period={STEP}"


def _step(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP


def _code(secret: bytes, step: int) -> str:
    # SHA-1 is what authenticator apps implement; its collisions do not matter inside HMAC.
    return TOTP(secret, 6, SHA1(), STEP).generate(step * STEP).decode()  # noqa: S303 - RFC 6238
