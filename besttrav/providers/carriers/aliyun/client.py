"""The wire: one signed POST a call, answered with the vendor's JSON or with what is known of the failure."""

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.http import Limits, Outgoing
from besttrav.providers.carriers.aliyun.signature import query_string, signed_headers

VERSION = "2017-05-25"


class Client:
    """Calls the vendor at `address`. Raises Unavailable when no readable answer came back; a refusal is an answer."""

    def __init__(self, *, address: str, key_id: str, secret: str) -> None:
        self._outgoing = Outgoing("carrier", address, limits=Limits(connect=3, silence=8, whole=12))
        self._host = urlsplit(address).netloc
        self._key_id, self._secret = key_id, secret

    def call(self, action: str, parameters: dict[str, str]) -> dict[str, Any]:
        """The parsed answer, also to a business or signature error. Unavailable means the call may or may not have had its effect."""
        headers = signed_headers(
            key_id=self._key_id,
            secret=self._secret,
            host=self._host,
            action=action,
            version=VERSION,
            query=query_string(parameters),
            moment=clock.now(),
            nonce=uuid4().hex,
        )
        answer = self._outgoing.send("POST", "/", query=parameters, headers=headers)
        if answer.status == 429:
            raise Unavailable("carrier", "it asked for patience")
        try:
            parsed = json.loads(answer.content)
        except ValueError:
            raise Unavailable("carrier", "unreadable answer") from None
        if not isinstance(parsed, dict):
            raise Unavailable("carrier", "unreadable answer")
        return parsed
