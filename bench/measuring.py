"""Rounds, medians and the table."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from statistics import median

Work = Callable[[], object]


class Judged(Enum):
    """Which figure of a line is held against its must and aim."""

    RATIO = "x"
    MEASURED = ""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. Without a must it only informs; `at_least` says that more is better."""

    what: str
    unit: str
    measured: float
    limit: float | None = None
    ratio: float | None = None
    # The same ratio in processor time, ours and the database's: it swings less when others use the machine.
    processor: float | None = None
    judged: Judged = Judged.RATIO
    must: float | None = None
    aim: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def figure(self) -> float:
        if self.judged is Judged.OVER:
            return self.measured - (self.limit or 0)
        return self.measured if self.judged is Judged.MEASURED else self.ratio or 0

    @property
    def verdict(self) -> str:
        if self.must is None:
            return ""
        if self._reaches(self.aim if self.aim is not None else self.must):
            return "aim"
        return "must" if self._reaches(self.must) else "MISSED"

    def _reaches(self, goal: float) -> bool:
        return self.figure >= goal if self.at_least else self.figure <= goal


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, and of the processor: ours and the database's together."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Medians:
    """What each work took over the rounds. A ratio is the median of the ratios inside each round."""

    rounds: list[list[Spent]]

    def seconds(self, work: int) -> float:
        return median(spent[work].clock for spent in self.rounds)

    def processor_seconds(self, work: int) -> float:
        return median(spent[work].processor for spent in self.rounds)

    def ratio(self, work: int, to: int = 0) -> float:
        return median(spent[work].clock / spent[to].clock for spent in self.rounds)

    def processor_ratio(self, work: int, to: int = 0) -> float:
        return median(spent[work].processor / spent[to].processor for spent in self.rounds)


def interleaved(rounds: int, *works: Work) -> Medians:
    """Do every work once a round, in turning order, after one round that does not count."""
    for work in works:
        work()
    return Medians([_round(works, number) for number in range(rounds)])


def _round(works: Sequence[Work], number: int) -> list[Spent]:
    spent = [Spent(0, 0)] * len(works)
    for step in range(len(works)):
        turn = (step + number) % len(works)
        spent[turn] = both(works[turn])
    return spent


def seconds(work: Work) -> float:
    """How long the work takes, its own garbage included and no other's."""
    return both(work).clock


def both(work: Work) -> Spent:
    """What the work takes on the clock and of the processor."""
    gc.collect()
    begin, used = time.perf_counter(), processor_time()
    work()
    return Spent(time.perf_counter() - begin, processor_time() - used)


def processor_time() -> float:
    """Seconds of the processor that we and the database have taken so far."""
    return time.process_time() + sum(_processor_of(pid) for pid in children_of(int(os.environ["BENCH_DATABASE_PID"])))


def children_of(pid: int) -> list[int]:
    """The database's processes; none where the system has no /proc, and then our own time alone counts."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _processor_of(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


COLUMNS = ("what", "measured", "limit", "ratio", "in CPU", "must", "aim", "verdict")


def table(lines: Iterable[Line]) -> str:
    """The lines as text, under their heads."""
    rows = [COLUMNS, *(cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *rest]).rstrip()


def cells(line: Line) -> tuple[str, ...]:
    """One row of the table."""
    return (
        f"{line.what}{f' ({line.note})' if line.note else ''}",
        f"{_number(line.measured)} {line.unit}",
        "" if line.limit is None else f"{_number(line.limit)} {line.unit}",
        "" if line.ratio is None else f"{line.ratio:.2f} x",
        "" if line.processor is None else f"{line.processor:.2f} x",
        _goal(line, line.must),
        _goal(line, line.aim),
        line.verdict,
    )


def _goal(line: Line, goal: float | None) -> str:
    if goal is None:
        return ""
    unit = {Judged.MEASURED: line.unit, Judged.RATIO: "x", Judged.OVER: f"{line.unit} over"}[line.judged]
    return f"{'>=' if line.at_least else '<='} {_number(goal)} {unit}".rstrip()


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
