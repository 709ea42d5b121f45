"""The wire: one signed POST a call, answered with a tree whose signature was checked before a word of it is believed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from besttrav.kernel import clock
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.kernel.http import Limits, Outgoing
from besttrav.kernel.rsa_keys import private_key
from besttrav.providers.insurers.rsa_xml import xml
from besttrav.providers.insurers.rsa_xml.signature import flaw, sign

ROOT = "BaoWen"
_PATH = "/tongyi/jieru"
_LARGEST_ANSWER = 12 * 1024 * 1024  # a document of eight megabytes in Base64


class Client:
    """Calls the gateway at `address`. Raises Unavailable when no answer came back that the insurer has signed; a refusal is an answer.

    Keys are read from their files at each call, so that new ones are used without a restart.
    """

    def __init__(self, *, name: str, address: str, channel: str, key: Path, insurer_key: Path) -> None:
        self.name = name
        self.channel = channel
        self._outgoing = Outgoing(name, address, limits=Limits(connect=5, silence=20, whole=30, size=_LARGEST_ANSWER))
        self._key = key
        self._insurer_key = insurer_key

    def call(self, action: str, body: xml.Tree) -> dict[str, Any]:
        """The body of the answer. Unavailable means the call may or may not have had its effect, unless it says that nothing left."""
        serial = uuid4().hex
        head = {
            "JiaoYiMa": action,
            "QuDaoHao": self.channel,
            "LiuShuiHao": serial,
            "ShiJian": f"{clock.now().astimezone(BEIJING):%Y%m%d%H%M%S}",
        }
        content = xml.write(ROOT, {"BaoTou": head, "BaoTi": body})
        headers = {"Content-Type": "application/xml; charset=GB18030", "Qian-Ming": sign(self._own_key(), head, content)}
        try:
            answer = self._outgoing.send("POST", _PATH, headers=headers, content=content)
        except Refusal as refused:
            raise Unavailable(self.name, refused.code, may_have_arrived=False) from None
        if answer.status in (401, 403):
            raise Unavailable(self.name, "it does not know our signature")
        return self._opened(answer.headers, answer.content, action, serial)

    def proved(self, headers: Mapping[str, str], content: bytes) -> tuple[dict[str, Any], str]:
        """A message of the insurer, and what is wrong with it: its signature, its age, or its form."""
        try:
            tree = xml.read(ROOT, content)
            head = tree["BaoTou"]
            signature = headers.get("qian-ming", "")
            key = self._their_key()
            wrong = flaw(key=key, channel=self.channel, head=head, signature=signature, body=content, now=clock.now())
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}, "form"
        return tree, wrong

    def _opened(self, headers: Mapping[str, str], content: bytes, action: str, serial: str) -> dict[str, Any]:
        tree, wrong = self.proved({name.lower(): value for name, value in headers.items()}, content)
        if wrong:
            raise Unavailable(self.name, "an answer it has not signed")
        # Signed, and to this very question: an answer to another one would tell of another person.
        if (
            tree["BaoTou"].get("JiaoYiMa") != action
            or tree["BaoTou"].get("YuanLiuShuiHao") != serial
            or not isinstance(tree["BaoTi"], dict)
        ):
            raise Unavailable(self.name, "an answer to another question")
        body: dict[str, Any] = tree["BaoTi"]
        return body

    def _own_key(self) -> RSAPrivateKey:
        try:
            return private_key(self._key.read_bytes())
        except (OSError, ValueError):
            raise Unavailable(self.name, "our key cannot be read here", may_have_arrived=False) from None

    def _their_key(self) -> RSAPublicKey:
        try:
            key = serialization.load_pem_public_key(self._insurer_key.read_bytes())
        except (OSError, ValueError):
            raise Unavailable(self.name, "its key cannot be read here") from None
        assert isinstance(key, RSAPublicKey)
        return key
