"""A JSON file that holds secrets: ours alone to read, replaced as a whole or not at all, and not left behind when it is replaced."""

import contextlib
import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Content = dict[str, Any]
Mark = tuple[int, ...]


class SecretFile:
    """Its folder must be 0700 and itself 0600, both ours: anything looser is refused with the command that mends it.

    Writers take turns over a lock file beside it. Each writes a new file, forces it to the disk and puts it in place of the old one, whose
    bytes are then overwritten. On disks that keep old blocks (SSDs, snapshots, journals) only destroying the disk destroys them: so
    keyrings belong on a disk of their own, and their copies have an end date.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._coming = self.path.with_name(f"{self.path.name}.new")
        self._lock = self.path.with_name(f"{self.path.name}.lock")

    def mark(self) -> Mark | None:
        """Something that changes whenever the file does; None while there is no file. Cheap enough to ask before every use."""
        try:
            return self._mark_of(self.path.stat(follow_symlinks=False))
        except FileNotFoundError:
            return None

    def read(self) -> tuple[Content, Mark | None]:
        """What it holds now, and the mark of it: nothing, while there is no file."""
        with self._locked(fcntl.LOCK_SH):
            return self._read()

    def change(self, how: Callable[[Content], Content]) -> None:
        """Replace what it holds by what `how` makes of it. The folder and the file are made when there are none."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_loose(self.path.parent, self.path.parent.stat(), 0o700)
        with self._locked(fcntl.LOCK_EX):
            self._forget(self._coming)  # A writer that died here left secrets behind.
            before, _mark = self._read()
            after = how(before)
            if after != before:
                self._replace(after)

    def _replace(self, content: Content) -> None:
        with contextlib.ExitStack() as closing:
            old = closing.enter_context(self.path.open("r+b")) if self.path.exists() else None
            with open(self._coming, "xb", opener=_private) as new:
                new.write(json.dumps(content, indent=1, sort_keys=True).encode())
                new.flush()
                os.fsync(new.fileno())
            self._coming.replace(self.path)
            self._folder_to_disk()
            if old:
                _overwrite(old.fileno())

    def _read(self) -> tuple[Content, Mark | None]:
        try:
            with open(self.path, "rb", opener=_unlinked) as file:
                found = os.fstat(file.fileno())
                refuse_loose(self.path.parent, self.path.parent.stat(), 0o700)
                refuse_loose(self.path, found, 0o600)
                return json.loads(file.read()), self._mark_of(found)
        except FileNotFoundError:
            return {}, None

    def _mark_of(self, file: os.stat_result) -> Mark:
        # Modes and owners are in it, so that what was opened to others is refused at its next use and not at its next change.
        folder = self.path.parent.stat()
        return file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns, file.st_mode, file.st_uid, folder.st_mode, folder.st_uid

    def _forget(self, path: Path) -> None:
        if path.exists():
            with path.open("r+b") as file:
                _overwrite(file.fileno())
            path.unlink()

    def _folder_to_disk(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Held by this open file alone, so threads of one process take turns as well as processes do."""
        with contextlib.ExitStack() as closing:
            try:
                lock = closing.enter_context(open(self._lock, "rb", opener=_private if how == fcntl.LOCK_EX else _unlinked))
                fcntl.flock(lock, how)
            except FileNotFoundError:
                pass  # Nobody has ever written here.
            yield


def refuse_loose(path: Path, found: os.stat_result, mode: int) -> None:
    """Refuse a path that others could read or change, with the command that mends it."""
    if found.st_uid != os.geteuid():
        raise ImproperlyConfigured(f"{path} belongs to another user, who could read our keys: run chown {os.geteuid()} {path}")
    if stat.S_IMODE(found.st_mode) & ~mode:
        raise ImproperlyConfigured(f"{path} may be read or changed by others: run chmod {mode:o} {path}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _unlinked(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ImproperlyConfigured(f"{path} is a link, which could lead to a file of others: put the file itself there") from None
        raise


def _overwrite(file: int) -> None:
    os.pwrite(file, bytes(os.fstat(file).st_size), 0)
    os.fsync(file)
