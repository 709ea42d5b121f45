"""Statements that are said thousands of times: the same text to the driver, prepared there once, past what Django does anew each time."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connections, models
from psycopg import Cursor


def straight(connection: Any, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    """Run a statement of a Django connection and return its rows, if it returns any; errors are Django's.

    Measured: for one small statement Django's own cursor takes as long as the database. Where somebody counts or wraps statements, it is
    used all the same, so that nothing goes uncounted.
    """
    if connection.connection is None or connection.queries_logged or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def insert_once(row: models.Model) -> bool:
    """Insert the row unless a unique key of it is taken, in one statement; says whether it was inserted."""
    connection = connections[row._state.db or "default"]
    fields: list[Any] = list(row._meta.local_concrete_fields)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    row._state.adding = not straight(connection, f"{insert_of(type(row))} ON CONFLICT DO NOTHING RETURNING 1", values)
    row._state.db = connection.alias
    return not row._state.adding


@cache
def insert_of(model: type[models.Model]) -> str:
    """The INSERT of a whole row of this model."""
    columns = [f'"{field.column}"' for field in model._meta.local_concrete_fields]
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) VALUES ({", ".join(["%s"] * len(columns))})'  # noqa: S608  # our own names
