"""Somebody who opens one person after the other in a process of their own, and notes how long each took."""

import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.measuring import seconds

PAUSE = 0.002
"""Between two reads: a busy desk, not an attack."""


@dataclass
class Reads:
    """Seconds of each read, and how many failed."""

    times: list[float] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True)
class Reader:
    _pipe: Any

    def watch_while(self, work: Callable[[], object]) -> tuple[float, Reads]:
        """Do the work while the reader reads. Returns the seconds the work took, and the reads."""
        self._pipe.send("read")
        took = seconds(work)
        self._pipe.send("tell")
        return took, self._pipe.recv()


@contextmanager
def reader(count: int) -> Iterator[Reader]:
    """A reader of the first `count` sealed people, ready when the block begins."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, count), daemon=True)
    process.start()
    try:
        ours.recv()
        yield Reader(ours)
        ours.send("stop")
    finally:
        process.join(timeout=5)
        process.kill()


def _serve(pipe: Any, count: int) -> None:
    from bench import ground

    ground.begin_django()
    from bench.models import SealedPerson
    from besttrav.kernel import ids
    from besttrav.kernel.actors import Actor

    clerk = Actor.staff(id=ids.new_id(), number="10001", roles=frozenset({"service"}))
    people = itertools.cycle(SealedPerson.objects.order_by("pk")[:count])
    _read(next(people), clerk)
    pipe.send("ready")
    while pipe.recv() == "read":
        reads = Reads()
        while not pipe.poll():
            _note(reads, lambda: _read(next(people), clerk))
            time.sleep(PAUSE)
        pipe.recv()
        pipe.send(reads)


def _note(reads: Reads, read: Callable[[], object]) -> None:
    begin = time.perf_counter()
    try:
        read()
    except Exception:  # noqa: BLE001  # whatever goes wrong counts as a failed read
        reads.failed += 1
    reads.times.append(time.perf_counter() - begin)


def _read(person: Any, clerk: Any) -> None:
    from besttrav.privacy import gate
    from besttrav.privacy.purposes import SERVE

    assert gate.reveal_one(person, "name", purpose=SERVE, actor=clerk).name
