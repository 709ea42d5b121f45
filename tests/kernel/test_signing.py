"""Signatures: only the owner of the key, only over exactly that message."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from besttrav.kernel.signing import is_signed_by, key_id_of

# RFC 8032, section 7.1, test 2.
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_a_signature_of_the_standard_is_accepted() -> None:
    assert is_signed_by(PUBLIC, b"\x72", SIGNATURE)


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (PUBLIC, b"\x73", SIGNATURE),
        (PUBLIC, b"\x72", SIGNATURE[:-1] + b"\x01"),
        (PUBLIC, b"\x72", SIGNATURE[:-1]),
        (PUBLIC, b"\x72", b""),
        (PUBLIC[:-1], b"\x72", SIGNATURE),
        (b"", b"\x72", SIGNATURE),
        (Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw(), b"\x72", SIGNATURE),
    ],
)
def test_anything_else_is_not(public: bytes, message: bytes, signature: bytes) -> None:
    assert not is_signed_by(public, message, signature)


def test_a_key_is_found_by_sixteen_digits() -> None:
    assert key_id_of(PUBLIC) == hashlib.sha256(PUBLIC).hexdigest()[:16]
    assert key_id_of(PUBLIC) != key_id_of(bytes(32))
