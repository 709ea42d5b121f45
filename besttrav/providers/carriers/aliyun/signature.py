"""Aliyun's request signature, version 3 (ACS3-HMAC-SHA256). Pure: moment and nonce are given."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def query_string(parameters: Mapping[str, str]) -> str:
    """The parameters sorted and percent-encoded by RFC 3986, as they are signed and as they are sent."""
    return "&".join(f"{quote(name, safe='~')}={quote(parameters[name], safe='~')}" for name in sorted(parameters))


def signed_headers(
    *, key_id: str, secret: str, host: str, action: str, version: str, query: str, moment: datetime, nonce: str, body: bytes = b""
) -> dict[str, str]:
    """All headers of a signed POST to `/`, Authorization included."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    signature = hmac.new(secret.encode(), f"ACS3-HMAC-SHA256\n{canonical_digest(headers, query)}".encode(), hashlib.sha256).hexdigest()
    return headers | {"Authorization": f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}"}


def canonical_digest(headers: Mapping[str, str], query: str) -> str:
    """SHA-256 of the canonical request, in hex."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", query, lines, ";".join(sorted(headers)), headers["x-acs-content-sha256"]])
    return hashlib.sha256(canonical.encode()).hexdigest()
