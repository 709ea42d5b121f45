"""Two cipher suites behind one face: AES-256-GCM with SHA-256, and SM4-GCM with SM3 (GB/T 32907, GB/T 32905).

A deployment writes with one suite and reads both, so it can change over without a stop. Sealed form: suite byte, 12-byte nonce, ciphertext
with its 16-byte tag: 29 bytes over the text.
"""

import hmac as stdlib_hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as GenericCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

KEY_BYTES = 32
OVERHEAD = 1 + 12 + 16


class Damaged(Exception):
    """The sealed bytes, their place or the key are not the ones they were sealed with."""


class Cipher(Protocol):
    """One key, ready to use."""

    def seal(self, text: bytes, place: bytes) -> bytes:
        """Seal with a fresh random nonce; `place` is bound, not stored."""

    def open(self, sealed: bytes | memoryview, place: bytes) -> bytes:
        """The text, or Damaged."""


class _Aes:
    __slots__ = ("_aead",)
    code = b"\x01"

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, text: bytes, place: bytes) -> bytes:
        nonce = os.urandom(12)
        return self.code + nonce + self._aead.encrypt(nonce, text, place)

    def open(self, sealed: bytes | memoryview, place: bytes) -> bytes:
        try:
            return self._aead.decrypt(sealed[1:13], sealed[13:], place)
        except (InvalidTag, ValueError):
            raise Damaged from None


class _Sm4:
    """SM4 has 128-bit keys, so the 256-bit key given is hashed down. Only the generic cipher interface offers it."""

    __slots__ = ("_key",)
    code = b"\x02"

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(_sm3(key, b"sm4")[:16])

    def seal(self, text: bytes, place: bytes) -> bytes:
        nonce = os.urandom(12)
        encryptor = GenericCipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place)
        return self.code + nonce + encryptor.update(text) + encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes | memoryview, place: bytes) -> bytes:
        sealed = bytes(sealed)
        try:
            decryptor = GenericCipher(self._key, modes.GCM(sealed[1:13], sealed[-16:])).decryptor()
            decryptor.authenticate_additional_data(place)
            return decryptor.update(sealed[13:-16]) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise Damaged from None


def _sha256(key: bytes, message: bytes) -> bytes:
    return stdlib_hmac.digest(key, message, "sha256")


def _sm3(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher and a keyed hash that are used together."""

    name: str
    code: int
    cipher: Callable[[bytes], Cipher]
    mac: Callable[[bytes, bytes], bytes]


SUITES = {"aes": Suite("aes", 1, _Aes, _sha256), "sm": Suite("sm", 2, _Sm4, _sm3)}
_BY_CODE = {suite.code: suite for suite in SUITES.values()}


def suite_of(sealed: bytes | memoryview) -> Suite:
    """The suite some bytes were sealed with."""
    try:
        return _BY_CODE[sealed[0]]
    except (KeyError, IndexError):
        raise Damaged from None


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


class SheetCipher:
    """A data key that seals with the deployment's suite and opens either."""

    __slots__ = ("_ciphers", "_key", "seal")

    seal: Callable[[bytes, bytes], bytes]

    def __init__(self, key: bytes, suite: Suite) -> None:
        self._key = key
        cipher = suite.cipher(key)
        self._ciphers = {suite.code: cipher}
        self.seal = cipher.seal

    def open(self, sealed: bytes | memoryview, place: bytes) -> bytes:
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        return (cipher or self._other(sealed)).open(sealed, place)

    def _other(self, sealed: bytes | memoryview) -> Cipher:
        suite = suite_of(sealed)
        return self._ciphers.setdefault(suite.code, suite.cipher(self._key))
