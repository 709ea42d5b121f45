"""The two ports to keys that live outside both databases: what an epoch is locked with, and what the journal is signed with.

Providers stand in `besttrav/providers/keys/` and are named in `settings.PROVIDERS` as "keys" and "signer".
"""

from typing import Protocol


class KeyGone(Exception):
    """The key was destroyed, so nothing sealed with it can be opened again, by anybody. A key merely not found is Unavailable."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"the key {reference} was destroyed")


class SealBroken(Exception):
    """The sealed bytes are not what this key sealed in this context: cut, changed, or moved from elsewhere."""


class KeyService(Protocol):
    """One key per epoch. Keys never leave the provider; a destroyed one is gone from it for good.

    Every call may raise Unavailable: the keys cannot be reached, or this provider has never held the one named. That is never KeyGone, or
    a wrong keyring put in place by mistake would look like everybody's erasure.
    """

    def create(self, label: str) -> str:
        """A new key; returns the reference it is called by from now on. Label: small letters, digits, hyphens, dots and underscores."""
        ...

    def wrap(self, reference: str, secret: bytes, context: bytes) -> bytes:
        """Seal a secret for one context. Raises KeyGone."""
        ...

    def unwrap(self, reference: str, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed in that context. Raises KeyGone or SealBroken."""
        ...

    def destroy(self, reference: str) -> None:
        """Make the key impossible to use, here and for good. Doing it again, or for a key never held, changes nothing else."""
        ...

    def references(self) -> list[str]:
        """The keys alive, by name."""
        ...


class Signer(Protocol):
    """Signs with one Ed25519 key. Whoever verifies later keeps the public key, found by its id."""

    @property
    def key_id(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...

    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        ...
