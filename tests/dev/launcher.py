"""`make run` as a test drives it: a program of its own, on a port and in a folder of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from dev.environment import ROOT
from dev.postgres import free_port

PATIENCE = 300.0  # until a test gives up; on a busy machine a first start takes minutes


class Launcher:
    """One start of the site. `heard` is everything it has said so far."""

    def __init__(self, state: Path, port: int, *, env: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the launcher
        self.env = {**_own_environment(), "BESTTRAV_STATE": str(state), "PORT": str(port), **(env or {})}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dev.run"],
            cwd=ROOT,
            env=self.env,
            stdout=self._words,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    @property
    def heard(self) -> str:
        self._words.seek(0)
        return self._words.read().decode()

    def wait_until_it_says(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.heard:
            assert self.process.poll() is None, self.heard
            assert time.monotonic() < end, self.heard
            time.sleep(0.05)

    def wait_until_it_stands(self) -> "Launcher":
        self.wait_until_it_says("Ctrl-C stops everything")
        return self

    def is_healthy(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/healthz/", timeout=5) as answer:
                return bool(answer.read() == b"ok\n")
        except OSError:
            return False

    def wait_until_healthy(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self.is_healthy():
            assert time.monotonic() < end, self.heard
            time.sleep(0.1)

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it and return its exit code, its words kept."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        self.end()
        self._words.close()


def _own_environment() -> dict[str, str]:
    """Without what the tests set for themselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BESTTRAV_", "DJANGO_", "PYTEST_"))}


def new_port() -> int:
    return free_port()


def seconds_said(heard: str, step: str) -> float:
    found = re.search(rf"{step} \.\.\. ([0-9.]+) s", heard)
    assert found, heard
    return float(found.group(1))
