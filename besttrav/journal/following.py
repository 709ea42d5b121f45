"""The one road upwards: an upper room follows what a lower one writes down.

    follow(SIGNED_IN, greet)        # in the upper room's tasks.py, which every process reads at its start

The job is deferred in the transaction of the entry, with `entry_id`; both stand or fall together.
"""

from collections import defaultdict
from uuid import UUID

from besttrav.journal.actions import Action
from besttrav.kernel.jobs import Job

_followers: defaultdict[Action, list[Job]] = defaultdict(list)


def follow(action: Action, job: Job) -> None:
    """Run the job for every entry of this action from now on. Actions written aside cannot be followed: see `record_aside`."""
    if job not in _followers[action]:
        _followers[action].append(job)


def followers(action: Action) -> list[Job]:
    return list(_followers.get(action, ()))


def tell(action: Action, entry_id: UUID) -> None:
    for job in _followers.get(action, ()):
        job.defer(entry_id=str(entry_id))
