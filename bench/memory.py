"""What the programs of a site weigh after work: two web workers and one job worker, at their heaviest (line 12).

Weighed is the proportional set: what programs share counts once. The database is not in it, nor are the
simulators. Only Linux tells.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep

from bench import pages
from bench.measuring import Judged, Line, children_of
from bench.sizes import Sizes
from dev.environment import ROOT
from dev.postgres import free_port
from dev.processes import spawn, stop
from dev.run import PYTHON, answers

WORKERS = 2


def lines(sizes: Sizes) -> Iterator[Line]:
    if not Path("/proc/self/smaps_rollup").exists():
        return
    pages.ready()
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    server = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    worker = ["manage.py", "procrastinate", "worker"]
    environment = {**os.environ, "BESTTRAV_POOL": "1", "BESTTRAV_THREADS": "8", "BESTTRAV_DEMO": "1"}
    with ExitStack() as stack:
        programs = []
        for command in ([*server, "--blocking-threads", "8", "--no-ws", "besttrav.wsgi:application"], worker):
            program = spawn([PYTHON, *command], log=subprocess.DEVNULL, env=environment, cwd=ROOT)
            stack.callback(stop, program)
            programs.append(program)
        while not answers(f"{site}/healthz/"):
            sleep(0.1)
        heaviest = [0.0, 0.0]
        addresses = ["/", f"/products/?{pages.trip()}", f"/products/outbound/?{pages.trip()}", "/products/outbound/documents/clauses/"]
        for _round in range(sizes.visits // 4):
            for address in addresses:
                answers(site + address)
            heaviest = [max(now, before) for now, before in zip((_weight(one.pid) for one in programs), heaviest, strict=True)]
    yield Line(f"{WORKERS} web workers and a job worker, MiB", "", sum(heaviest), judged=Judged.MEASURED, must=500, aim=300)
    yield Line("of them the job worker", "", heaviest[1])


def _weight(pid: int) -> float:
    """MiB of a program and of those it started."""
    told = re.search(r"^Pss: +(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return (int(told[1]) if told else 0) / 1024 + sum(_weight(child) for child in children_of(pid))
