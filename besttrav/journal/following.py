"""The one road upwards: an upper room follows what a lower one writes down.

    follow(SIGNED_IN, greet)                        # in the upper room's tasks.py, which every process reads at its start
    follow(EXCHANGE_MOVED, settle, now={"ok"})      # only the entries whose fact has one of these values

The job is deferred in the transaction of the entry, with `entry_id`; both stand or fall together.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from besttrav.journal.actions import Action
from besttrav.kernel import jobs
from besttrav.kernel.jobs import Job


class _Follower(NamedTuple):
    job: Job
    wanted: Mapping[str, Collection[object]]

    def heeds(self, facts: Mapping[str, Any]) -> bool:
        return all(facts.get(name) in values for name, values in self.wanted.items())


_followers: defaultdict[Action, list[_Follower]] = defaultdict(list)


def follow(action: Action, job: Job, **wanted: Collection[object]) -> None:
    """Run the job for every entry of this action from now on, or for those whose facts are among the `wanted` ones.

    Actions written aside cannot be followed: see `record_aside`.
    """
    if odd := wanted.keys() - action.facts.keys():
        raise ValueError(f"{action} has no fact {', '.join(sorted(odd))}")
    if job not in followers(action):
        _followers[action].append(_Follower(job, wanted))


def followers(action: Action) -> list[Job]:
    return [follower.job for follower in _followers.get(action, ())]


def tell(happened: Iterable[tuple[Action, UUID, Mapping[str, Any]]]) -> None:
    """Defer the job of each follower of these actions, entries and facts, all of them in one statement."""
    jobs.defer_all(
        (follower.job, {"entry_id": str(entry)})
        for action, entry, facts in happened
        for follower in _followers.get(action, ())
        if follower.heeds(facts)
    )
