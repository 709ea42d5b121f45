"""Statements that are said thousands of times: the same text to the driver, prepared there once, past what Django does anew each time."""

from collections.abc import Sequence
from typing import Any

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
