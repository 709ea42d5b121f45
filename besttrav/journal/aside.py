"""Connections to the record beside Django's: for what must stay though the caller rolls back, and for reading in one long snapshot.

A few are kept open between calls. They are never Django's own, so they do not take part in anybody's transaction, a test's included.
"""

import atexit
import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connections

from besttrav.kernel.errors import Unavailable

NAME: Final = "besttrav journal aside"
_KEPT: Final = 4
_LIMITS: Final = "-c synchronous_commit=on -c statement_timeout=5000 -c TimeZone=UTC"
_idle: deque[psycopg.Connection[Any]] = deque()


def commit(statement: str, parameters: Sequence[Any], *, again: str) -> None:
    """Run one statement and have it on disk before this returns; raises Unavailable when that cannot be had.

    After a lost connection nobody knows whether it arrived: then `again` is run on a new one, which must not fail if it did.
    """
    try:
        _run(statement, parameters)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        disconnect()
        try:
            _run(again, parameters)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise Unavailable("journal", type(error).__name__) from None


@contextmanager
def snapshot() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own that sees one moment, however long the reading takes, and holds up neither writers nor the seal."""
    connection = _connect("-c TimeZone=UTC -c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on")
    with connection:
        yield connection


def disconnect() -> None:
    """Close what is kept open: before a database is dropped, and after it went away."""
    while _idle:
        _idle.pop().close()


def _run(statement: str, parameters: Sequence[Any]) -> None:
    connection = _take()
    try:
        connection.execute(statement.encode(), parameters, prepare=True)
    except BaseException:
        connection.close()
        raise
    if len(_idle) < _KEPT:
        _idle.append(connection)
    else:
        connection.close()


def _take() -> psycopg.Connection[Any]:
    wanted = connections["default"].settings_dict["NAME"]
    while _idle:
        try:
            connection = _idle.pop()
        except IndexError:
            break
        if connection.info.dbname == wanted:
            return connection
        connection.close()
    connection = _connect(_LIMITS)
    connection.autocommit = True
    return connection


def _connect(options: str) -> psycopg.Connection[Any]:
    parameters = connections["default"].get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters["options"] = f"{parameters.get('options', '')} {options}".strip()
    return psycopg.connect(**{"connect_timeout": 3, "application_name": NAME, **parameters})


atexit.register(disconnect)
os.register_at_fork(after_in_child=_idle.clear)
