"""The wire: signed requests, and answers that are believed only when WeChat Pay has signed them."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.http import Limits, Outgoing
from besttrav.kernel.rsa_keys import private_key
from besttrav.providers.payments.wechat.signature import SCHEME, authorization, is_fresh, is_signed, opened

logger = logging.getLogger(__name__)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A readable answer. `code` is the vendor's word for a refusal, empty for success."""

    status: int
    content: Json
    code: str = ""


class Client:
    """Speaks for one merchant. Keys are read from files when they are first needed, platform keys again when an unknown one is named."""

    def __init__(self, *, address: str, merchant: str, serial: str, key: str, api_key: str, platform_keys: str) -> None:
        self._outgoing = Outgoing("wechat", address, limits=Limits(connect=3, silence=8, whole=12))
        self._files = Outgoing("wechat", address, limits=Limits(connect=3, silence=20, whole=60, size=64 * 1024 * 1024))
        self._base = urlsplit(address).path.rstrip("/")
        self._host = urlsplit(address).hostname or ""
        self.merchant = merchant
        self._serial = serial
        self._key_file, self._api_key_file, self._platform_folder = Path(key), Path(api_key), Path(platform_keys)
        self._key: RSAPrivateKey | None = None
        self._trusted: dict[str, RSAPublicKey] = {}

    def call(
        self,
        method: str,
        path: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
    ) -> Said:
        """One signed call. Raises Unavailable when nobody can know what it did: no answer, 429, 5xx, unreadable, or not signed by them."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() if body is not None else b""
        headers = self._headers(method, _target(self._base + path, values, query), content)
        answer = self._outgoing.send(method, path, values=values, query=query, headers=headers, content=content)
        if answer.status == 429:
            raise Unavailable("wechat", "it asked for patience")
        if answer.status < 300 and not self.is_genuine(answer.headers, answer.content):
            raise Unavailable("wechat", "its answer is not signed by it")
        return _said(answer.status, answer.content)

    def file(self, url: str) -> bytes:
        """A bill from the address an answer named, on our own host only. It is not signed: its digest came with that answer."""
        parts = urlsplit(url)
        headers = self._headers("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, b"")
        answer = self._files.fetch(url, hosts={self._host}, headers=headers)
        if answer.status != 200:
            raise Unavailable("wechat", f"it answered {answer.status}")
        return answer.content

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a platform key that we trust has signed this body within the last minutes. Asks nobody for a key it does not know."""
        given = httpx.Headers(dict(headers))
        stamp, nonce = given.get("wechatpay-timestamp", ""), given.get("wechatpay-nonce", "")
        if given.get("wechatpay-signature-type", SCHEME) != SCHEME or not is_fresh(stamp, clock.now()):
            return False
        key = self._platform_key(given.get("wechatpay-serial", ""))
        return key is not None and is_signed(key=key, stamp=stamp, nonce=nonce, body=body, signature=given.get("wechatpay-signature", ""))

    def opened(self, resource: Json) -> Json | None:
        """The content of a notice's resource; None when it is not sealed for us."""
        if resource.get("algorithm") != "AEAD_AES_256_GCM":
            return None
        plain = opened(
            api_key=_read(self._api_key_file).strip(),
            nonce=str(resource.get("nonce", "")),
            sealed=str(resource.get("ciphertext", "")),
            associated=str(resource.get("associated_data") or ""),
        )
        return _parsed(plain) if plain is not None else None

    def _headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        headers = {
            "Authorization": authorization(
                merchant=self.merchant, serial=self._serial, key=self._private_key(), method=method, target=target, body=body,
                moment=clock.now(), nonce=uuid4().hex,
            ),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }  # fmt: skip
        newest = max(self._platform_files(), default="")
        return headers | ({"Wechatpay-Serial": newest} if newest.startswith("PUB_KEY_ID_") else {})

    def _private_key(self) -> RSAPrivateKey:
        if self._key is None:
            self._key = private_key(_read(self._key_file))
        return self._key

    def _platform_key(self, serial: str) -> RSAPublicKey | None:
        """A key we trust, by its serial: the name of its file. A file that was taken away is trusted no more."""
        if serial not in (files := self._platform_files()):
            return None
        if serial not in self._trusted:
            loaded = load_pem_public_key(_read(files[serial]))
            if not isinstance(loaded, RSAPublicKey):
                raise ValueError("a platform key is no RSA key")
            self._trusted[serial] = loaded
        return self._trusted[serial]

    def _platform_files(self) -> dict[str, Path]:
        return {file.stem: file for file in self._platform_folder.glob("*.pem")}


def _read(file: Path) -> bytes:
    """A key file. Without it nobody can be called, which is not the channel's doing and is told to whoever runs this place."""
    try:
        return file.read_bytes()
    except OSError as error:
        logger.error("wechat: a key file of settings.PROVIDERS cannot be read: %s", error.strerror)
        raise Unavailable("wechat", "a key cannot be read", may_have_arrived=False) from None


def _target(path: str, values: Mapping[str, str] | None, query: Mapping[str, str] | None) -> str:
    """Path and query as they go over the wire, which is what is signed."""
    filled = path.format_map(values or {})
    return f"{filled}?{urlencode(query)}" if query else filled


def _said(status: int, content: bytes) -> Said:
    if status == 204:
        return Said(status, {})
    parsed = _parsed(content)
    if parsed is None:
        raise Unavailable("wechat", "unreadable answer")
    if status < 300:
        return Said(status, parsed)
    return Said(status, parsed, code=_short(str(parsed.get("code", ""))) or f"status_{status}")


def _parsed(content: bytes) -> Json | None:
    try:
        parsed = json.loads(content)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _short(text: str) -> str:
    """The vendor's code as one of ours: both spellings, ORDER_NOT_EXIST and ORDERNOTEXIST, become one."""
    return "".join(letter for letter in text.lower() if letter.isascii() and letter.isalnum())[:60]
