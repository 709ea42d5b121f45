"""Whose signatures count. The private key lives with the `signer` provider, outside the database."""

from typing import cast

from besttrav.journal import heads, seals
from besttrav.kernel.keys import Signer
from besttrav.kernel.registry import provider
from besttrav.kernel.signing import is_signed_by


def signer() -> Signer:
    return cast(Signer, provider("signer"))


def trusted_keys() -> dict[str, bytes]:
    """Public keys by id: those named outside, and the one we sign with now. Never one that only the database names."""
    return heads.known_keys() | {signer().key_id: signer().public_key()}


def is_signed(head: bytes, signature: bytes, key: bytes | None) -> bool:
    """Whether the head was signed with this key; without a key nothing is."""
    return key is not None and is_signed_by(key, seals.signed_message(head), signature)
