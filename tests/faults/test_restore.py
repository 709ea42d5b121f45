"""The way back: an old record with the newest vault, a lost vault, a stolen keyring, a backup that is none."""

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from besttrav.kernel.keys import SealBroken
from besttrav.providers.keys.local import LocalKeyring
from tests.faults.house import Failed, House

pytestmark = pytest.mark.cluster


def test_an_old_record_joins_the_newest_vault_and_the_erased_stay_erased(house: House) -> None:
    house.play("sign_up", 3)
    asked_before, asked_after, stayed = house.subjects()
    house.play("erase", asked_before)
    folder = house.play("back_up")["folder"]
    house.play("recover")
    house.play("erase", asked_after)
    house.play("withdraw", stayed)
    house.play("recover")
    house.play("rotate")

    restored = house.play("restore", folder, "default")

    assert (restored["replayed"], restored["lost"]) == (0, 0)
    assert house.query("default", "SELECT count(*) FROM privacy_erasure WHERE state = 'done'") == [(1,)]
    assert house.recovered() == {}
    assert house.query("default", "SELECT count(*) FROM privacy_erasure WHERE state = 'done'") == [(2,)]
    assert house.play("has_agreed", stayed) is False
    assert house.play("tidy") == 0, "the sweep takes nobody after a restore"
    assert house.recovered() == {}


def test_whoever_was_signed_in_at_the_backup_is_not_after_the_restore_and_no_code_leaves_again(house: House) -> None:
    ended, alive = house.play("come_in", "12900004711"), house.play("come_in", "12900004712")
    folder = house.play("back_up")["folder"]
    house.play("sign_out", ended)
    assert house.play("is_in", alive) is True

    house.play("restore", folder, "default")

    assert house.query("default", "SELECT count(*) FROM people_session WHERE ended_at IS NULL") == [(2,)]
    assert (house.play("is_in", ended), house.play("is_in", alive)) == (False, False)
    assert house.recovered() == {}
    assert house.query("default", "SELECT count(*) FROM people_session WHERE ended_at IS NULL") == [(0,)]
    assert house.query("default", "SELECT DISTINCT state FROM contact_message") == [("lost",)]


def test_a_lost_vault_comes_back_from_its_newest_backup_and_the_erased_stay_erased(house: House) -> None:
    house.play("sign_up", 2)
    folder = house.play("back_up")["folder"]
    house.play("erase", house.subjects()[0])
    house.play("recover")
    drop(house, "vault")

    restored = house.play("restore", folder, "vault")

    assert (restored["replayed"], restored["lost"]) == (1, 0)
    assert house.recovered() == {}


@pytest.mark.soak
def test_who_came_after_the_backup_of_a_lost_vault_is_counted(house: House) -> None:
    house.play("sign_up", 1)
    folder = house.play("back_up")["folder"]
    house.play("sign_up", 2)
    drop(house, "vault")
    assert house.play("restore", folder, "vault")["lost"] == 4
    assert set(house.recovered()) == {"every_sheet_of_a_row_is_known_or_erased", "the_diary"}


@pytest.mark.soak
def test_both_come_back_on_an_empty_server(house: House) -> None:
    house.play("sign_up", 2)
    house.play("erase", house.subjects()[0])
    house.play("recover")
    folder = house.play("back_up")["folder"]
    for alias in house.names:
        drop(house, alias)
    house.play("restore", folder)
    assert house.recovered() == {}


@pytest.mark.soak
def test_an_older_vault_put_in_place_by_hand_is_noticed_at_the_next_start(house: House) -> None:
    house.play("sign_up", 2)
    copy(house, "vault", "older")
    house.play("erase", house.subjects()[0])
    house.play("recover")
    drop(house, "vault")
    rename(house, "older", house.names["vault"])
    assert house.play("recover")["caught_up"] == 1
    assert house.play("check") == {}


@pytest.mark.soak
@pytest.mark.parametrize("step", ["restore.noted", "restore.moved_aside", "restore.in_place"])
def test_a_restore_that_dies_half_way_serves_nobody_and_is_repeated(house: House, step: str) -> None:
    house.play("sign_up", 2)
    folder = house.play("back_up")["folder"]
    house.play("erase", house.subjects()[0])
    house.play("recover")
    assert house.play("restore", folder, "default", crash=step) is None
    if step != "restore.moved_aside":
        assert house.play("is_unavailable")
    house.play("restore", folder, "default")
    assert house.recovered() == {}


