"""The way into the vault, and the advisory locks that order work on it."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from weakref import WeakSet

import psycopg
from django.db import InterfaceError, OperationalError, connections, transaction
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

from besttrav.kernel.errors import Unavailable
from besttrav.privacy.vault.router import VAULT

COPY_LOCK = 0x42650001
ROTATION_LOCK = 0x42650002


@contextmanager
def vault_cursor() -> Iterator[Any]:
    """A cursor on the vault; an unreachable vault is Unavailable, so that nobody mistakes it for an empty one."""
    with _unreachable_is_unavailable(), connections[VAULT].cursor() as cursor:
        yield cursor


class Question:
    """One statement about some sheets that is asked at every save and every opening, past everything that is done anew for each statement.

    Measured: between an idle connection and the database, Django's and the driver's own work takes longer than the answer. So outside a
    transaction the statement is prepared once a connection and asked through libpq, and its columns come back as bytes in binary form.
    Inside one, and where somebody counts or wraps statements, it goes the ordinary way. `words` takes `$1::uuid[]`; each column is text,
    bytea or null.
    """

    def __init__(self, name: str, words: str) -> None:
        self._name = name.encode()
        self._words = words
        self._known_to: WeakSet[Any] = WeakSet()

    def about(self, sheets: Sequence[UUID]) -> list[tuple[Any, ...]]:
        """The answer's rows, their columns as bytes or None; an unreachable vault is Unavailable."""
        with _unreachable_is_unavailable():
            vault = connections[VAULT]
            vault.ensure_connection()
            if vault.queries_logged or vault.execute_wrappers or vault.in_atomic_block:
                return self._ask_ordinarily(vault, sheets)
            with vault.wrap_database_errors:
                return self._ask(vault.connection, sheets)

    def _ask_ordinarily(self, vault: Any, sheets: Sequence[UUID]) -> list[tuple[Any, ...]]:
        with vault.cursor() as cursor:
            cursor.execute(self._words.replace("%", "%%").replace("$1", "%s"), [list(sheets)])
            return [tuple(value.encode() if isinstance(value, str) else value for value in row) for row in cursor.fetchall()]

    def _ask(self, connection: Any, sheets: Sequence[UUID]) -> list[tuple[Any, ...]]:
        for is_second_try in (False, True):
            if is_second_try or connection not in self._known_to:
                connection.pgconn.prepare(self._name, self._words.encode(), [UUID_ARRAY])
                self._known_to.add(connection)
            result = connection.pgconn.exec_prepared(self._name, [_array(sheets)], [BINARY], BINARY)
            if result.status == ExecStatus.TUPLES_OK:
                columns = range(result.nfields)
                return [tuple(result.get_value(row, column) for column in columns) for row in range(result.ntuples)]
            if result.error_field(DiagnosticField.SQLSTATE) != UNKNOWN_STATEMENT:  # The driver forgets all statements now and then.
                break
        if connection.pgconn.status == ConnStatus.BAD:  # The answer of a connection that is gone carries no code of its own.
            raise psycopg.OperationalError("the connection to the vault is gone")
        raise psycopg.errors.error_from_result(result)


UUID_ARRAY, UUID_ELEMENT, BINARY = 2951, 2950, 1
UNKNOWN_STATEMENT = b"26000"


def _array(values: Sequence[UUID]) -> bytes:
    """PostgreSQL's binary form of a uuid[]: one dimension without nulls, from 1, each element behind its length."""
    head = struct.pack("!5i", 1, 0, UUID_ELEMENT, len(values), 1)
    return head + b"".join(b"\0\0\0\x10" + value.bytes for value in values)


@contextmanager
def beside_copying() -> Iterator[Any]:
    """A cursor in a transaction of the vault's own that waits for a batch being carried into a new epoch, and holds up the next one.

    Whoever takes keys or marks away needs it: what is deleted between a batch's reading and its writing would come back.
    """
    with _unreachable_is_unavailable(), transaction.atomic(using=VAULT), connections[VAULT].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [COPY_LOCK])
        yield cursor


@contextmanager
def _unreachable_is_unavailable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("vault", type(error).__name__) from None
