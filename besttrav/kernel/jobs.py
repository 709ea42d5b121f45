"""Background jobs: one thin wrapper over Procrastinate, so a task is one line and its arguments are opaque ids."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job as Run
from procrastinate.tasks import Task

Job = Task[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Patience(BaseRetryStrategy):
    """So many runs in all, so many seconds before the second, and twice as long before each one after it."""

    attempts: int
    wait: int

    def get_retry_decision(self, *, exception: BaseException, job: Run) -> RetryDecision | None:
        runs_before_this_one = job.attempts
        if runs_before_this_one + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": self.wait * 2**runs_before_this_one})


def job(
    name: str, *, queue: str = "default", attempts: int = 5, wait: int = 2, lock: str | None = None
) -> Callable[[Callable[..., Any]], Job]:
    """Declare a job. It must be safe to run twice; it is deferred with `job.defer(...)` inside the caller's transaction.

    `attempts` runs in all, `wait` seconds before the first repeat and doubling; `lock` names a lock under which one runs at a time.
    """
    return app.task(name=name, queue=queue, lock=lock, retry=Patience(attempts, wait), pass_context=False)


def periodic(cron: str) -> Callable[[Job], Job]:
    """Run the job by the clock: six-field cron (seconds last). Used in `schedule.py` only."""
    return app.periodic(cron=cron)


def defer(name: str, **ids: str) -> None:
    """Defer a job by its name, in the caller's transaction: for operations, which their tasks import and not the other way round."""
    app.configure_task(name).defer(**ids)


def defer_all(runs: Iterable[tuple[Job, Mapping[str, str]]]) -> None:
    """Defer these jobs with their ids in the caller's transaction, in one statement whatever their number."""
    deferrers = [(job.configure(), ids) for job, ids in runs]
    if deferrers:
        deferrers[0][0].job_manager.batch_defer_jobs([deferrer.make_new_job(**ids) for deferrer, ids in deferrers])


def each(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step, whatever becomes of the others; what went wrong is raised at the end, all of it."""
    failed: list[Exception] = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001  # raised below, once the others had their turn
            failed.append(error)
    if failed:
        raise ExceptionGroup("steps of the clock failed", failed)


def retry_stalled(*, silent_for: int = 60) -> int:
    """Put back what a dead worker was at, and give up what has killed ten workers. Returns how many jobs.

    The queue does not do this by itself. A worker that was only slow may still finish its run: jobs are safe to run twice, at once as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALLED, {"silent_for": silent_for})
        stalled = cursor.fetchall()
        for id, attempts in stalled:
            if attempts < 10:
                cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [id])
            else:
                cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s AND status = 'doing'", [id])
    return len(stalled)


_STALLED = """
SELECT job.id, job.attempts FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
 WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(silent_for)s))
"""
