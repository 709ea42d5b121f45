"""Alipay's RSA2: SHA-256 with RSA over sorted parameters, and over the exact text of an answer. Pure: keys are given."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

SIGN_TYPE = "RSA2"


def signed_text(parameters: Mapping[str, str], *, without: frozenset[str] = frozenset({"sign"})) -> bytes:
    """`name=value` of every parameter that is not empty, sorted by name and joined by &, as they are before they are encoded."""
    pairs = sorted((name, value) for name, value in parameters.items() if name not in without and value)
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


def sign(key: RSAPrivateKey, text: bytes) -> str:
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    """Whether the owner of the key signed exactly this text. Only RSA2 is ever checked, whatever hash a signature claims to be of."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def slice_of(answer: str, name: str) -> str:
    """The object that stands under this name in an answer, exactly as it was written; empty when there is none.

    The signature covers these characters and no others, so nothing is parsed and written again. Braces inside of texts do not count.
    """
    head = f'"{name}":'
    start = answer.find(head)
    if start < 0:
        return ""
    start += len(head)
    depth, in_text, is_escaped = 0, False, False
    for place in range(start, len(answer)):
        letter = answer[place]
        if in_text:
            in_text = is_escaped or letter != '"'
            is_escaped = letter == "\\" and not is_escaped
        elif letter == '"':
            in_text = True
        elif letter in "{}":
            depth += 1 if letter == "{" else -1
            if depth == 0:
                return answer[start : place + 1]
    return ""
