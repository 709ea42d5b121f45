"""The journal's own upkeep; the times are in `besttrav/schedule.py`."""

import logging

from besttrav.journal import operations
from besttrav.journal.proof import verify
from besttrav.kernel.jobs import job

_log = logging.getLogger(__name__)


@job("journal.seal", attempts=1)
def seal(timestamp: int) -> None:
    operations.seal()


@job("journal.ensure_months")
def ensure_months(timestamp: int) -> None:
    operations.ensure_months()


@job("journal.drop_expired")
def drop_expired(timestamp: int) -> None:
    operations.drop_expired()


@job("journal.verify", attempts=1)
def verify_whole(timestamp: int) -> None:
    for problem in verify().problems:
        _log.critical("journal does not verify: %s", problem)
