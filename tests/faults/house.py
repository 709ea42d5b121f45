"""A house of one's own for a test that kills: two databases on a cluster of its own, a state folder, and acts played in child processes."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from dev.postgres import Cluster

ALIASES = ("default", "vault")
_numbers = itertools.count(1)


class Stage:
    """The parent of all child processes; see `stage.py`."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.stage"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def start(self, **order: Any) -> int:
        return self._ask(order)

    def wait(self, pid: int) -> int:
        """The exit code; the negative number of the signal for one that was killed."""
        return self._ask({"wait": pid})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(json.dumps(order) + "\n")
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        self._parent.communicate(timeout=10)


class Failed(AssertionError):
    """An act ended with an exception of its own: a fault of the code, not of the test."""


class House:
    """Two databases, keys, ledger and diary. Acts are played in it one after the other, or several at once with `start`."""

    def __init__(self, stage: Stage, cluster: Cluster, folder: Path) -> None:
        self.stage, self.cluster, self.state = stage, cluster, folder
        self.names = {alias: f"{folder.name}_{alias}" for alias in ALIASES}
        self._answers: dict[int, Path] = {}
        self.was_killed = False  # the act that ended last

    def play(self, act: str, *words: object, crash: str = "", trace: Path | None = None) -> Any:
        """Play an act to its end and return what it returned; None when it was killed, as a `crash` asks for."""
        return self.end(self.start(act, *words, crash=crash, trace=trace))

    def start(self, act: str, *words: object, crash: str = "", trace: Path | None = None) -> int:
        answer = self.state / f"answer-{next(_numbers)}"
        pid = self.stage.start(
            start=act,
            words=[str(word) for word in words],
            crash=crash,
            trace=str(trace or ""),
            state=str(self.state),
            databases=self.databases(),
            answer=str(answer),
            log=str(self.state / "log"),
        )
        self._answers[pid] = answer
        return pid

    def end(self, pid: int) -> Any:
        code, answer = self.stage.wait(pid), self._answers.pop(pid)
        self.was_killed = code == -signal.SIGKILL
        if self.was_killed:
            return None
        if code:
            raise Failed(answer.read_text() if answer.exists() else f"ended with {code}")
        return json.loads(answer.read_text())

    def kill(self, pid: int) -> None:
        """End one of our acts as the kernel would when memory is out."""
        os.kill(pid, signal.SIGKILL)
        self.stage.wait(pid)
        self._answers.pop(pid)

    def recovered(self) -> Any:
        """Start again, finish every job, and return what does not hold: an empty dictionary."""
        self.play("recover")
        return self.play("check")

    def subjects(self) -> list[str]:
        """Everybody who was told that they are signed up, in order."""
        return [line.split()[2] for line in self.diary() if line.startswith("signed")]

    def diary(self) -> list[str]:
        path = self.state / "diary"
        return path.read_text().splitlines() if path.exists() else []

    def query(self, alias: str, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.cluster.url(self.names[alias])) as connection:
            return connection.execute(statement.encode()).fetchall()

    def databases(self) -> dict[str, dict[str, Any]]:
        """What Django's settings say about them."""
        url = urlsplit(self.cluster.url("postgres"))
        place = {"HOST": url.hostname, "PORT": url.port, "USER": url.username, "PASSWORD": unquote(url.password or "")}
        return {alias: {**place, "NAME": name} for alias, name in self.names.items()}


class Street:
    """One cluster with a migrated pair of databases, which houses are copies of."""

    def __init__(self, stage: Stage, cluster: Cluster, folder: Path) -> None:
        self.stage, self.cluster, self._folder = stage, cluster, folder
        for alias in ALIASES:
            self._create(f"template_{alias}", "template0")
        self._migrate()

    def house(self) -> House:
        house = House(self.stage, self.cluster, self._folder / f"house{next(_numbers)}")
        house.state.mkdir(mode=0o700)
        for alias, name in house.names.items():
            self._create(name, f"template_{alias}")
        return house

    def house_like(self, other: House) -> House:
        """A house in which everything has happened that happened in the other one, where nobody is at work now."""
        house = House(self.stage, self.cluster, self._folder / f"house{next(_numbers)}")
        shutil.copytree(other.state, house.state)
        for alias, name in house.names.items():
            self._create(name, other.names[alias])
        return house

    def _migrate(self) -> None:
        urls = {"BESTTRAV_DATABASE_URL": self.cluster.url("template_default"), "BESTTRAV_VAULT_URL": self.cluster.url("template_vault")}
        program = (
            "import django; django.setup()\n"
            "from django.core.management import call_command\n"
            "for alias in ('default', 'vault'): call_command('migrate', database=alias, run_syncdb=True, verbosity=0)"
        )
        subprocess.run([sys.executable, "-c", program], env={**os.environ, **urls}, check=True)

    def _create(self, name: str, template: str) -> None:
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


@contextmanager
def street(*, durable: bool) -> Iterator[Street]:
    """A cluster of one's own with its stage; gone at the end."""
    base = Path(tempfile.mkdtemp(prefix="besttrav-faults-"))
    cluster, stage = Cluster(base, durable=durable), Stage()
    try:
        cluster.start()
        houses = base / "houses"
        houses.mkdir(mode=0o700)
        yield Street(stage, cluster, houses)
    finally:
        stage.close()
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)
