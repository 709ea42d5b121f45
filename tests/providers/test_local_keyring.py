"""The keyring file: who may read it, how it is replaced, and what is left behind."""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from besttrav.kernel.errors import Unavailable
from besttrav.kernel.keys import KeyGone
from besttrav.kernel.signing import is_signed_by, key_id_of
from besttrav.providers.keys.local import LocalKeyring, LocalSigner
from besttrav.providers.keys.secret_file import SecretFile

SECRET = b"the wrapping secret of an epoch!"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


def modes(path: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mode & 0o777 for each in [path.parent, *path.parent.iterdir()]}


def test_it_is_made_at_its_first_use_for_its_owner_alone(path: Path) -> None:
    old = os.umask(0)
    try:
        keyring = LocalKeyring(path)
        assert keyring.references() == []
        assert not path.exists(), "reading makes nothing"
        keyring.create("epoch-1")
    finally:
        os.umask(old)
    assert modes(path) == {"keys": 0o700, "keyring.json": 0o600, "keyring.json.lock": 0o600}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(path: Path, mode: int) -> None:
    reference = LocalKeyring(path).create("epoch-1")
    path.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match=f"chmod 600 {path}"):
        LocalKeyring(path)
    path.chmod(0o600)
    assert LocalKeyring(path).references() == [reference]


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o755, 0o777])
def test_a_folder_that_others_may_enter_is_refused_with_the_command_that_mends_it(path: Path, mode: int) -> None:
    LocalKeyring(path).create("epoch-1")
    path.parent.chmod(mode)
    with pytest.raises(ImproperlyConfigured, match=f"chmod 700 {path.parent}"):
        LocalKeyring(path)


def test_no_key_is_written_into_a_folder_that_others_may_enter(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    with pytest.raises(ImproperlyConfigured, match="chmod 700"):
        LocalKeyring(path).create("epoch-1")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("loosened", ["file", "folder"])
def test_what_was_opened_to_others_while_we_run_is_refused_at_the_next_use(path: Path, loosened: str) -> None:
    keyring = LocalKeyring(path)
    reference = keyring.create("epoch-1")
    (path if loosened == "file" else path.parent).chmod(0o755)
    with pytest.raises(ImproperlyConfigured, match="chmod"):
        keyring.wrap(reference, SECRET, b"")


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LocalKeyring(path).create("epoch-1")
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(ImproperlyConfigured, match=f"chown {somebody_else} {path.parent}"):
        LocalKeyring(path)


def test_a_link_in_place_of_the_file_is_refused(path: Path, tmp_path: Path) -> None:
    LocalKeyring(path).create("epoch-1")
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ImproperlyConfigured, match="is a link"):
        LocalKeyring(path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"keys": []}', '{"keys": {"a": {}}}', '{"keys": {"a": {"created": "", "key": "c2hvcnQ="}}}', "\x00" * 50]
)
def test_a_damaged_file_is_refused_and_not_quoted(path: Path, content: str) -> None:
    LocalKeyring(path).create("epoch-1")
    path.write_text(content)
    with pytest.raises(ImproperlyConfigured, match="damaged") as refused:
        LocalKeyring(path)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_file_that_vanished_is_unavailable_and_not_everybodys_erasure(path: Path) -> None:
    keyring = LocalKeyring(path)
    reference = keyring.create("epoch-1")
    sealed = keyring.wrap(reference, SECRET, b"")
    path.rename(path.with_name("moved"))
    with pytest.raises(Unavailable, match="there is no keyring file"):
        keyring.unwrap(reference, sealed, b"")
    path.with_name("moved").rename(path)
    assert keyring.unwrap(reference, sealed, b"") == SECRET


def test_an_older_copy_put_back_is_read_at_once(path: Path) -> None:
    keyring = LocalKeyring(path)
    first = keyring.create("epoch-1")
    copy = path.read_bytes()
    keyring.create("epoch-2")
    path.write_bytes(copy)
    assert keyring.references() == [first]


def test_a_destroyed_key_is_in_no_file_of_the_folder_and_not_in_the_file_that_was_replaced(path: Path) -> None:
    keyring = LocalKeyring(path)
    reference = keyring.create("epoch-1")
    keyring.create("epoch-2")
    written = json.loads(path.read_text())["keys"][reference]["key"].encode()
    replaced = path.open("rb")  # Keeps the old file readable after it has lost its name, as a disk's blocks would.
    with replaced:
        assert written in replaced.read()
        keyring.destroy(reference)
        replaced.seek(0)
        assert set(replaced.read()) == {0}
    for file in path.parent.iterdir():
        assert written not in file.read_bytes()
        assert b64decode(written) not in file.read_bytes()


def test_what_a_writer_that_died_left_behind_is_overwritten_by_the_next(path: Path) -> None:
    keyring = LocalKeyring(path)
    keyring.create("epoch-1")
    left = path.with_name("keyring.json.new")
    left.write_bytes(b"half a keyring with secrets in it")
    with left.open("rb") as still_open:
        reference = keyring.create("epoch-2")
        assert set(still_open.read()) == {0}
    assert not left.exists()
    assert reference in keyring.references()


def test_a_writer_that_dies_before_the_replacement_leaves_the_old_keyring_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = LocalKeyring(path)
    reference = keyring.create("epoch-1")

    def power_cut(_file: int) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", power_cut)
        with pytest.raises(Unavailable):
            keyring.destroy(reference)
    assert keyring.references() == LocalKeyring(path).references() == [reference]
    keyring.destroy(reference)
    with pytest.raises(KeyGone):
        keyring.wrap(reference, SECRET, b"")


def test_the_file_is_read_again_only_when_somebody_has_touched_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a look before every use costs microseconds."""
    reads = 0
    read = SecretFile.read

    def counted(file: SecretFile) -> Any:
        nonlocal reads
        reads += 1
        return read(file)

    monkeypatch.setattr(SecretFile, "read", counted)
    keyring, another = LocalKeyring(path), LocalKeyring(path)
    reference = keyring.create("epoch-1")
    for _ in range(1_000):
        keyring.wrap(reference, SECRET, b"")
    assert reads == 1

    another.create("epoch-2")
    keyring.wrap(reference, SECRET, b"")
    assert reads == 2


# The signing key of the journal.


def test_the_signer_makes_its_key_once_and_keeps_it(path: Path) -> None:
    signer = LocalSigner(path)
    signature = signer.sign(b"a head of the journal")
    again = LocalSigner(path)
    assert again.key_id == signer.key_id == key_id_of(signer.public_key())
    assert is_signed_by(again.public_key(), b"a head of the journal", signature)
    assert not is_signed_by(again.public_key(), b"another head", signature)
    assert modes(path) == {"keys": 0o700, "keyring.json": 0o600, "keyring.json.lock": 0o600}


def test_signers_that_start_at_the_same_moment_share_one_key(path: Path) -> None:
    one, other = LocalSigner(path), LocalSigner(path)
    assert one.public_key() == other.public_key()


def test_the_signing_key_may_live_in_the_keyring(path: Path) -> None:
    keyring, signer = LocalKeyring(path), LocalSigner(path)
    reference = keyring.create("epoch-1")
    key_id = signer.key_id
    keyring.destroy(reference)
    assert LocalSigner(path).key_id == key_id
    assert LocalKeyring(path).references() == []


def test_a_signing_key_that_others_may_read_is_refused(path: Path) -> None:
    LocalSigner(path).sign(b"")
    path.chmod(0o644)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        LocalSigner(path).sign(b"")
