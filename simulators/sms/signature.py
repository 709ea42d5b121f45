"""The vendor's signature, version 3 (ACS3-HMAC-SHA256), checked from the vendor's side, and written apart from our client on purpose."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from simulators.sms.books import Books

WINDOW = timedelta(minutes=15)
MUST_BE_SIGNED = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
_AUTHORIZATION = re.compile(r"^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})$")


class Rejected(Exception):
    """A protocol error: an HTTP status with the vendor's code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


def check(*, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, keys: Mapping[str, str], books: Books) -> None:
    """Raise Rejected unless the request is signed by a known key, now, for the first time, over exactly these bytes."""
    key_id, signed, signature = _authorization(headers.get("authorization", ""))
    if key_id not in keys:
        raise Rejected(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if missing := (MUST_BE_SIGNED | {name for name in headers if name.startswith("x-acs-")}) - set(signed):
        raise Rejected(400, "IncompleteSignature", f"These headers must be signed: {', '.join(sorted(missing))}.")
    if hashlib.sha256(body).hexdigest() != headers.get("x-acs-content-sha256"):
        raise Rejected(400, "SignatureDoesNotMatch", "x-acs-content-sha256 is not the digest of the body.")
    if not hmac.compare_digest(_signature(keys[key_id], method, path, query, headers, signed, body), signature):
        raise Rejected(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation.")
    _check_moment(headers["x-acs-date"], books.now())
    if not books.nonce_is_new(headers["x-acs-signature-nonce"]):
        raise Rejected(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def _authorization(text: str) -> tuple[str, list[str], str]:
    found = _AUTHORIZATION.match(text)
    if not found:
        raise Rejected(400, "MissingAuthorization", "The Authorization header is missing or malformed.")
    return found[1], found[2].split(";"), found[3]


def _signature(secret: str, method: str, path: str, query: str, headers: Mapping[str, str], signed: list[str], body: bytes) -> str:
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parse_qsl(query, keep_blank_values=True))
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in sorted(signed))
    canonical = "\n".join(
        [
            method,
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            lines,
            ";".join(sorted(signed)),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _check_moment(text: str, now: datetime) -> None:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Rejected(400, "InvalidTimeStamp.Format", "x-acs-date must look like 2026-11-22T01:02:03Z.") from None
    if abs(now - moment) > WINDOW:
        raise Rejected(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
