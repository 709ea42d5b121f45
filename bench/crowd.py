"""Four buyers at once, each in a process of its own, jobs drained by whoever comes by (line 8): what is left when everybody queues."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from statistics import median, quantiles
from tempfile import TemporaryFile
from traceback import print_exc
from typing import Any

from django.db import connection, connections
from procrastinate.contrib.django import app

from bench import purchase
from bench.measuring import Line, seconds
from bench.sizes import Sizes
from besttrav.journal import aside

CLIENTS = 4
Times = list[float]


def lines(sizes: Sizes) -> Iterator[Line]:
    purchase.wire()
    count = sizes.purchases * 2
    rounds = [(_together(_buyer, turn, count), _together(_plain, turn, count)) for turn in range(max(sizes.rounds // 2, 1))]
    most, half = _compared(_most, rounds), _compared(median, rounds)
    # With four clients pretix took 31 times the limit for 95 of 100 purchases through its API: a quarter of that, and an eighth.
    yield Line(f"a purchase while {CLIENTS} buy, 95 of 100 at most", "ms", *most, must=7.9, aim=3.9)
    yield Line("half of them at most", "ms", *half)


def _compared(figure: Callable[[Times], float], rounds: list[tuple[Times, Times]]) -> tuple[float, float, float]:
    pairs = [(figure(ours) * 1e3, figure(plain) * 1e3) for ours, plain in rounds]
    return median(ours for ours, _ in pairs), median(plain for _, plain in pairs), median(ours / plain for ours, plain in pairs)


def _most(times: Times) -> float:
    return quantiles(times, n=20)[-1]


def _together(beginning: Callable[[int], Callable[[], object]], turn: int, count: int) -> Times:
    """How long each took, of so many in each process."""
    aside.disconnect()
    connections.close_all()
    with ExitStack() as open_files:
        files = [open_files.enter_context(TemporaryFile("w+")) for _ in range(CLIENTS)]
        children = [_forked(partial(beginning, turn * CLIENTS + place), count, file) for place, file in enumerate(files)]
        failed = [os.waitpid(child, 0)[1] for child in children]
        if any(failed):
            raise AssertionError("somebody could not buy")
        for file in files:
            file.seek(0)
        return list(chain.from_iterable(json.load(file) for file in files))


def _forked(begin: Callable[[], Callable[[], object]], count: int, told: Any) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work = begin()
        work()
        work()
        json.dump([seconds(work) for _ in range(count)], told)
        told.flush()
    except BaseException:  # noqa: BLE001  # whatever it is, a child must not go on as the bench
        print_exc()
        os._exit(1)
    os._exit(0)


def _plain(_place: int) -> Callable[[], object]:
    return purchase.plain_purchase


def _buyer(place: int) -> Callable[[], object]:
    return purchase.Buyer(first=(place + 1) * 10_000, drain=_drain).buy


def _drain() -> None:
    """What a worker does: take a job that nobody has, run it, call it done."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, task_name, args::text FROM procrastinate_fetch_job_v2(NULL::varchar[], NULL)")
            id, name, arguments = cursor.fetchone()
        if id is None:
            return
        app.tasks[name](**json.loads(arguments))
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", [id])
