"""What can go wrong on somebody's machine: said in a sentence, with a way out."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class Trouble(Exception):
    """Something about this machine that its owner can put right. The text says what, and how."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(f"{what}\n{way_out}")


@contextmanager
def told_plainly() -> Iterator[None]:
    """End the program with a sentence instead of a traceback when the trouble is the machine's and not the code's."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Trouble as trouble:
        sys.exit(f"\n{trouble}")
    except OSError as error:
        known = of_the_machine(error)
        if known is None:
            raise
        sys.exit(f"\n{known}")


def of_the_machine(error: OSError) -> Trouble | None:
    """The trouble behind an error of the operating system: no space, no permission; None when it is something else."""
    if error.errno in FULL:
        return disk_is_full(Path(error.filename or "."))
    if error.errno in CLOSED and error.filename:
        return not_allowed(Path(os.fsdecode(error.filename)))
    return None


def disk_is_full(path: Path) -> Trouble:
    return Trouble(
        f"The disk that holds {path} is full.",
        "Make room on it, or keep the site's data on another disk: BESTTRAV_STATE=/other/disk/besttrav make run",
    )


def not_allowed(path: Path) -> Trouble:
    return Trouble(
        f"You ({_who_am_i()}) may not write {path}.",
        "Use a clone of your own (git clone into a folder of yours), or take this one over: sudo chown -R $(id -u) <the clone>.\n"
        "If only the data folder is closed, name another: BESTTRAV_STATE=/folder/of/yours make run",
    )


def _who_am_i() -> str:
    return "root" if os.geteuid() == 0 else f"user {os.geteuid()}"
