"""Both cipher suites seal, open and refuse; known answers tie them to their standards."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.test import override_settings

from besttrav.privacy import gate
from besttrav.privacy.crypto.suites import OVERHEAD, SUITES, Damaged, SheetCipher, Suite, new_key, suite_of
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault import secrets
from tests.privacy.conftest import MEI, Booked
from tests.sample.models import Journey


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
class TestEachSuite:
    def test_what_is_sealed_opens_in_its_place_only(self, suite: Suite) -> None:
        cipher = SheetCipher(new_key(), suite)
        sealed = cipher.seal("林月".encode(), b"place")
        assert cipher.open(sealed, b"place") == "林月".encode()
        assert len(sealed) == 6 + OVERHEAD
        assert suite_of(sealed) is suite
        with pytest.raises(Damaged):
            cipher.open(sealed, b"elsewhere")
        with pytest.raises(Damaged):
            SheetCipher(new_key(), suite).open(sealed, b"place")

    def test_every_changed_byte_is_noticed(self, suite: Suite) -> None:
        cipher = SheetCipher(new_key(), suite)
        sealed = cipher.seal(b"text", b"place")
        for index in range(len(sealed)):
            with pytest.raises(Damaged):
                cipher.open(sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :], b"place")

    @pytest.mark.parametrize("length", [0, 1, 12, 28])
    def test_cut_bytes_are_noticed(self, suite: Suite, length: int) -> None:
        cipher = SheetCipher(new_key(), suite)
        with pytest.raises(Damaged):
            cipher.open(cipher.seal(b"text", b"place")[:length], b"place")

    def test_nonces_do_not_repeat(self, suite: Suite) -> None:
        cipher = SheetCipher(new_key(), suite)
        assert len({cipher.seal(b"", b"")[1:13] for _ in range(2000)}) == 2000


def test_sm4_and_sm3_give_the_known_answers_of_their_standards() -> None:
    key = text = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907-2016, example 1
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # the standard's own example
    assert encryptor.update(text).hex() == "681edf34d206965e86b3e94f536e4246"
    digest = hashes.Hash(hashes.SM3())
    digest.update(b"abc")  # GB/T 32905-2016, example 1
    assert digest.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_deployment_that_changes_its_suite_reads_what_it_wrote_before(booked: Booked) -> None:
    secrets.suite.cache_clear()
    try:
        with override_settings(SUITE="sm"):
            changed = Journey.objects.get(pk=booked.journey.pk)
            changed.companion_name = "高晨晨"
            changed.save()
            opened = gate.reveal_one(booked.reloaded(), "name", "companion_name", purpose=SERVE, actor=MEI)
            assert (opened.name, opened.companion_name) == ("林月", "高晨晨")
            assert gate.find(Journey, name="林月", purpose=SERVE, actor=MEI).exists()
    finally:
        secrets.suite.cache_clear()
