"""The merchant of a demonstration at the simulated payment channels: its own keys, and the letter that tells the channel who it is.

In production the keys come from the channels' merchant pages: see docs/operating.md.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from dev.postgres import write_secret

CHANNELS = {"wechat": ("app", "merchant", "serial"), "alipay": ("app", "seller")}


def introduce(name: str, options: Mapping[str, str], *, to: Path) -> None:
    """Make the keys that the channel's options name, where they are missing, and leave the public half in the simulator's folder."""
    letter = {field: options[field] for field in CHANNELS[name]}
    public = _key(Path(options["key"]))
    if "api_key" in options:
        letter["api_key"] = _api_key(Path(options["api_key"]))
    to.mkdir(parents=True, exist_ok=True)
    (to / "merchant_public.pem").write_bytes(public)
    write_secret(to / "merchant.json", json.dumps(letter))


def _key(path: Path) -> bytes:
    """The public half of the key in `path`, which is made if need be."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = generate_private_key(public_exponent=65537, key_size=2048)
        write_secret(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    key = load_pem_private_key(path.read_bytes(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _api_key(path: Path) -> str:
    """The APIv3 key: 32 letters and digits."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(path, secrets.token_hex(16))
    return path.read_text().strip()
