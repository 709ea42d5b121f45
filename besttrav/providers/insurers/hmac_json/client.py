"""The wire: one signed POST a call, answered with the insurer's JSON, whose signature is checked before a word of it is read."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.kernel.http import Limits, Outgoing
from besttrav.providers.insurers.hmac_json.signature import flaw, signed_headers

_LARGEST_DOCUMENT = 8 * 1024 * 1024


class Client:
    """Calls the insurer at `address`. Raises Unavailable when no answer came back that it has signed; a refusal is an answer.

    The secret is read from its file at each call, so that a new one is used without a restart.
    """

    def __init__(self, *, name: str, address: str, partner: str, secret: Path) -> None:
        self.name = name
        self.partner = partner
        self._outgoing = Outgoing(name, address, limits=Limits(connect=5, silence=20, whole=30, size=_LARGEST_DOCUMENT))
        self._host = urlsplit(address).hostname or ""
        self._secret = secret

    def call(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """The parsed answer. Unavailable means the call may or may not have had its effect, unless it says that nothing left."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        secret = self.secret()
        headers = signed_headers(partner=self.partner, secret=secret, path=path, body=body, moment=clock.now(), nonce=uuid4().hex)
        try:
            answer = self._outgoing.send("POST", path, headers=headers, content=body)
        except Refusal as refused:
            raise Unavailable(self.name, refused.code, may_have_arrived=False) from None
        given = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status in (401, 403):
            raise Unavailable(self.name, "it does not know our signature")
        if flaw(partner=self.partner, secret=secret, path=path, headers=given, body=answer.content, now=clock.now()):
            raise Unavailable(self.name, "an answer it has not signed")
        return parsed(answer.content, self.name)

    def download(self, url: str, sha256: str) -> bytes:
        """A file of the insurer's own host, of the digest that its signed answer named. Raises Unavailable."""
        try:
            answer = self._outgoing.fetch(url, hosts=[self._host])
        except Refusal as refused:
            raise Unavailable(self.name, refused.code) from None
        if answer.status != 200 or not hmac.compare_digest(hashlib.sha256(answer.content).hexdigest(), sha256):
            raise Unavailable(self.name, "not the file it announced")
        return answer.content

    def secret(self) -> str:
        try:
            return self._secret.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            raise Unavailable(self.name, "its secret cannot be read here", may_have_arrived=False) from None


def parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        raise Unavailable(name, "unreadable answer") from None
    if not isinstance(read, dict):
        raise Unavailable(name, "unreadable answer")
    return read
