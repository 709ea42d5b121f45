"""What every KeyService keeps: run for the keyring file and for a hardware token (SoftHSM2)."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from besttrav.kernel.errors import Unavailable
from besttrav.kernel.keys import KeyGone, KeyService, SealBroken
from tests.providers.contract.conftest import Opened

SECRET = b"the wrapping secret of an epoch!"
NEVER_HELD = "epoch-7.0123456789abcdef"
ROOT = Path(__file__).resolve().parents[3]


def test_what_was_wrapped_is_unwrapped_in_its_context(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"epoch 1")
    assert keys.unwrap(reference, sealed, b"epoch 1") == SECRET
    assert SECRET not in sealed


@pytest.mark.parametrize("secret", [b"", b"x", bytes(range(256)) * 16])
def test_secrets_of_any_length_are_wrapped(keys: KeyService, secret: bytes) -> None:
    reference = keys.create("epoch-1")
    assert keys.unwrap(reference, keys.wrap(reference, secret, b""), b"") == secret


def test_the_same_secret_never_looks_the_same_twice(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    assert len({keys.wrap(reference, SECRET, b"") for _ in range(20)}) == 20


def test_another_context_does_not_open_it(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"epoch 1")
    with pytest.raises(SealBroken):
        keys.unwrap(reference, sealed, b"epoch 2")


def test_another_key_does_not_open_it(keys: KeyService) -> None:
    one, other = keys.create("epoch-1"), keys.create("epoch-2")
    sealed = keys.wrap(one, SECRET, b"")
    with pytest.raises(SealBroken):
        keys.unwrap(other, sealed, b"")


def test_a_single_changed_bit_anywhere_breaks_the_seal(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    for place in range(0, len(sealed), 7):
        changed = bytes([*sealed[:place], sealed[place] ^ 1, *sealed[place + 1 :]])
        with pytest.raises(SealBroken):
            keys.unwrap(reference, changed, b"")
    assert keys.unwrap(reference, sealed, b"") == SECRET, "a refusal does not harm the key"


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27, 59])
def test_what_was_cut_short_breaks_the_seal(keys: KeyService, length: int) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    with pytest.raises(SealBroken):
        keys.unwrap(reference, sealed[:length], b"")


def test_a_reference_carries_its_label_and_is_never_given_twice(keys: KeyService) -> None:
    references = [keys.create("epoch-1") for _ in range(3)]
    assert len(set(references)) == 3
    assert all(reference.startswith("epoch-1.") for reference in references)
    assert keys.references() == sorted(references)


@pytest.mark.parametrize("label", ["", "Epoch", "epoch 1", "周期", "../epoch", "e" * 41, "epoch\n"])
def test_a_label_that_could_be_misread_is_refused(keys: KeyService, label: str) -> None:
    with pytest.raises(ValueError, match="a label is made of"):
        keys.create(label)


def test_a_destroyed_key_is_gone_and_the_others_stay(keys: KeyService) -> None:
    old, new = keys.create("epoch-1"), keys.create("epoch-2")
    sealed = keys.wrap(old, SECRET, b"")
    keys.destroy(old)
    with pytest.raises(KeyGone) as gone:
        keys.unwrap(old, sealed, b"")
    assert gone.value.reference == old
    with pytest.raises(KeyGone):
        keys.wrap(old, SECRET, b"")
    assert keys.references() == [new]
    assert keys.unwrap(new, keys.wrap(new, SECRET, b""), b"") == SECRET


def test_destroying_twice_is_destroying_once(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    keys.destroy(reference)
    keys.destroy(reference)
    with pytest.raises(KeyGone):
        keys.wrap(reference, SECRET, b"")


def test_a_key_never_held_is_unavailable_and_not_gone(keys: KeyService) -> None:
    """Or a wrong keyring put in place by mistake would look like everybody's erasure."""
    keys.create("epoch-1")
    with pytest.raises(Unavailable) as unwrapping:
        keys.unwrap(NEVER_HELD, bytes(60), b"")
    with pytest.raises(Unavailable) as wrapping:
        keys.wrap(NEVER_HELD, SECRET, b"")
    assert not unwrapping.value.may_have_arrived
    assert not wrapping.value.may_have_arrived


