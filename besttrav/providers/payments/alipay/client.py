"""The wire: one gateway, signed parameters, and answers that are believed only when Alipay has signed their very text."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from besttrav.kernel import clock
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.http import Limits, Outgoing
from besttrav.kernel.rsa_keys import private_key
from besttrav.providers.payments.alipay.signature import SIGN_TYPE, is_signed, sign, signed_text, slice_of

logger = logging.getLogger(__name__)
Json = dict[str, Any]
_GATEWAY = "/gateway.do"
_BILLS = "dwbillcenter.alipay.com"


@dataclass(frozen=True, slots=True)
class Said:
    """A signed answer. `code` is the vendor's number, `sub_code` its reason in our spelling."""

    content: Json
    code: str
    sub_code: str

    @property
    def is_success(self) -> bool:
        return self.code == "10000"


class Client:
    """Speaks for one app. Keys are read from files when they are first needed."""

    def __init__(self, *, address: str, app: str, key: str, platform_key: str) -> None:
        self._address = address.rstrip("/").removesuffix(_GATEWAY)
        self._outgoing = Outgoing("alipay", self._address, limits=Limits(connect=3, silence=8, whole=12))
        self._files = Outgoing("alipay", self._address, limits=Limits(connect=3, silence=20, whole=60, size=64 * 1024 * 1024))
        self._host = urlsplit(self._address).hostname or ""
        self._app = app
        self._key_file, self._platform_file = Path(key), Path(platform_key)
        self._keys: tuple[RSAPrivateKey, RSAPublicKey] | None = None

    def call(self, method: str, content: Json, *, notify_url: str = "") -> Said:
        """One call. Raises Unavailable when nobody can know what it did: no answer, not signed, or Alipay's own failure."""
        parameters = self.signed(method, content, notify_url=notify_url)
        body = urlencode({"biz_content": parameters.pop("biz_content")}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        answer = self._outgoing.send("POST", _GATEWAY, query=parameters, headers=headers, content=body)
        if answer.status != 200:
            raise Unavailable("alipay", f"it answered {answer.status}")
        return self._said(method, answer.content)

    def page(self, method: str, content: Json, *, notify_url: str, return_url: str) -> str:
        """The address of a page of the channel; nobody is called."""
        return f"{self._address}{_GATEWAY}?{urlencode(self.signed(method, content, notify_url=notify_url, return_url=return_url))}"

    def signed(self, method: str, content: Json, *, notify_url: str = "", return_url: str = "") -> dict[str, str]:
        """All parameters of a request, signed now."""
        parameters = {
            "app_id": self._app,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": SIGN_TYPE,
            "timestamp": clock.now().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "notify_url": notify_url,
            "return_url": return_url,
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        }
        parameters = {name: value for name, value in parameters.items() if value}
        return parameters | {"sign": sign(self._loaded()[0], signed_text(parameters))}

    def is_genuine(self, parameters: dict[str, str]) -> bool:
        """Whether Alipay signed these parameters of a notice. Here, unlike in requests, the sign type is not part of the text."""
        text = signed_text(parameters, without=frozenset({"sign", "sign_type"}))
        return parameters.get("sign_type") == SIGN_TYPE and is_signed(self._loaded()[1], text, parameters.get("sign", ""))

    def file(self, url: str) -> bytes:
        """A bill from the address an answer named; it lives half a minute and needs no signature."""
        answer = self._files.fetch(url, hosts={self._host, _BILLS})
        if answer.status != 200:
            raise Unavailable("alipay", f"it answered {answer.status}")
        return answer.content

    def _said(self, method: str, content: bytes) -> Said:
        try:
            text = content.decode("utf-8")
            parsed = json.loads(text)
        except ValueError:
            raise Unavailable("alipay", "unreadable answer") from None
        name = f"{method.replace('.', '_')}_response"
        if not isinstance(parsed, dict) or not isinstance(parsed.get(name), dict):
            raise Unavailable("alipay", "an answer to nothing we asked")
        if not is_signed(self._loaded()[1], slice_of(text, name).encode(), str(parsed.get("sign", ""))):
            raise Unavailable("alipay", "its answer is not signed by it")
        # What is read is what was signed: the answer may hold the name twice, and the signature is over the first.
        said = json.loads(slice_of(text, name))
        code, sub_code = str(said.get("code", "")), _short(str(said.get("sub_code", "")))
        if code in ("20000", "10003") or sub_code == "acq.system_error":
            raise Unavailable("alipay", "it does not know itself")
        return Said(said, code, sub_code)

    def _loaded(self) -> tuple[RSAPrivateKey, RSAPublicKey]:
        if self._keys is None:
            ours, theirs = private_key(_read(self._key_file)), load_pem_public_key(_read(self._platform_file))
            if not isinstance(theirs, RSAPublicKey):
                raise ValueError("a key of Alipay's is no RSA key")
            self._keys = ours, theirs
        return self._keys


def _read(file: Path) -> bytes:
    """A key file. Without it nobody can be called, which is not the channel's doing and is told to whoever runs this place."""
    try:
        return file.read_bytes()
    except OSError as error:
        logger.error("alipay: a key file of settings.PROVIDERS cannot be read: %s", error.strerror)
        raise Unavailable("alipay", "a key cannot be read", may_have_arrived=False) from None


def _short(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in text.lower())[:60]
