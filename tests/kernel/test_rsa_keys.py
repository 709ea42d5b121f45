"""Our own keys: what is no whole RSA key is refused, and what was proved is not proved again."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from besttrav.kernel.rsa_keys import private_key

KEY = rsa.generate_private_key(65537, 2048)
PLAIN = NoEncryption()


def test_the_same_content_is_proved_once() -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, PLAIN)
    assert private_key(pem) is private_key(bytes(bytearray(pem)))
    assert private_key(pem).private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"no key at all",
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, PLAIN)[:-200],
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, PLAIN),
    ],
    ids=["empty", "text", "cut short", "behind a password", "another kind"],
)
def test_what_is_no_whole_rsa_key_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        private_key(pem)
