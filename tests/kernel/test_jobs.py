"""Jobs are tried as often as they say, and wait twice as long each time."""

from datetime import UTC, datetime

from procrastinate.jobs import Job as Run

from besttrav.kernel.jobs import Patience


def waits(patience: Patience) -> list[int | None]:
    """The seconds before each further run, asked as the queue asks: with the number of runs before the failed one."""
    return [_wait(patience, runs_before) for runs_before in range(6)]


def _wait(patience: Patience, runs_before: int) -> int | None:
    run = Run(id=1, queue="default", lock=None, queueing_lock=None, task_name="room.try", attempts=runs_before)
    decision = patience.get_retry_decision(exception=OSError(), job=run)
    if decision is None:
        return None
    assert decision.retry_at
    return round((decision.retry_at - datetime.now(UTC)).total_seconds())


def test_five_attempts_are_five_runs_in_all() -> None:
    assert waits(Patience(attempts=5, wait=2)) == [2, 4, 8, 16, None, None]


def test_a_job_with_one_attempt_is_never_repeated() -> None:
    assert waits(Patience(attempts=1, wait=2))[0] is None


def test_the_first_wait_is_the_one_that_was_asked_for() -> None:
    assert waits(Patience(attempts=3, wait=60)) == [60, 120, None, None, None, None]
