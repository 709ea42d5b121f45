"""Tells what is going on, and runs the programs of a step with their words kept in a log."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.processes import spawn, stop
from dev.trouble import Trouble, disk_is_full


def say(line: str = "") -> None:
    print(line, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """A line for something that takes time: what it is while it runs, how long it took when it is done."""
    started = time.monotonic()
    print(f"  {what} ... ", end="", flush=True)
    try:
        yield
    except BaseException:
        say("broken off")
        raise
    say(f"{time.monotonic() - started:.1f} s")


def run(command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a program of ours to its end, its words in `log`; its failure is told with the last of them."""
    if code := exit_code(command, log=log, env=env, cwd=cwd):
        raise failed(f"{Path(command[0]).name} {' '.join(str(word) for word in command[1:4])}", code, log)


def exit_code(command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as words:
        program = spawn(command, log=words, env=env, cwd=cwd)
        try:
            return program.wait()
        finally:
            stop(program)


def failed(what: str, code: int, log: Path) -> Trouble:
    words = last_words(log)
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return disk_is_full(log)
    return Trouble(f"{what} ended with code {code}. Its last words:\n\n{words}\n", f"All of them are in {log}.")


def last_words(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a quick question to a program is answered with yes."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
