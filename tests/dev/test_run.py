"""`make run` from the outside: up, alone, killed, up again."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.environment import ROOT
from dev.postgres import free_port
from dev.processes import Footprint
from tests.dev.launcher import Launcher

pytestmark = pytest.mark.cluster

Start = Callable[..., Launcher]


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """One for all these tests: the first start takes longest, and the others only need one to have been."""
    # Not tmp_path: as root the database runs as somebody else, who may not pass through pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="besttrav-state-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    started: list[Launcher] = []

    def start_one(port: int = 0, **env: str) -> Launcher:
        started.append(Launcher(state, port or free_port(), env=env))
        return started[-1]

    yield start_one
    for launcher in reversed(started):
        launcher.close()


@pytest.fixture
def bystander() -> Iterator[Footprint]:
    """A program like ours that is not ours."""
    process = subprocess.Popen(["sleep", "600"], process_group=0)
    try:
        yield footprint_after_exec(process)
    finally:
        process.kill()
        process.wait()


def footprint_after_exec(process: "subprocess.Popen[bytes]") -> Footprint:
    """Popen may return while the child has no command line yet; such a footprint would be nobody's a moment later."""
    end = time.monotonic() + 10
    while not ((footprint := Footprint.of(process.pid)) and footprint.command):
        assert time.monotonic() < end
        time.sleep(0.005)
    return footprint


def programs_of(state: Path) -> dict[str, Footprint]:
    written = json.loads((state / "run.json").read_text())["programs"]
    return {_name(each["command"]): Footprint(**each) for each in written}


def _name(command: str) -> str:
    return next((name for name in ("granian", "procrastinate", "simulators") if name in command), command)


def wait_until_gone(footprints: list[Footprint]) -> None:
    end = time.monotonic() + 30
    while any(footprint.is_alive for footprint in footprints):
        assert time.monotonic() < end, [footprint for footprint in footprints if footprint.is_alive]
        time.sleep(0.05)


def wait_for(written: Path) -> None:
    """The worker writes the first signed head when the first batch of the journal is due."""
    end = time.monotonic() + 120
    while not written.exists():
        assert time.monotonic() < end
        time.sleep(0.1)


def postmaster(state: Path) -> Footprint:
    found = Footprint.of(int((state / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))
    assert found
    return found


def test_it_comes_up_alone_goes_down_whole_and_comes_up_faster(start: Start, state: Path, bystander: Footprint) -> None:
    first = start().wait_until_it_stands()
    assert first.is_healthy()
    assert f"http://localhost:{first.port}/" in first.heard
    for secret in ("env", "run.json", "postgres/password"):
        assert stat.S_IMODE((state / secret).stat().st_mode) == 0o600
    wait_for(state / "heads")
    for shut in ("demo.txt", "log", "heads", "simulators"):
        assert not stat.S_IMODE((state / shut).stat().st_mode) & 0o077, shut

    second = start()
    assert second.process.wait(timeout=60) == 1
    assert f"running already: process {first.process.pid}, http://localhost:{first.port}/" in second.heard
    assert "BESTTRAV_STATE=" in second.heard
    assert first.is_healthy()

    ours = [*programs_of(state).values(), postmaster(state)]
    assert first.end(signal.SIGINT) == 0
    wait_until_gone(ours)
    assert bystander.is_alive
    assert not (state / "run.json").exists()
    secret_key = (state / "env").read_text()

    third = start(first.port).wait_until_it_stands()
    assert "Preparing both databases" not in third.heard
    assert third.is_healthy()
    assert next(line for line in secret_key.splitlines() if "SECRET_KEY" in line) in (state / "env").read_text()


def test_after_kill_9_of_the_launcher_the_next_start_ends_what_was_left_and_nothing_else(
    start: Start, state: Path, bystander: Footprint
) -> None:
    first = start().wait_until_it_stands()
    ours = [*programs_of(state).values(), postmaster(state)]
    # A number in the list that was taken over by somebody else.
    written = json.loads((state / "run.json").read_text())
    written["programs"].append({"pid": bystander.pid, "started": "1", "command": "granian"})
    (state / "run.json").write_text(json.dumps(written))
    first.end(signal.SIGKILL)
    second = start(first.port).wait_until_it_stands()
    assert second.is_healthy()
    assert not any(footprint.is_alive for footprint in ours)
    assert bystander.is_alive


def test_a_program_that_dies_is_started_again(start: Start, state: Path) -> None:
    launcher = start().wait_until_it_stands()
    before = programs_of(state)
    for name in ("procrastinate", "granian"):
        os.kill(before[name].pid, signal.SIGKILL)
    launcher.wait_until_it_says("program worker ended")
    launcher.wait_until_it_says("program web ended")
    launcher.wait_until_healthy()
    os.kill(postmaster(state).pid, signal.SIGKILL)
    launcher.wait_until_it_says("PostgreSQL ended")
    launcher.wait_until_healthy()


def test_a_crowd_at_one_number_does_not_stop_the_site(start: Start) -> None:
    launcher = start(BESTTRAV_INVENTED_PHONES="12").wait_until_it_stands()
    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda _each: _ask_for_a_code(launcher.port, "12900004040"), range(40)))

    # Whoever waits for a connection that never comes is given up on by the pool, and the site says 500.
    assert set(answers) <= {200, 422}, "a code, or the wish to wait a little"


def _ask_for_a_code(port: int, phone: str) -> int:
    cookies = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
    address = f"http://localhost:{port}/sign-in/"
    with browser.open(address, timeout=60) as page:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    form = urllib.parse.urlencode({"phone": phone, "csrfmiddlewaretoken": token[1]}).encode()
    try:
        with browser.open(urllib.request.Request(address, form, {"Origin": f"http://localhost:{port}"}), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_taken_port_is_told_before_anything_is_started(start: Start, state: Path, bystander: Footprint) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        launcher = start(port)
        assert launcher.process.wait(timeout=60) == 1
    assert f"Port {port} is taken" in launcher.heard
    assert "make run PORT=" in launcher.heard
    assert "PostgreSQL" not in launcher.heard


def test_one_database_without_the_other_is_refused(start: Start) -> None:
    launcher = start(BESTTRAV_VAULT_URL="postgresql://nobody@127.0.0.1:1/vault")
    assert launcher.process.wait(timeout=60) == 1
    assert "BESTTRAV_VAULT_URL is set, BESTTRAV_DATABASE_URL is not" in launcher.heard


def test_a_server_that_does_not_answer_is_named_without_its_password(start: Start) -> None:
    url = f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/record"
    launcher = start(BESTTRAV_DATABASE_URL=url, BESTTRAV_VAULT_URL=url)
    assert launcher.process.wait(timeout=60) == 1
    assert "cannot be reached" in launcher.heard
    assert "secret-word" not in launcher.heard


def test_the_site_as_it_stands_would_stand_the_drill(start: Start, state: Path) -> None:
    launcher = start().wait_until_it_stands()
    told = subprocess.run(
        [sys.executable, "-m", "dev.drill"], cwd=ROOT, env=launcher.env, capture_output=True, text=True, check=False, timeout=300
    )
    assert told.returncode == 0, told.stderr
    assert "The site would stand." in told.stdout + told.stderr
    assert launcher.is_healthy()
