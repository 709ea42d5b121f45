"""Backups of the record and the vault, each in its own file, and the way back. Never of a keyring, whose copies live shorter.

A backup counts only when it has been restored and read: each is loaded into a scratch database at once, its rows are counted, and every
living key and mark of the vault is opened under the open epoch. Only then may an older epoch end.

A restore joins an *old record* with the *newest vault*. Nothing that lives is overwritten: the backup is loaded beside it and takes its
name at the end; what was there before keeps its rows under another name. Nobody is served until the ledger outside has been replayed.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.db import connections, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from besttrav.journal import aside, heads, proof
from besttrav.journal.operations import heal_ticks, record
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.keys import KeyGone, SealBroken
from besttrav.privacy import actions, databases, recovering
from besttrav.privacy.crypto.suites import Damaged
from besttrav.privacy.vault import epochs, secrets, store
from besttrav.privacy.vault.router import VAULT

RECORD: Final = "default"
FILES: Final = {RECORD: "record.dump", VAULT: "vault.dump"}
VAULT_COPIES_KEPT: Final = 3
FORMAT: Final = 1
Progress = Callable[[int, int], None]
_KEEPER = Actor.job("privacy.backups")


class BackupUseless(Refusal):
    """What was written cannot be read back, or not by the keys there are."""

    code = "backup_useless"
    message = _("This backup cannot be used.")


@dataclass(frozen=True, slots=True)
class Part:
    """One database of a backup: its file's SHA-256, and how many rows each table has."""

    sha256: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `epoch` is the open key epoch; `head` the journal's newest, so a cut tail shows after a restore too."""

    made_at: str
    server: int
    epoch: int
    head: tuple[int, str] | None
    parts: dict[str, Part]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Backup:
    folder: Path
    manifest: Manifest
    seconds: float


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: how many sheets were erased again, and how many rows point to people whose keys are in no copy."""

    replayed: int
    lost: int
    healed: bool
    set_aside: list[str]
    seconds: float


# Making one.


def back_up(to: Path) -> Backup:
    """Write a backup into a folder of its own below `to`, restore it beside the living, and check it. Raises BackupUseless.

    The record is read first and the vault after it, so that whoever is in this record is in this vault.
    """
    began = time.monotonic()
    made_at = clock.now()
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = to / f".{made_at:%Y%m%dT%H%M%SZ}-{ids.new_id().hex[-6:]}.unfinished"
    unfinished.mkdir(mode=0o700)
    try:
        manifest = _written(unfinished, made_at)
        _write_manifest(unfinished, manifest)
        check(unfinished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    folder = unfinished.rename(unfinished.with_name(unfinished.name[1:].removesuffix(".unfinished")))
    _sync(to)
    crashpoint("backup.checked")
    epochs.mark_backup_verified(manifest.epoch, made_at)
    _drop_old_vaults(to)
    return Backup(folder, manifest, time.monotonic() - began)


def _written(folder: Path, made_at: datetime) -> Manifest:
    head = proof.head()
    parts = {alias: _dump(alias, folder / file) for alias, file in FILES.items()}
    with databases.connected(VAULT) as connection:
        server = connection.info.server_version
        row = connection.execute("SELECT number FROM vault_epoch WHERE state = 'open'").fetchone()
    return Manifest(made_at.isoformat(), server, row[0] if row else 0, (head.number, head.digest.hex()) if head else None, parts)


def _dump(alias: str, file: Path) -> Part:
    """Dump one database as of one moment, and count its rows as of the same moment."""
    with databases.connected(alias, databases.READ_ONLY_MOMENT) as connection:
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        words = ["--format=custom", "--compress=6", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}"]
        databases.run("pg_dump", alias, connection.info.server_version, [*words, f"--dbname={connection.info.dbname}"])
        rows = databases.counted(connection)
    _sync(file)
    return Part(_sha256(file), rows)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(asdict(manifest), indent=1))
    _sync(path)
    _sync(folder)


def _drop_old_vaults(to: Path) -> None:
    """Vault copies are kept short: whoever holds an old one and its epoch's key holds everybody who was in it."""
    for copy in sorted(to.glob(f"*/{FILES[VAULT]}"), reverse=True)[VAULT_COPIES_KEPT:]:
        copy.unlink()


# Checking one.


def read_manifest(folder: Path) -> Manifest:
    """What the backup says of itself. Raises BackupUseless for what is none, or of a later format."""
    try:
        row = json.loads((folder / "manifest.json").read_text())
        parts = {alias: Part(**part) for alias, part in row.pop("parts").items()}
        manifest = Manifest(**row | {"parts": parts, "head": tuple(row["head"]) if row["head"] else None})
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupUseless(_("There is no backup in this folder.")) from None
    if manifest.format > FORMAT:
        raise BackupUseless(_("This backup was made by a later version."))
    return manifest


def check(folder: Path) -> None:
    """Restore both parts into scratch databases and read them. Raises BackupUseless; leaves nothing behind."""
    for alias in FILES:
        with databases.scratch(alias) as database:
            _load(folder, alias, database)
            if alias == VAULT:
                with databases.connected(VAULT, database=database) as connection:
                    _require_everybody(connection)


