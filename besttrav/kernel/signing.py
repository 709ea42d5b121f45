"""Checking Ed25519 signatures, and the ids that public keys are found by."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def is_signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of this raw public key signed exactly this message. A malformed key or signature signs nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id_of(public_key: bytes) -> str:
    """Sixteen hexadecimal digits to find a public key by. Not a proof: two keys could be made to share one."""
    return hashlib.sha256(public_key).hexdigest()[:16]
