"""Named places where a test may kill the process, so that recovery is tested where it hurts and not where it is easy.

    crashpoint("erasure.shredded")      # between two steps that no single transaction holds together

`BESTTRAV_CRASH=erasure.shredded:2` kills the process with SIGKILL at the second visit of that place; `BESTTRAV_CRASH_TRACE=<file>`
writes down every visit instead. Without these variables a crash point is one look into an empty dictionary.
"""

import os
import signal
from pathlib import Path

_wanted: dict[str, int] = {}
_visits: dict[str, int] = {}
_trace: list[Path] = []


def crashpoint(name: str) -> None:
    """Die here if a test asked for it."""
    if _wanted or _trace:
        _visit(name)


def arm(wanted: str, trace: str) -> None:
    """Read what a test asks for: a place with the number of the visit, a file to write visits to, or neither."""
    _wanted.clear()
    _visits.clear()
    _trace[:] = [Path(trace)] if trace else []
    if wanted:
        name, _, visit = wanted.partition(":")
        _wanted[name] = int(visit or 1)


def _visit(name: str) -> None:
    visit = _visits[name] = _visits.get(name, 0) + 1
    for file in _trace:
        with file.open("a", encoding="ascii") as lines:
            lines.write(f"{name}:{visit}\n")
    if _wanted.get(name) == visit:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("BESTTRAV_CRASH", ""), os.environ.get("BESTTRAV_CRASH_TRACE", ""))
