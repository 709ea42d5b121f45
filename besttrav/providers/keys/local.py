"""Keys in a file beside the databases: the default, for one machine or for a folder that its machines share.

The file is the one thing that opens every copy of the vault. Keep it on another disk than the databases, and its copies shorter than an
epoch's end is promised.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.kernel.keys import KeyGone, SealBroken
from besttrav.kernel.signing import key_id_of
from besttrav.providers.keys.names import new_reference
from besttrav.providers.keys.secret_file import Content, Mark, SecretFile

_NONCE = 12
_FAULTS = (OSError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the file held when it had this mark. Replaced as one, so that no thread sees half of a change."""

    mark: Mark | None = None
    ciphers: dict[str, AESGCM] = field(default_factory=dict)
    destroyed: frozenset[str] = frozenset()


class LocalKeyring:
    """KeyService in one file: AES-256-GCM with the context as associated data.

    What other processes do to the file is seen at the next call. Destroyed keys stay as a name without a key, so that a key which was
    destroyed and one which this file has never held are told apart.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = SecretFile(path)
        self._loading = Lock()
        self._seen = _Read()
        self._now()

    def create(self, label: str) -> str:
        reference = new_reference(label)
        entry = {"created": clock.now().isoformat(), "key": _text(AESGCM.generate_key(256))}
        self._change(lambda content: {**content, "keys": {**content.get("keys", {}), reference: entry}})
        return reference

    def wrap(self, reference: str, secret: bytes, context: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher(reference).encrypt(nonce, secret, context)

    def unwrap(self, reference: str, sealed: bytes, context: bytes) -> bytes:
        cipher = self._cipher(reference)
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def destroy(self, reference: str) -> None:
        def without(content: Content) -> Content:
            keys = {name: entry for name, entry in content.get("keys", {}).items() if name != reference}
            return {**content, "keys": keys, "destroyed": {reference: clock.now().isoformat(), **content.get("destroyed", {})}}

        self._change(without)

    def references(self) -> list[str]:
        return sorted(self._now().ciphers)

    def _cipher(self, reference: str) -> AESGCM:
        keyring = self._now()
        if cipher := keyring.ciphers.get(reference):
            return cipher
        if reference in keyring.destroyed:
            raise KeyGone(reference)
        because = f"the keyring has never held {reference}" if keyring.mark else "there is no keyring file"
        raise Unavailable("keys", because, may_have_arrived=False)

    def _now(self) -> _Read:
        """What the file holds, read again if anybody has touched it since."""
        try:
            if self._file.mark() != self._seen.mark:
                with self._loading:
                    self._seen = _understood(*self._file.read())
        except _FAULTS as error:
            raise _unusable(error) from None
        return self._seen

    def _change(self, how: Callable[[Content], Content]) -> None:
        try:
            self._file.change(how)
        except _FAULTS as error:
            raise _unusable(error) from None


class LocalSigner:
    """Signer with one Ed25519 key in a file, made at its first use. The file may be the keyring's or one of its own."""

    def __init__(self, path: str | Path) -> None:
        self._file = SecretFile(path)

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        try:
            content, _mark = self._file.read()
            if "signing" not in content:
                self._file.change(_with_signing_key)  # Which looks again: another process may have been first.
                content, _mark = self._file.read()
            return Ed25519PrivateKey.from_private_bytes(b64decode(content["signing"]["key"], validate=True))
        except _FAULTS as error:
            raise _unusable(error) from None


def _understood(content: Content, mark: Mark | None) -> _Read:
    ciphers = {reference: AESGCM(b64decode(entry["key"], validate=True)) for reference, entry in content.get("keys", {}).items()}
    return _Read(mark, ciphers, frozenset(content.get("destroyed", {})))


def _with_signing_key(content: Content) -> Content:
    if "signing" in content:
        return content
    return {**content, "signing": {"created": clock.now().isoformat(), "key": _text(Ed25519PrivateKey.generate().private_bytes_raw())}}


def _unusable(error: Exception) -> Exception:
    """A file that is locked away, cut short or linked elsewhere. Only the kind of fault is said: a parser's text may quote the file."""
    if isinstance(error, OSError):
        return Unavailable("keys", error.strerror or type(error).__name__, may_have_arrived=False)
    return ImproperlyConfigured("the keyring file is damaged: put back its latest copy")


def _text(key: bytes) -> str:
    return b64encode(key).decode()
