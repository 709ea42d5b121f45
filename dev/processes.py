"""Starting and stopping programs without ever touching one that is not ours.

A program is known by its number, the moment it started and its command line together, because numbers are used again. What we start
leads its own process group, so that Ctrl-C reaches the launcher alone, and on Linux it is told to end when the launcher dies.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)


@dataclass(frozen=True)
class Account:
    """An operating-system account that a program runs as."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Whom to become when we are root and a program refuses to be; nobody else when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError("there is neither an account postgres nor an account nobody to run the database as")


@dataclass(frozen=True)
class Footprint:
    """What tells one run of a program from a later one under the same number."""

    pid: int
    started: str
    command: str

    @classmethod
    def of(cls, pid: int) -> "Footprint | None":
        """The footprint of a living process, or None when there is none under this number."""
        try:
            return _footprint_from_proc(pid) if sys.platform == "linux" else _footprint_from_ps(pid)
        except (OSError, ValueError, subprocess.SubprocessError):
            return None

    @property
    def is_alive(self) -> bool:
        return Footprint.of(self.pid) == self

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def _footprint_from_proc(pid: int) -> Footprint | None:
    # The name in parentheses may hold spaces and parentheses itself: count fields behind the last one.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return None if state in "ZX" else Footprint(pid, started, command)


def _footprint_from_ps(pid: int) -> Footprint | None:
    asked = subprocess.run(["ps", "-o", "stat=,lstart=,command=", "-p", str(pid)], capture_output=True, text=True, timeout=10, check=False)
    words = asked.stdout.split()
    return None if not words or words[0].startswith("Z") else Footprint(pid, " ".join(words[1:6]), " ".join(words[6:]))


def spawn(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; on Linux `death_signal` reaches it when we die without stopping it."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        env=env,
        cwd=cwd,
        process_group=0,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_die_with_parent(death_signal),
    )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Loaded here, not in the child: between fork and exec as little as possible may happen. It runs after the change of
    # account, which would clear the request.
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(SET_PARENT_DEATH_SIGNAL, int(death_signal), 0, 0, 0) and None


def stop(process: subprocess.Popen[bytes], *, first: signal.Signals = signal.SIGTERM, patience: float = 6.0, group: bool = True) -> None:
    """Ask a program we started to end, then insist. Its whole group is meant unless `group` is False."""
    tell = os.killpg if group else os.kill
    for message, wait in ((first, patience), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            break
        _tell(tell, process.pid, message)
        try:
            process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            continue
    if group:
        _tell(os.killpg, process.pid, signal.SIGKILL)  # What it left behind; while anything is left, the number cannot be somebody else's.


def stop_stranger(footprint: Footprint, *, first: signal.Signals = signal.SIGTERM, patience: float = 6.0) -> None:
    """End a program of an earlier run, which is not our child, after looking once more that the number still means it."""
    for message, wait in ((first, patience), (signal.SIGKILL, 5.0)):
        if not footprint.is_alive:
            return
        _tell(os.kill, footprint.pid, message)
        end = time.monotonic() + wait
        while footprint.is_alive and time.monotonic() < end:
            time.sleep(0.02)


def stop_marked(name: str, value: str) -> int:
    """End every process whose environment carries our mark, grandchildren of a killed parent too; returns how many there were.

    Only Linux shows environments; elsewhere nothing is found and nothing is ended.
    """
    marked = [footprint for pid in _all_pids() if _has_mark(pid, f"{name}={value}".encode()) and (footprint := Footprint.of(pid))]
    for footprint in marked:
        stop_stranger(footprint)
    return len(marked)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")] if sys.platform == "linux" else []


def _has_mark(pid: int, mark: bytes) -> bool:
    try:
        return pid != os.getpid() and mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _tell(send: Callable[[int, int], None], pid: int, message: signal.Signals) -> None:
    try:
        send(pid, message)
    except (ProcessLookupError, PermissionError):
        pass  # It went by itself. A group whose number was taken over by somebody else answers with PermissionError at worst.
