"""This room's jobs: one line each."""

from uuid import UUID

from besttrav.kernel.jobs import job
from besttrav.privacy import consents, erasing, recovering, tidying, turning


@job("privacy.finish_erasure", attempts=20)
def finish_erasure(*, erasure_id: str) -> None:
    erasing.finish(erasure_id=UUID(erasure_id))


@job("privacy.clear_rows", attempts=20)
def clear_rows(*, erasure_id: str) -> None:
    erasing.clear_rows(erasure_id=UUID(erasure_id))


@job("privacy.keep_withdrawal", attempts=20)
def keep_withdrawal(*, event_id: str) -> None:
    consents.keep_withdrawal(event_id=UUID(event_id))


@job("privacy.finish_pending")
def finish_pending(timestamp: int) -> None:
    recovering.catch_up()
    erasing.finish_pending()


@job("privacy.sweep")
def sweep(timestamp: int) -> None:
    while erasing.sweep():
        pass


@job("privacy.sweep_unused")
def sweep_unused(timestamp: int) -> None:
    erasing.sweep_unused()


@job("privacy.tidy")
def tidy(timestamp: int) -> None:
    tidying.sweep_marks()
    tidying.sweep_stray_marks()
    erasing.clear_late_rows()


@job("privacy.turn_epoch", lock="privacy.turn_epoch")
def turn_epoch(timestamp: int) -> None:
    turning.turn()
