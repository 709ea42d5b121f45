"""The state folder: where it lies, who holds it, what is remembered in it from one start to the next."""

import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.environment import ROOT
from dev.postgres import write_secret
from dev.processes import Account
from dev.trouble import Trouble, not_allowed

OUTSIDE = Path("/var/tmp")  # noqa: S108 - survives a restart; what we make in it is checked to be ours


def choose_state(account: Account | None, *, root: Path = ROOT, outside: Path = OUTSIDE) -> Path:
    """The state folder, made if need be: BESTTRAV_STATE, else `var`, else a place outside that the caller prints.

    Outside is for a clone under a closed home directory when we are root: the database runs under `account`, who cannot come in.
    """
    if named := os.environ.get("BESTTRAV_STATE"):
        return _made(Path(named).resolve())
    inside = root / "var"
    if account is None or _can_reach(account, inside.resolve()):
        return _made(inside.resolve())
    state = outside / f"besttrav-{hashlib.sha256(str(root).encode()).hexdigest()[:12]}"
    _made(state)
    _require_ours(state)
    if not inside.exists():
        inside.unlink(missing_ok=True)
        inside.symlink_to(state)  # So that manage.py and people find it in the usual place.
    return state


def _made(state: Path) -> Path:
    try:
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise not_allowed(state) from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise not_allowed(state)
    if state.stat().st_uid == os.geteuid():
        state.chmod(0o711)  # Passable, so that the database account reaches its own folder; not readable.
    return state


def _can_reach(account: Account, folder: Path) -> bool:
    """Whether the account may pass through everything above the folder, as the permission bits say; the folder itself is ours to open."""
    return all(_may_pass(account, parent) for parent in folder.parents if parent.exists())


def _may_pass(account: Account, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _require_ours(state: Path) -> None:
    """Anybody may make a folder of this name in a shared place before us; theirs would steer what we run."""
    found = state.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Trouble(
            f"{state} is there already and is not a folder of yours alone.",
            "Name another place for the site's data: BESTTRAV_STATE=/folder/of/yours make run",
        )


def require_space(folder: Path, megabytes: int) -> None:
    """Refuse to begin what would fill the disk half way."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise Trouble(
            f"Only {free} MB are free on the disk that holds {folder}; at least {megabytes} MB are needed.",
            "Make room on it, or keep the site's data on another disk: BESTTRAV_STATE=/other/disk/besttrav make run",
        )


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Hold the state folder for one run at a time. The lock dies with the run, so a stale one cannot be."""
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_running(state) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _already_running(state: Path) -> Trouble:
    pid = (state / "lock").read_text().strip() or "of unknown number"
    address = read_json(state / "run.json").get("address", "")
    return Trouble(
        f"Besttrav is running already: process {pid}{f', {address}' if address else ''}, data in {state}.",
        f"Use that one, or stop it (Ctrl-C where it runs, or: kill {pid}).\n"
        "A second one beside it needs its own data and port: BESTTRAV_STATE=/other/folder make run PORT=8001",
    )


def read_env(state: Path) -> dict[str, str]:
    """The values `besttrav.settings` falls back to."""
    try:
        lines = (state / "env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_env(state: Path, values: dict[str, str]) -> None:
    """Add to the values, keeping what is there and not named: a secret made once, a line written by hand."""
    lines = {**read_env(state), **values}
    write_secret(state / "env", "".join(f"{key}={value}\n" for key, value in lines.items()))


def read_json(path: Path) -> dict[str, Any]:
    """What was written there, or nothing: a file broken off by a full disk is as good as none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found


class Stamps:
    """What was done already, and from which files, so that it is not done again until they change."""

    def __init__(self, state: Path) -> None:
        self._path = state / "stamps.json"
        self._known = read_json(self._path)

    def is_fresh(self, name: str, mark: str) -> bool:
        return self._known.get(name) == mark

    def set(self, name: str, mark: str) -> None:
        self._known[name] = mark
        write_secret(self._path, json.dumps(self._known))

    def forget_all(self) -> None:
        self._known.clear()
        self._path.unlink(missing_ok=True)


def fingerprint(files: Iterable[Path], *more: str) -> str:
    """One mark for the names and contents of many files."""
    digest = hashlib.sha256("\0".join(more).encode())
    for file in sorted(files):
        digest.update(f"\0{file}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
