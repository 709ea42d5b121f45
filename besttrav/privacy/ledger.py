"""What people decided, kept outside both databases, so that no restore can bring an erased person or a withdrawn consent back.

One JSON line per decision with random ids, codes and dates only. An erasure is written and synced before the first key is destroyed. After
any restore the ledger is replayed before anybody is served.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about some sheets: erased for good, or restricted until a day. `unused` ones never were anybody's."""

    id: UUID
    decided_at: datetime
    erased: tuple[UUID, ...]
    restricted: tuple[tuple[UUID, date], ...] = ()
    unused: bool = False

    @property
    def sheets(self) -> list[UUID]:
        return [*self.erased, *(sheet for sheet, _ in self.restricted)]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A consent that was taken back: the id of the event, whose, which and when."""

    id: UUID
    withdrawn_at: datetime
    subject: UUID
    code: str
    detail: str = ""


def append(decision: Decision | Withdrawal) -> None:
    """Add a decision and return when it is on disk. The same decision may stand there twice."""
    path = _path()
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _end_a_torn_line(file.fileno(), path)
        file.write(_line(decision))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)  # Or a power cut could take the file away, synced lines and all.


def decisions() -> Iterator[Decision]:
    """Every erasure on disk, oldest first. A line torn by a crash is no decision: its erasure had not begun."""
    return (decision for decision in _all() if isinstance(decision, Decision))


def withdrawals() -> Iterator[Withdrawal]:
    """Every withdrawal on disk, oldest first."""
    return (decision for decision in _all() if isinstance(decision, Withdrawal))


def _all() -> Iterator[Decision | Withdrawal]:
    try:
        lines = _path().open("rb")
    except FileNotFoundError:
        return
    with lines:
        for line in lines:
            if line.endswith(b"\n") and line.strip():
                yield _parsed(line)


def newest(amount: int) -> list[Decision | Withdrawal]:
    """The last decisions and withdrawals on disk, read from the end: the file grows for years. Fewer only when there are no more."""
    window = amount * 200
    while True:
        lines, is_all = _tail(window)
        if is_all or len(lines) >= amount:
            return [_parsed(line) for line in lines[-amount:]]
        window *= 4


def _tail(window: int) -> tuple[list[bytes], bool]:
    """The whole lines among the last bytes of the file, and whether those are all there are."""
    try:
        with _path().open("rb") as file:
            begin = file.seek(max(0, file.seek(0, os.SEEK_END) - window))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return [], True
    return [line for line in (lines[1:] if begin else lines) if line.strip()], not begin


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path() -> Path:
    return Path(settings.ERASURE_LEDGER)


def _end_a_torn_line(descriptor: int, path: Path) -> None:
    size = path.stat().st_size
    if size:
        with path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                os.ftruncate(descriptor, file.read().rfind(b"\n") + 1)


def _line(decision: Decision | Withdrawal) -> bytes:
    row = {field.name: _plain(getattr(decision, field.name)) for field in fields(decision)}
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool) else str(value)


def _parsed(line: bytes) -> Decision | Withdrawal:
    row = json.loads(line)
    if "withdrawn_at" in row:
        return Withdrawal(UUID(row["id"]), datetime.fromisoformat(row["withdrawn_at"]), UUID(row["subject"]), row["code"], row["detail"])
    return Decision(
        UUID(row["id"]),
        datetime.fromisoformat(row["decided_at"]),
        tuple(UUID(sheet) for sheet in row["erased"]),
        tuple((UUID(sheet), date.fromisoformat(until)) for sheet, until in row["restricted"]),
        row.get("unused", False),
    )
