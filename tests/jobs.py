"""The worker of the tests: runs due jobs one after the other, on the test's own connection."""

import json
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from besttrav.kernel import clock

NEXT_DUE = """
    SELECT id, task_name, args FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)
    ORDER BY priority DESC, id LIMIT 1
"""


def run_due_jobs() -> int:
    """Run what is due until nothing is; returns how many jobs ran. A job that raises leaves its exception to the test."""
    count = 0
    while job := _next_due():
        id, task_name, arguments = job
        app.tasks[task_name](**arguments)
        _mark_succeeded(id)
        count += 1
    return count


def forget_jobs() -> None:
    """Drop what an earlier test left undone: the flush between tests empties the tables of our models, and the queue is none of them."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def _next_due() -> tuple[int, str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_DUE, [clock.now()])
        row: tuple[int, str, Any] | None = cursor.fetchone()
    return (row[0], row[1], _decoded(row[2])) if row else None


def _decoded(arguments: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(arguments) if isinstance(arguments, str) else arguments
    return decoded


def _mark_succeeded(id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded', attempts = attempts + 1 WHERE id = %s", [id])