def test_a_decision_replayed_on_an_older_copy_makes_the_key_gone_there_too(keys: KeyService) -> None:
    keys.destroy(NEVER_HELD)
    with pytest.raises(KeyGone):
        keys.unwrap(NEVER_HELD, bytes(60), b"")
    assert keys.references() == []


def test_a_second_opening_sees_what_the_first_did(open_keys: Opened) -> None:
    one, other = open_keys(), open_keys()
    reference = one.create("epoch-1")
    sealed = other.wrap(reference, SECRET, b"")
    assert one.unwrap(reference, sealed, b"") == SECRET
    other.destroy(reference)
    with pytest.raises(KeyGone):
        one.unwrap(reference, sealed, b"")
    assert one.references() == other.references() == []


def test_keys_outlive_the_process_that_made_them(open_keys: Opened) -> None:
    reference = open_keys().create("epoch-1")
    sealed = open_keys().wrap(reference, SECRET, b"")
    assert open_keys().unwrap(reference, sealed, b"") == SECRET


ELSEWHERE = """
import sys
import django
from django.conf import settings
settings.configure()
kind, options, deed, reference = sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2].split(";")), sys.argv[3], sys.argv[4]
if kind == "LocalKeyring":
    from besttrav.providers.keys.local import LocalKeyring as Keys
else:
    from besttrav.providers.keys.pkcs11 import Pkcs11Keys as Keys
keys = Keys(**options)
if deed == "destroy":
    keys.destroy(reference)
else:
    print("\\n".join(keys.create("epoch-2") for _ in range(10)))
"""


def elsewhere(keys: KeyService, request: pytest.FixtureRequest, deed: str, reference: str = "-") -> "subprocess.Popen[str]":
    """Start a process of its own that opens the same keys and does one thing."""
    kind = type(keys).__name__
    options = (
        {"path": str(request.getfixturevalue("tmp_path") / "keys" / "keyring.json")}
        if kind == "LocalKeyring"
        else request.getfixturevalue("token")
    )
    arguments = [kind, ";".join(f"{name}={value}" for name, value in options.items()), deed, reference]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", ELSEWHERE, *arguments], env=environment, stdout=subprocess.PIPE, text=True)


def test_what_another_process_destroys_is_gone_here_at_once(keys: KeyService, request: pytest.FixtureRequest) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    assert keys.unwrap(reference, sealed, b"") == SECRET
    with elsewhere(keys, request, "destroy", reference) as process:
        assert process.wait(timeout=60) == 0
    with pytest.raises(KeyGone):
        keys.unwrap(reference, sealed, b"")


def test_processes_that_make_keys_at_the_same_time_lose_none(keys: KeyService, request: pytest.FixtureRequest) -> None:
    with elsewhere(keys, request, "create") as one, elsewhere(keys, request, "create") as other:
        made = [keys.create("epoch-1") for _ in range(10)]
        for process in (one, other):
            printed, _errors = process.communicate(timeout=60)
            assert process.returncode == 0
            made += printed.split()
    assert len(made) == 30
    assert keys.references() == sorted(made)


def test_threads_take_turns(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    opened: list[bytes] = []

    def work() -> None:
        for count in range(20):
            secret = f"secret {count}".encode()
            opened.append(keys.unwrap(reference, keys.wrap(reference, secret, b""), b""))
        keys.create("epoch-2")

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 120
    assert len(keys.references()) == 7


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_was_forked_opens_the_keys_for_itself(keys: KeyService) -> None:
    reference = keys.create("epoch-1")
    sealed = keys.wrap(reference, SECRET, b"")
    child = os.fork()
    if child == 0:
        opened = b""
        try:
            opened = keys.unwrap(reference, sealed, b"")
        finally:
            os._exit(0 if opened == SECRET else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert keys.unwrap(reference, sealed, b"") == SECRET