def _require_everybody(connection: psycopg.Connection[Any]) -> None:
    """Every living sheet's key and every mark opens under the copy's own open epoch, with the keys there are at the key service."""
    row = connection.execute("SELECT number, provider_key, secret, pepper FROM vault_epoch WHERE state = 'open'").fetchone()
    if row is None:
        return  # A house nobody has entered yet.
    try:
        epoch = secrets.open_at_service(*row)
    except (KeyGone, SealBroken):
        raise BackupUseless(_("The key of this backup's epoch is destroyed: nobody can read it any more.")) from None
    statement = """
        SELECT sheet.id, key.wrapped FROM vault_sheet sheet LEFT JOIN vault_sheet_key key ON key.sheet = sheet.id AND key.epoch = %s
         WHERE sheet.state <> 'shredded'"""
    marks = """
        SELECT mark.id, digest.sealed
          FROM vault_mark mark LEFT JOIN vault_mark_digest digest ON digest.mark = mark.id AND digest.epoch = %s"""
    _require_open(connection, statement, epoch.number, lambda id, sealed: epoch.unwrap(sealed, id))
    _require_open(connection, marks, epoch.number, lambda id, sealed: epoch.marks.open(sealed, id.bytes))


def _require_open(connection: psycopg.Connection[Any], statement: str, epoch: int, opened: Callable[[UUID, bytes], bytes]) -> None:
    with connection.cursor("checked") as cursor:
        cursor.itersize = 5000
        cursor.execute(statement.encode(), [epoch])
        try:
            for id, sealed in cursor:
                if sealed is None:
                    raise BackupUseless(_("Somebody in this backup has no key under its open epoch yet: finish the rotation first."))
                opened(id, sealed)
        except Damaged:
            raise BackupUseless(_("A key in this backup does not open.")) from None


# The way back.


def restore(source: Path, *, only: str | None = None) -> Restored:
    """Bring back the record (`only="default"`), the vault (`only="vault"`) or both. Raises BackupUseless before anything changes.

    Everybody else must have let go of the databases: connections are cut. Safe to repeat when it was broken off.
    """
    began = time.monotonic()
    wanted = [only] if only else list(FILES)
    manifest = read_manifest(source)
    for alias in wanted:
        _require_whole(source, alias, manifest)
    with _loaded_beside(source, wanted) as beside:
        if VAULT in beside:
            _require_readable(beside[VAULT])
        set_aside = _put_in_place(beside)
    crashpoint("restore.in_place")
    return _caught_up(wanted, set_aside, began)


def _require_whole(folder: Path, alias: str, manifest: Manifest) -> None:
    file = folder / FILES[alias]
    if not file.exists() or _sha256(file) != manifest.parts[alias].sha256:
        raise BackupUseless(_("A file of this backup is missing or is not the one that was written."))


def _require_readable(database: str) -> None:
    with databases.connected(VAULT, database=database) as connection:
        _require_everybody(connection)


@contextmanager
def _loaded_beside(source: Path, wanted: list[str]) -> Iterator[dict[str, str]]:
    beside = {alias: f"{databases.name_of(alias)}_restoring" for alias in wanted}
    try:
        for alias, database in beside.items():
            databases.drop(alias, database)
            databases.create(alias, database)
            _load(source, alias, database)
        yield beside
    finally:
        for alias, database in beside.items():
            databases.drop(alias, database)


def _put_in_place(beside: dict[str, str]) -> list[str]:
    """Give the loaded databases the names of the living. From here until the replay the vault says that it is behind."""
    moment = f"{clock.now():%Y%m%d%H%M%S%f}"
    if VAULT in beside:
        with databases.connected(VAULT, database=beside[VAULT], autocommit=True) as connection:
            connection.execute(
                "INSERT INTO vault_circumstance (id, restored_at) VALUES (1, %s)"
                " ON CONFLICT (id) DO UPDATE SET restored_at = excluded.restored_at, replayed_at = NULL",
                [clock.now()],
            )
    else:
        store.note_restore()
    if RECORD in beside:
        _give_up_heads(beside[RECORD])
    crashpoint("restore.noted")
    aside.disconnect()
    connections.close_all()
    return [moved for alias, database in beside.items() if (moved := _take_place(alias, database, moment))]


def _give_up_heads(database: str) -> None:
    """The journal that comes back is shorter than the heads outside say, and says so itself before anybody else does."""
    with databases.connected(RECORD, database=database) as connection:
        (newest,) = connection.execute("SELECT coalesce(max(number), 0) FROM journal_batch").fetchone() or (0,)
    heads.note_restore(newest)


def _take_place(alias: str, database: str, moment: str) -> str | None:
    name, before = databases.name_of(alias), f"{databases.name_of(alias)}_before_{moment}"
    with databases.connected(alias, database="postgres", autocommit=True) as server:
        there = databases.exists(server, name)
        if there:
            _cut_off(server, name)
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(before)))
        crashpoint("restore.moved_aside")
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name)))
    return before if there else None


def _cut_off(server: psycopg.Connection[Any], database: str) -> None:
    """Nobody comes in any more, and whoever is in goes out: a database in use cannot be renamed."""
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(database)))
    server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database])


def _caught_up(wanted: list[str], set_aside: list[str], began: float) -> Restored:
    """Bring the restored to today: tables as the code has them, ticks above those given out, and what was decided since."""
    for alias in FILES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    healed = heal_ticks()
    replayed = recovering.replay()
    with transaction.atomic():
        for alias in wanted:
            record(actions.RESTORED, actor=_KEEPER, store="vault" if alias == VAULT else "record", replayed=replayed)
    return Restored(replayed, len(recovering.lost_sheets()), healed, set_aside, time.monotonic() - began)


def _load(folder: Path, alias: str, database: str) -> None:
    """Fill an empty database from the backup and count: every row, or BackupUseless."""
    manifest = read_manifest(folder)
    with databases.connected(alias, database=database) as connection:
        version = connection.info.server_version
    words = ["--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={database}", str(folder / FILES[alias])]
    databases.run("pg_restore", alias, version, words)
    with databases.connected(alias, database=database) as connection:
        if databases.counted(connection) != manifest.parts[alias].rows:
            raise BackupUseless(_("The restored rows are not as many as were backed up."))


# Files.


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
