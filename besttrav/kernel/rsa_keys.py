"""Our own RSA keys, from the files that hold them."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


@lru_cache(maxsize=16)
def private_key(pem: bytes) -> RSAPrivateKey:
    """The key in a PEM file, proved to be a whole one: that takes 40 ms, so the same content is proved once in a process.

    Raises ValueError for everything that is no RSA key, and for one behind a password.
    """
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        raise ValueError("the key is behind a password") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("this is no RSA key")
    return key
