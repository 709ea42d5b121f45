"""What has to happen in Django before the site can serve, in one process: start-up costs more than the work itself."""

import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import call_command

from dev import merchant


def main(*wishes: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")
    django.setup()
    for wish in wishes:
        if wish == "migrate":
            migrate()
        elif wish == "insurers":
            exchange_keys()
        elif wish == "static":
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        elif wish == "keys":
            keys()


def exchange_keys() -> None:
    """What a broker and its insurers give each other before the first policy: secrets and public keys, made once for the demo.

    The simulators read theirs from their own state folders; in production each side hands its part over by a way of its own.
    """
    from django.conf import settings

    ours, theirs = settings.STATE / "keys" / "insurers", settings.STATE / "simulators"
    ours.mkdir(mode=0o700, parents=True, exist_ok=True)
    accounts = {}
    for code in ("heyan", "songhe"):
        options = settings.PROVIDERS[f"insurer:{code}"]["options"]
        secret = _kept(ours / f"{code}.secret", lambda: secrets.token_hex(32).encode()).decode()
        accounts[options["partner"]] = {"insurer": code, "secret": secret}
    _written(theirs / "heyan" / "accounts.json", json.dumps(accounts).encode())
    invoicing = {}
    for code in settings.INVOICING:
        options = settings.PROVIDERS[f"invoicing:{code}"]["options"]
        secret = _kept(ours.parent / "invoicing" / f"{code}.secret", lambda: secrets.token_hex(32).encode()).decode()
        invoicing[options["partner"]] = {"seller": code, "secret": secret}
    _written(theirs / "invoices" / "accounts.json", json.dumps(invoicing).encode())
    key = serialization.load_pem_private_key(_kept(ours / "yunhang_private.pem", _new_key), None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _written(theirs / "yunhang" / "broker_public.pem", public)


def _new_key() -> bytes:
    made = rsa.generate_private_key(65537, 2048)
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _kept(file: Path, make: Callable[[], bytes]) -> bytes:
    if not file.exists():
        _written(file, make())
    return file.read_bytes()


def _written(file: Path, content: bytes) -> None:
    """For us alone to read; whole, or not there."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    coming = file.with_name(f"{file.name}.new")
    coming.touch(mode=0o600)
    coming.write_bytes(content)
    coming.replace(file)


def migrate() -> None:
    for database in ("default", "vault"):
        call_command("migrate", database=database, interactive=False, verbosity=1)


def keys() -> None:
    """The demo merchant's keys, and who it is, for the payment simulators that stand in the state folder."""
    from django.conf import settings

    for name in merchant.CHANNELS:
        merchant.introduce(name, settings.PROVIDERS[name]["options"], to=settings.STATE / "simulators" / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
