"""Key pairs of a simulated channel: made at the first start, kept in its state folder."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

STRANGER = generate_private_key(public_exponent=65537, key_size=2048)  # whose signatures nobody believes


def own_key(private: Path, public: Path) -> RSAPrivateKey:
    """The key kept in `private`, made if need be; its public half lies in `public` for whoever is to believe it."""
    if private.exists():
        key = load_pem_private_key(private.read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
    else:
        key = generate_private_key(public_exponent=65537, key_size=2048)
        private.parent.mkdir(parents=True, exist_ok=True)
        private.touch(0o600)
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.parent.mkdir(parents=True, exist_ok=True)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key


def public_key(path: Path) -> RSAPublicKey:
    key = load_pem_public_key(path.read_bytes())
    assert isinstance(key, RSAPublicKey)
    return key


def sign(key: RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, PKCS1v15(), SHA256())
