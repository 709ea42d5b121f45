"""The key services under test, each in a fresh home of its own."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from besttrav.kernel.keys import KeyService
from besttrav.providers.keys.local import LocalKeyring

SOFTHSM_MODULES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
]
PIN = "1234"

Opened = Callable[[], KeyService]


def softhsm_module() -> str:
    """Where SoftHSM2 is. Its absence fails the test: a key service that nobody ran is not one we promise."""
    found = [module for module in SOFTHSM_MODULES if module.is_file()]
    if not found or not shutil.which("softhsm2-util"):
        pytest.fail("SoftHSM2 is needed for this test: apt-get install softhsm2 (Debian, Ubuntu) or brew install softhsm (macOS)")
    return str(found[0])


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Options for Pkcs11Keys: a token of SoftHSM2 in a folder of the test's own."""
    import pkcs11

    module = softhsm_module()
    tokens, configuration, pin_file = tmp_path / "tokens", tmp_path / "softhsm2.conf", tmp_path / "pin"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    initialise_token()
    pin_file.write_text(f"{PIN}\n")
    pin_file.chmod(0o600)
    pkcs11.lib(module).reinitialize()
    yield {"module": module, "token": "besttrav", "pin_file": str(pin_file)}
    pkcs11.unload(module)


def initialise_token() -> None:
    command = ["softhsm2-util", "--init-token", "--free", "--label", "besttrav", "--pin", PIN, "--so-pin", "56785678"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ.copy())


@pytest.fixture(params=["local", "pkcs11"])
def open_keys(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same key service again and again, as several processes would."""
    if request.param == "local":
        return lambda: LocalKeyring(path=tmp_path / "keys" / "keyring.json")
    from besttrav.providers.keys.pkcs11 import Pkcs11Keys

    options = request.getfixturevalue("token")
    return lambda: Pkcs11Keys(**options)


@pytest.fixture
def keys(open_keys: Opened) -> KeyService:
    return open_keys()
