"""The secrets of the living epochs, opened once per process and forgotten when their epoch is.

A deployment's key service wraps two secrets per epoch: the wrapping secret, fresh for each epoch, and the pepper, the same in all of them,
from which the keyed hash h of a mark comes. Both leave the process's memory at the end of the epoch or of the process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import cast
from uuid import UUID

from django.conf import settings

from besttrav.kernel.keys import KeyService
from besttrav.kernel.registry import provider
from besttrav.privacy.crypto.suites import SUITES, Cipher, SheetCipher, Suite, new_key

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class EpochSecrets:
    number: int
    provider_key: str
    keys: Cipher
    marks: Cipher
    index_key: bytes
    pepper: bytes

    def hash(self, kind: str, text: str) -> bytes:
        """h: the keyed hash of a cleaned value. The same in every epoch, so a mark can move on without being read."""
        return _pepper_suite(self.pepper).mac(self.pepper[1:], kind.encode() + b"\0" + text.encode())

    def digest(self, h: bytes) -> bytes:
        """What the vault is searched by in this epoch."""
        return _pepper_suite(self.pepper).mac(self.index_key, h)[:DIGEST_BYTES]

    def wrap(self, key: bytes, sheet: UUID) -> bytes:
        return self.keys.seal(key, sheet.bytes)

    def unwrap(self, wrapped: bytes, sheet: UUID) -> bytes:
        return self.keys.open(wrapped, sheet.bytes)


def key_service() -> KeyService:
    return cast(KeyService, provider("keys"))


@cache
def suite() -> Suite:
    """The suite this deployment writes with."""
    return SUITES[settings.SUITE]


def cipher_of(key: bytes) -> SheetCipher:
    return SheetCipher(key, suite())


def new_pepper() -> bytes:
    return bytes([suite().code]) + new_key()


def unlock(number: int, provider_key: str, secret: bytes, pepper: bytes) -> EpochSecrets:
    """Open an epoch's secrets at the key service, once per process."""
    with _lock:
        if provider_key not in _unlocked:
            _unlocked[provider_key] = open_at_service(number, provider_key, secret, pepper)
        return _unlocked[provider_key]


def open_at_service(number: int, provider_key: str, secret: bytes, pepper: bytes) -> EpochSecrets:
    """Open an epoch's secrets at the key service and remember nothing: what proves that a copy of them is good."""
    service = key_service()
    return _derive(
        number, provider_key, service.unwrap(provider_key, secret, _context(number)), service.unwrap(provider_key, pepper, b"pepper")
    )


def lock_away(number: int, provider_key: str, secret: bytes, pepper: bytes) -> tuple[bytes, bytes]:
    """Seal a new epoch's secrets at the key service."""
    service = key_service()
    return service.wrap(provider_key, secret, _context(number)), service.wrap(provider_key, pepper, b"pepper")


def unlocked(provider_key: str) -> EpochSecrets | None:
    return _unlocked.get(provider_key)


def newest() -> EpochSecrets | None:
    """Of the epochs this process has unlocked; the vault decides whether it is still the open one."""
    with _lock:
        return max(_unlocked.values(), key=lambda epoch: epoch.number, default=None)


def forget_before(oldest: int) -> None:
    """Drop the secrets of epochs before the oldest living one: epochs end in the order they began."""
    if any(epoch.number < oldest for epoch in list(_unlocked.values())):
        forget_all_but(epoch.provider_key for epoch in list(_unlocked.values()) if epoch.number >= oldest)


def forget_all_but(living: Iterable[str]) -> None:
    """Drop the secrets of epochs that are no longer alive."""
    keep = set(living)
    with _lock:
        for provider_key in [key for key in _unlocked if key not in keep]:
            del _unlocked[provider_key]


_lock = Lock()
_unlocked: dict[str, EpochSecrets] = {}


def _derive(number: int, provider_key: str, secret: bytes, pepper: bytes) -> EpochSecrets:
    mac = _pepper_suite(pepper).mac
    chosen = suite()
    return EpochSecrets(
        number,
        provider_key,
        SheetCipher(mac(secret, b"keys"), chosen),
        SheetCipher(mac(secret, b"marks"), chosen),
        mac(secret, b"index"),
        pepper,
    )


def _pepper_suite(pepper: bytes) -> Suite:
    return next(suite for suite in SUITES.values() if suite.code == pepper[0])


def _context(number: int) -> bytes:
    return b"epoch %d" % number
