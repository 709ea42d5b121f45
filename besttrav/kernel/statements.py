"""Statements that are said thousands of times: the same text to the driver, prepared there once, past what Django does anew each time."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connections, models
from psycopg import Cursor


def straight(connection: Any, statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
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


@cache
def update_of(model: type[models.Model], columns: tuple[str, ...]) -> str:
    """The UPDATE of these columns of one row, which says whether there was one."""
    sets = ", ".join(f'"{column}" = %s' for column in columns)
    return f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "{model._meta.pk.column}" = %s RETURNING 1'  # noqa: S608  # our own names


def lock(row: models.Model) -> None:
    """Take the row as it is now, and let nobody else have it until the transaction ends. Unsaved changes to it are lost.

    Raises DoesNotExist.
    """
    model = type(row)
    statement = f'SELECT * FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = %s FOR UPDATE'  # noqa: S608  # our own names
    found = next(iter(model._base_manager.using(row._state.db or "default").raw(statement, [row.pk])), None)
    if found is None:
        raise model.DoesNotExist  # type: ignore[attr-defined]  # every model has one
    take_over(row, found)


def take_over(row: models.Model, found: models.Model) -> None:
    """Let the row be as another reading of it found it."""
    field: Any
    for field in row._meta.concrete_fields:
        value = found.__dict__[field.attname]
        if field.is_relation and field.is_cached(row) and row.__dict__.get(field.attname) != value:
            field.delete_cached_value(row)
        row.__dict__[field.attname] = value
