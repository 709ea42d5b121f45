"""Statements that are said thousands of times: the same text to the driver, prepared there once, past what Django does anew each time."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections, models
from psycopg import Cursor

Row = TypeVar("Row", bound=models.Model)
PREPARED = 500


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
    connection.connection.prepared_max = PREPARED  # By default the driver forgets the oldest of a hundred, at a trip to the database each.
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def insert(row: Row) -> Row:
    """Insert a new row, and return it."""
    _insert([row], "")
    return row


def insert_once(row: models.Model) -> bool:
    """Insert the row unless a unique key of it is taken, in one statement; says whether it was inserted."""
    row._state.adding = not _insert([row], " ON CONFLICT DO NOTHING RETURNING 1")
    return not row._state.adding


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert a few new rows of one model in one statement."""
    if rows:
        _insert(rows, "")


def _insert(rows: Sequence[models.Model], ending: str) -> list[tuple[Any, ...]]:
    connection = connections[rows[0]._state.db or "default"]
    fields: list[Any] = list(rows[0]._meta.local_concrete_fields)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows for field in fields]
    answer = straight(connection, insert_of(type(rows[0]), len(rows)) + ending, values)
    for row in rows:
        row._state.db, row._state.adding = connection.alias, False
    return answer


@cache
def insert_of(model: type[models.Model], rows: int = 1) -> str:
    """The INSERT of so many whole rows of this model."""
    columns = [f'"{field.column}"' for field in model._meta.local_concrete_fields]
    row = f"({', '.join(['%s'] * len(columns))})"
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) VALUES {", ".join([row] * rows)}'  # noqa: S608  # our own names


@cache
def update_of(model: type[models.Model], columns: tuple[str, ...]) -> str:
    """The UPDATE of these columns of one row, which says whether there was one."""
    sets = ", ".join(f'"{column}" = %s' for column in columns)
    return f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "{model._meta.pk.column}" = %s RETURNING 1'  # noqa: S608  # our own names


def lock(row: models.Model) -> None:
    """Take the row as it is now, and let nobody else have it until the transaction ends. Unsaved changes to it are lost.

    Raises DoesNotExist.
    """
    reload(row, locked=True)


def reload(row: models.Model, *, locked: bool = False) -> None:
    """Take the row as it is now. Unsaved changes to it are lost. Raises DoesNotExist."""
    rows = rows_of(type(row), locked=locked, using=row._state.db or "default", pk=row.pk)
    if not rows:
        raise type(row).DoesNotExist  # type: ignore[attr-defined]  # every model has one
    take_over(row, rows[0])


def rows_of(model: type[Row], *, locked: bool = False, order_by: str = "", using: str = "default", **equal: object) -> list[Row]:
    """The rows whose fields equal these values, none of which is None. `order_by` is one field, or one behind a minus.

    Locked ones are waited for, and nobody else has them until the transaction ends.

    Measured: to compile such a query and to make rows of its answer takes the framework three times as long as the database needs.
    """
    connection = connections[using]
    fields: list[Any] = [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in equal]
    values = [field.get_db_prep_value(value, connection) for field, value in zip(fields, equal.values(), strict=True)]
    statement = _select(model, tuple(field.column for field in fields), order_by, locked)
    return [row for row, _ in loaded(model, statement, values, using=using)]


def row_of(model: type[Row], *, locked: bool = False, **equal: object) -> Row | None:
    """The first of `rows_of`, where there is one."""
    return next(iter(rows_of(model, locked=locked, order_by="", using="default", **equal)), None)


def loaded(model: type[Row], statement: str, values: Sequence[object], *, using: str = "default") -> list[tuple[Row, tuple[Any, ...]]]:
    """The rows a statement answers with by `columns_of` the model, each with what the statement answers behind these columns."""
    connection = connections[using]
    names, converters = _loading(model, using)
    rows = []
    for answer in straight(connection, statement, values):
        columns = list(answer[: len(names)])
        for place, convert in converters:
            columns[place] = convert(columns[place], None, connection)
        rows.append((model.from_db(using, names, columns), answer[len(names) :]))
    return rows


@cache
def columns_of(model: type[models.Model]) -> str:
    """All columns of a model in the order of its fields. JSON comes as text, whichever way the driver fetches: so Django expects it."""
    named = [f'"{model._meta.db_table}"."{field.column}"' for field in model._meta.concrete_fields]
    kinds = [field.get_internal_type() for field in model._meta.concrete_fields]
    return ", ".join(f"{name}::text" if kind == "JSONField" else name for name, kind in zip(named, kinds, strict=True))


@cache
def _select(model: type[models.Model], columns: tuple[str, ...], order_by: str, locked: bool) -> str:
    where = " AND ".join(f'"{column}" = %s' for column in columns)
    by: Any = model._meta.get_field(order_by.removeprefix("-")) if order_by else None
    order = f' ORDER BY "{by.column}"{" DESC" if order_by.startswith("-") else ""}' if by else ""
    return f'SELECT {columns_of(model)} FROM "{model._meta.db_table}" WHERE {where}{order}{" FOR UPDATE" if locked else ""}'  # noqa: S608  # our own names


@cache
def _loading(model: type[models.Model], using: str) -> tuple[list[str], list[tuple[int, Any]]]:
    """What the columns are called in a row, and what each has to go through."""
    fields = list(enumerate(model._meta.concrete_fields))
    converters = [(place, convert) for place, field in fields for convert in field.get_db_converters(connections[using])]
    return [field.attname for _, field in fields], converters


def take_over(row: models.Model, found: models.Model) -> None:
    """Let the row be as another reading of it found it."""
    field: Any
    for field in row._meta.concrete_fields:
        value = found.__dict__[field.attname]
        if field.is_relation and field.is_cached(row) and row.__dict__.get(field.attname) != value:
            field.delete_cached_value(row)
        row.__dict__[field.attname] = value
