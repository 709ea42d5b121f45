"""kill -9 of every process there is, at any moment, while people arrive, leave and epochs turn.

Web processes, the worker, the one that rotates, and the database server itself. After each kill a start, every job, and the checker: both
databases fit, the journal verifies, whoever was told to be erased stays erased, and whoever did not ask to go is there.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.house import House, Street, street

pytestmark = pytest.mark.cluster

ACTS = ("live", "live", "work", "turn_for_ever")


@pytest.fixture(scope="module")
def durable_street() -> Iterator[Street]:
    """A cluster that forgets nothing it has confirmed, not even when its server is killed."""
    with street(durable=True) as it:
        yield it


def test_nothing_is_lost_and_nobody_comes_back_whatever_is_killed(durable_street: Street, sample: Callable[[int, int], int]) -> None:
    kills = sample(3, 100)
    dice = random.Random(int(os.environ.get("BESTTRAV_SEED", "20261122")))
    house = durable_street.house()
    house.play("sign_up", 1)
    for number in range(kills):
        victim = ["postmaster", *ACTS][dice.randrange(len(ACTS) + 1)] if number else "postmaster"
        after = kill_one(house, victim, after=dice.uniform(0.2, 1.2))
        assert after == {}, f"kill {number + 1} of {kills}: {victim}"
    told = [line for line in house.diary() if line.startswith("erased")]
    assert len(house.subjects()) > kills, "nothing went on between the kills"
    assert kills < 20 or len(told) > kills / 5, "hardly anybody was erased between the kills"


def kill_one(house: House, victim: str, *, after: float) -> object:
    """Let everything run, kill one, then end the others the same way: a machine that goes down. What does not hold when it is back."""
    running = [(act, house.start(act)) for act in ACTS]
    time.sleep(after)
    if victim == "postmaster":
        os.kill(house.cluster.pid, signal.SIGKILL)
    else:
        house.kill(running.pop(next(at for at, (act, _) in enumerate(running) if act == victim))[1])
        time.sleep(0.1)
    for _, pid in running:
        try:
            house.kill(pid)
        except ProcessLookupError:
            pass
    if victim == "postmaster":
        house.cluster.stop()
        house.cluster.start()
    return house.recovered()