def test_a_stolen_keyring_opens_nothing_of_the_new_vault_and_nobody_is_lost(house: House) -> None:
    house.play("sign_up", 3)
    house.play("erase", house.subjects()[0])
    house.play("recover")
    old_vault = wrapped_keys(house)
    stolen = thief_takes(house)

    assert house.play("answer_theft") == [1]

    assert house.recovered() == {}
    assert len(old_vault) == len(wrapped_keys(house)) == 5
    assert opened_by(stolen, house) == 0
    assert opened_by(keyring(house), house) == 1, "the living one does open it"


@pytest.mark.soak
def test_a_thief_who_has_an_old_vault_too_keeps_what_was_in_it(house: House) -> None:
    """What the drill does not promise. It stands here so that nobody believes more: this is an incident with people to be told."""
    house.play("sign_up", 1)
    copy(house, "vault", f"{house.names['vault']}_stolen")
    stolen = thief_takes(house)
    house.play("answer_theft")
    with psycopg.connect(house.cluster.url(f"{house.names['vault']}_stolen")) as old:
        assert opened_epochs(stolen, old) == 1
        assert opened_epochs(keyring(house), old) == 0, "our own keyring does not open the old copy any more"


def test_a_backup_with_a_changed_byte_is_refused_before_anything_changes(house: House) -> None:
    house.play("sign_up", 1)
    folder = Path(house.play("back_up")["folder"])
    with (folder / "vault.dump").open("r+b") as dump:
        dump.seek(2000)
        dump.write(b"\xff\x00\xff")
    with pytest.raises(Failed, match="not the one that was written"):
        house.play("restore", folder)
    assert house.recovered() == {}


@pytest.mark.soak
def test_a_backup_holds_no_keyring_and_nobody_else_may_read_it(house: House) -> None:
    house.play("sign_up", 1)
    folder = Path(house.play("back_up")["folder"])
    assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "record.dump", "vault.dump"]
    assert folder.stat().st_mode & 0o077 == 0
    key = json.loads((house.state / "keys" / "keyring.json").read_text())["keys"].popitem()[1]["key"]
    assert not any(key.encode() in file.read_bytes() for file in folder.iterdir())


@pytest.mark.soak
def test_a_backup_from_before_everybody_was_carried_over_does_not_let_the_old_epoch_end(house: House) -> None:
    house.play("sign_up", 1)
    house.play("rotate", crash="epoch.begun")  # The epoch that nobody had before: 1, at the first sign-up; this is 2.
    with pytest.raises(Failed, match="finish the rotation first"):
        house.play("back_up")
    assert house.play("rotate")["ended"] == [1]
    assert house.recovered() == {}


@pytest.mark.soak
def test_a_vault_whose_epoch_has_ended_is_refused(house: House) -> None:
    house.play("sign_up", 1)
    folder = house.play("back_up")["folder"]
    house.play("rotate")
    with pytest.raises(Failed, match="nobody can read it any more"):
        house.play("restore", folder, "vault")
    assert house.recovered() == {}


# What thieves and accidents do.


def drop(house: House, alias: str) -> None:
    on_server(house, f'DROP DATABASE "{house.names[alias]}" WITH (FORCE)')


def copy(house: House, alias: str, name: str) -> None:
    on_server(house, f'CREATE DATABASE "{name}" TEMPLATE "{house.names[alias]}"')


def rename(house: House, name: str, new: str) -> None:
    on_server(house, f'ALTER DATABASE "{name}" RENAME TO "{new}"')


def on_server(house: House, statement: str) -> None:
    with psycopg.connect(house.cluster.url("postgres"), autocommit=True) as server:
        server.execute(statement.encode())


def keyring(house: House) -> LocalKeyring:
    return LocalKeyring(house.state / "keys" / "keyring.json")


def thief_takes(house: House) -> LocalKeyring:
    taken = house.state / "taken"
    shutil.copytree(house.state / "keys", taken)
    return LocalKeyring(taken / "keyring.json")


def wrapped_keys(house: House) -> list[bytes]:
    return [wrapped for (wrapped,) in house.query("vault", "SELECT wrapped FROM vault_sheet_key")]


def opened_by(keys: LocalKeyring, house: House) -> int:
    with psycopg.connect(house.cluster.url(house.names["vault"])) as vault:
        return opened_epochs(keys, vault)


def opened_epochs(keys: LocalKeyring, vault: "psycopg.Connection[tuple[Any, ...]]") -> int:
    """How many epochs' secrets these keys open: without one, no wrapped key and no mark of that vault can be opened."""
    opened = 0
    for number, secret in vault.execute("SELECT number, secret FROM vault_epoch WHERE state <> 'ended'").fetchall():
        for reference in keys.references():
            try:
                keys.unwrap(reference, secret, f"epoch {number}".encode())
                opened += 1
            except SealBroken:
                pass
    return opened
