"""What only a token can go through: pulled out, refused PINs, sessions that end."""

import os
import shutil
from pathlib import Path

import pkcs11
import pytest
from django.core.exceptions import ImproperlyConfigured
from pkcs11 import Attribute, ObjectClass

from besttrav.kernel.errors import Unavailable
from besttrav.providers.keys.pkcs11 import Pkcs11Keys
from tests.providers.contract.conftest import PIN, initialise_token, token

__all__ = ["token"]

SECRET = b"the wrapping secret of an epoch!"


def test_the_key_cannot_be_read_out_of_the_token(token: dict[str, str]) -> None:
    keys = Pkcs11Keys(**token)
    keys.create("epoch-1")
    with pkcs11.lib(token["module"]).get_token(token_label="besttrav").open() as session:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        assert (key[Attribute.EXTRACTABLE], key[Attribute.SENSITIVE], key[Attribute.PRIVATE]) == (False, True, True)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]


def test_keys_of_others_in_the_same_token_are_left_alone(token: dict[str, str]) -> None:
    keys = Pkcs11Keys(**token)
    ours = keys.create("epoch-1")
    with pkcs11.lib(token["module"]).get_token(token_label="besttrav").open(rw=True) as session:
        session.generate_key(pkcs11.KeyType.AES, 256, label="of-another-program", id=b"theirs", store=True)
        assert keys.references() == [ours]
        keys.destroy("of-another-program")
        assert list(session.get_objects({Attribute.LABEL: "of-another-program", Attribute.CLASS: ObjectClass.SECRET_KEY}))


def test_a_session_that_ended_is_opened_again(token: dict[str, str]) -> None:
    keys = Pkcs11Keys(**token)
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    pkcs11.lib(token["module"]).reinitialize()
    assert keys.unwrap(reference, sealed, b"") == SECRET


def test_a_token_that_is_missing_is_unavailable_and_found_when_it_comes_back(token: dict[str, str], tmp_path: Path) -> None:
    keys = Pkcs11Keys(**token)
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    shutil.move(tmp_path / "tokens", tmp_path / "pulled")
    (tmp_path / "tokens").mkdir()
    pkcs11.lib(token["module"]).reinitialize()
    for _ in range(2):
        with pytest.raises(Unavailable, match="token besttrav"):
            keys.unwrap(reference, sealed, b"")
    shutil.rmtree(tmp_path / "tokens")
    shutil.move(tmp_path / "pulled", tmp_path / "tokens")
    assert keys.unwrap(reference, sealed, b"") == SECRET


def test_another_token_of_the_same_name_is_unavailable_and_not_everybodys_erasure(token: dict[str, str], tmp_path: Path) -> None:
    keys = Pkcs11Keys(**token)
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    shutil.rmtree(tmp_path / "tokens")
    (tmp_path / "tokens").mkdir()
    initialise_token()
    pkcs11.lib(token["module"]).reinitialize()
    with pytest.raises(Unavailable, match="never held"):
        keys.unwrap(reference, sealed, b"")


def test_a_refused_pin_is_not_tried_again_until_it_is_changed(token: dict[str, str]) -> None:
    Path(token["pin_file"]).write_text("9999")
    keys = Pkcs11Keys(**token)
    with pytest.raises(ImproperlyConfigured, match="refused the PIN"):
        keys.references()
    with pytest.raises(ImproperlyConfigured, match="each try counts"):
        keys.references()
    Path(token["pin_file"]).write_text(PIN)
    assert keys.references() == []


@pytest.mark.parametrize(("mode", "command"), [(0o644, "chmod 600"), (0o640, "chmod 600")])
def test_a_pin_that_others_may_read_is_refused(token: dict[str, str], mode: int, command: str) -> None:
    os.chmod(token["pin_file"], mode)
    with pytest.raises(ImproperlyConfigured, match=command):
        Pkcs11Keys(**token).references()


def test_a_missing_pin_file_is_named(token: dict[str, str]) -> None:
    Path(token["pin_file"]).unlink()
    with pytest.raises(ImproperlyConfigured, match=r"/pin cannot be read"):
        Pkcs11Keys(**token).references()


def test_a_missing_module_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"/nowhere\.so"):
        Pkcs11Keys(module="/nowhere.so", token="besttrav", pin_file="/nowhere").references()
