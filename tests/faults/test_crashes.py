"""Killed between two steps of signing up, erasing and turning the epoch: after a start both databases fit, and what people were told holds.

A first run without a crash writes down every place it comes by, and how often. Then each of them kills once, in a house of its own.
"""

import os
import random
from collections.abc import Callable

import pytest

from tests.faults.house import House, Street

pytestmark = pytest.mark.cluster

SIGN_UP = {"sheet.opened", "marks.put"}
ERASE = {"erasure.announcing", "erasure.decided", "erasure.written_outside", "erasure.shredded", "erasure.restricted", "erasure.certified"}
CLEAR = {"erasure.cleared"}
TURN = {"epoch.key_made", "epoch.begun", "epoch.carried", "epoch.closing", "epoch.dropped", "epoch.destroyed"}
MUST_BE_MET = SIGN_UP | ERASE | CLEAR | TURN | {"backup.checked"}

Sample = Callable[[int, int], int]


def places(street: Street) -> list[tuple[str, str]]:
    """Every (act, place) that a whole run comes by."""
    house = street.house()
    found = []
    for act in ("sign_up", "erase", "recover", "back_up", "turn"):
        trace = house.state / f"trace-{act}"
        words: dict[str, list[object]] = {"sign_up": [2], "erase": [*house.subjects()[:1]]}
        house.play(act, *words.get(act, []), trace=trace)
        found += [(act, place) for place in (trace.read_text().split() if trace.exists() else [])]
    return found


def test_every_place_between_two_steps_may_kill(quick_street: Street, sample: Sample) -> None:
    found = places(quick_street)
    assert {place.partition(":")[0] for _, place in found} >= MUST_BE_MET, "a place that is never met proves nothing"
    one_each = {place.partition(":")[0]: (act, place) for act, place in found}
    chosen = found[: sample(0, len(found))] or random.Random(os.environ.get("BESTTRAV_SEED", "1")).sample(sorted(one_each.values()), 3)
    for act, place in chosen:
        assert survives(quick_street.house(), act, place) == {}, f"killed at {place} of {act}"


def survives(house: House, act: str, place: str) -> object:
    """What does not hold after `act` was killed at `place`, everything before and after it having gone well."""
    house.play("sign_up", 2, crash=place if act == "sign_up" else "")
    if act != "sign_up":
        house.play("erase", house.subjects()[0], crash=place if act == "erase" else "")
        if act not in ("sign_up", "erase"):
            house.play(act, crash=place)
    if wrong := house.recovered():
        return wrong
    house.play("sign_up", 1)
    house.play("turn")
    house.play("tidy")
    return house.recovered()
