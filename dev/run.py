"""`make run`: from a fresh clone to a running site, and back to nothing on Ctrl-C.

Outside the environment this module builds it and starts itself again inside. Everything it starts is in `Site`, in order; whatever
happens, the last started is stopped first.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from dev import environment, translations
from dev.environment import ROOT, Need
from dev.postgres import Cluster, free_port, write_secret
from dev.processes import Footprint, spawn, stop, stop_marked, stop_stranger, unprivileged_account
from dev.progress import failed, run, say, step
from dev.state import Stamps, choose_state, fingerprint, held, read_env, read_json, require_space, write_env
from dev.trouble import Trouble, told_plainly

PYTHON = environment.VENV / "bin" / "python"
URLS = {"BESTTRAV_DATABASE_URL": "besttrav", "BESTTRAV_VAULT_URL": "besttrav_vault"}
FIRST_START_NEEDS = 900  # megabytes: the environment, a copy of PostgreSQL, two databases
LATER_START_NEEDS = 100
MARK = "BESTTRAV_RUN"
START_PATIENCE = 60.0
RESTARTS_A_MINUTE = 5
THREADS = 32  # of the web server, and connections to each database: both stores and the journal's own stay below PostgreSQL's 150
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    with told_plainly():
        state = choose_state(None if _is_external() else unprivileged_account())
        with held(state):
            port = wanted_port(os.environ.get("PORT") or "8000")
        if not environment.VENV.exists():
            require_space(ROOT, FIRST_START_NEEDS)
            say("Besttrav: the first start builds everything it needs; later ones take seconds.")
        environment.enter(Need.RUN, "dev.run")
        for ending in ENDINGS:  # Ctrl-C too: started in the background by a script, we would be deaf to it.
            signal.signal(ending, _end)
        serve(state, port)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def wanted_port(text: str) -> int:
    """The port to serve on, free at this moment; anything else is told with a way out."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"{text} is not a port.", "A port is a number from 1 to 65535: make run PORT=8001")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Trouble(f"Only root may serve on port {port}.", "Take one from 1024 up: make run PORT=8001") from None
        except OSError:
            raise Trouble(
                f"Port {port} is taken by another program, perhaps by another run of this one.",
                f"Stop that one, or take another port: make run PORT={_a_free_port_after(port)}",
            ) from None
    return port


def _a_free_port_after(port: int) -> int:
    for candidate in range(port + 1, min(port + 100, 65536)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)) != 0:
                return candidate
    return free_port()


def serve(state: Path, port: int) -> None:
    """Bring the site up, tell where it is, keep it up until Ctrl-C."""
    # The folder can be passed through, because the database's account must reach its own: so what lies in it is for nobody else to read.
    os.umask(0o077)
    if state != ROOT / "var":
        say(f"  The site's data lies in {state}")
    with held(state), ExitStack() as stack:
        require_space(state, LATER_START_NEEDS)
        end_leftovers(state)
        site = stack.enter_context(Site.standing(state, port))
        site.bring_up()
        site.tell()
        with suppress(KeyboardInterrupt):
            site.keep_up()


def _is_external() -> bool:
    """Whether the caller named databases of their own: both, or none."""
    given = [name for name in URLS if os.environ.get(name)]
    if len(given) == 1:
        missing = next(name for name in URLS if name not in given)
        raise Trouble(f"{given[0]} is set, {missing} is not.", "Set both, or none: then a PostgreSQL is started for you.")
    return bool(given)


def end_leftovers(state: Path) -> None:
    """End what a killed run left behind, and only that: each program is looked at again before it is told anything."""
    last = read_json(state / "run.json")
    ours = [Footprint(**written) for written in last.get("programs", [])]
    living = [footprint for footprint in ours if footprint.is_alive]
    for footprint in reversed(living):
        stop_stranger(footprint)
    strays = stop_marked(MARK, str(last["mark"])) if "mark" in last else 0
    if living or strays:
        say(f"  The last run was killed; ended {len(living) + strays} programs it left behind.")
    (state / "run.json").unlink(missing_ok=True)


@dataclass
class Program:
    """Something to keep running: how it is started, and what tells that it is ready."""

    name: str
    command: list[str | Path]
    is_ready: Callable[[], bool] = lambda: True
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


class Site:
    """Everything one run consists of."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.port = port
        self.mark = secrets.token_hex(8)
        self.stamps = Stamps(state)
        self.cluster: Cluster | None = None
        self.programs: list[Program] = []
        self.simulators: dict[str, str] = {}

    @classmethod
    @contextmanager
    def standing(cls, state: Path, port: int) -> Iterator["Site"]:
        site = cls(state, port)
        try:
            yield site
        finally:
            site.take_down()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/"

    # --- Up ---

    def bring_up(self) -> None:
        self._choose_simulator_ports()
        self._have_databases()
        self._write_settings()
        self._prepare()
        with step("Starting the site"):
            for program in self._wanted_programs():
                self._start(program)
            for program in self.programs:
                self._wait_for(program)

    def _have_databases(self) -> None:
        from dev.databases import make_sure_of

        if _is_external():
            with step("Looking for the databases"):
                self.urls = {name: os.environ[name] for name in URLS}
                for url in self.urls.values():
                    make_sure_of(url)
            return
        with step("Starting PostgreSQL"):
            self.cluster = Cluster(self.state / "postgres")
            if not self.cluster.exists:
                self.stamps.forget_all()
            self.cluster.start()
            self.urls = {name: self.cluster.url(database) for name, database in URLS.items()}
            if not self.stamps.is_fresh("databases", "made"):
                for url in self.urls.values():
                    make_sure_of(url)
                self.stamps.set("databases", "made")

    def _write_settings(self) -> None:
        """What `besttrav.settings` falls back to, for the site's programs and for manage.py beside them."""
        values = {**self.urls, "BESTTRAV_DEMO": "1", "BESTTRAV_INVENTED_PHONES": "12"}
        values |= {f"BESTTRAV_SIMULATOR_{name.upper()}": url.rstrip("/") for name, url in self.simulators.items()}
        values["BESTTRAV_PUBLIC_ADDRESS"] = f"http://127.0.0.1:{self.port}"
        values["BESTTRAV_OUTGOING_ALLOWED"] = ",".join(urlsplit(url).netloc for url in self.simulators.values())
        if "BESTTRAV_SECRET_KEY" not in read_env(self.state):
            values["BESTTRAV_SECRET_KEY"] = secrets.token_urlsafe(50)
        write_env(self.state, values)

    def _prepare(self) -> None:
        translations.compile_stale()
        migrations = self._mark_of("migrations/*.py")
        if _is_external() or not self.stamps.is_fresh("migrations", migrations):
            with step("Preparing both databases, and the keys that vendors know us by"):
                self._run("prepare", "migrate", "keys", "insurers")
            self.stamps.set("migrations", migrations)
        static = self._mark_of("static/**/*")
        if not self.stamps.is_fresh("static", static):
            with step("Collecting styles and scripts"):
                self._run("prepare", "static")
            self.stamps.set("static", static)
        products = fingerprint((file for file in (ROOT / "products").rglob("*") if file.is_file()), "")
        if (ROOT / "dev" / "seed.py").exists() and not self.stamps.is_fresh("demo", products):
            with step("Loading the demo world"):
                self._run("seed")
            self.stamps.set("demo", products)

    def _mark_of(self, pattern: str) -> str:
        files = (file for file in (ROOT / "besttrav").rglob(pattern) if file.is_file())
        return fingerprint(files, (ROOT / Need.RUN).read_text())

    def _run(self, module: str, *words: str) -> None:
        run([PYTHON, "-m", f"dev.{module}", *words], log=self.state / "log" / f"{module}.log", env=self._environment(), cwd=ROOT)

    def _environment(self) -> dict[str, str]:
        """Programs read their settings from the state folder; the mark tells a later run that they are ours."""
        given = {name: value for name, value in os.environ.items() if name != "PORT"}
        return {**given, "BESTTRAV_STATE": str(self.state), MARK: self.mark, "PYTHONUNBUFFERED": "1"}

    # --- Its programs ---

    def _choose_simulator_ports(self) -> None:
        """The ports of the last run where they are still free: people keep addresses."""
        kept = read_json(self.state / "ports.json")
        ports = {}
        for main in sorted((ROOT / "simulators").glob("*/__main__.py")):
            name = main.parent.name
            ports[name] = kept[name] if name in kept and _is_free(int(kept[name])) else free_port()
        write_secret(self.state / "ports.json", json.dumps(ports))
        self.simulators = {name: f"http://127.0.0.1:{port}/" for name, port in ports.items()}

    def _wanted_programs(self) -> Iterator[Program]:
        for name, url in self.simulators.items():
            folder = self.state / "simulators" / name
            folder.mkdir(parents=True, exist_ok=True)
            port = url.rstrip("/").rpartition(":")[2]
            command: list[str | Path] = [PYTHON, "-m", f"simulators.{name}", "--port", port, "--state", folder]
            yield Program(f"simulator-{name}", command, is_ready=partial(answers, url))
        worker = ["manage.py", "procrastinate", "worker", "--fetch-job-polling-interval", "0.5", "--delete-jobs", "successful"]
        yield Program("worker", [PYTHON, *worker, "--shutdown-graceful-timeout", "4"])
        server = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        server += ["--blocking-threads", str(THREADS), "--workers-kill-timeout", "3", "--no-ws", "--log-level", "warning"]
        health = f"http://127.0.0.1:{self.port}/healthz/"
        env = {"BESTTRAV_POOL": "1", "BESTTRAV_THREADS": str(THREADS)}
        yield Program("web", [PYTHON, *server, "besttrav.wsgi:application"], partial(answers, health), env)

    def _start(self, program: Program) -> None:
        with _log_of(self.state, program).open("ab") as log:
            program.process = spawn(program.command, log=log, env={**self._environment(), **program.env}, cwd=ROOT)
        if program not in self.programs:
            self.programs.append(program)
        self._remember()

    def _remember(self) -> None:
        prints = [Footprint.of(program.process.pid) for program in self.programs if program.process]
        living = [footprint.as_dict() for footprint in prints if footprint]
        write_secret(self.state / "run.json", json.dumps({"mark": self.mark, "address": self.address, "programs": living}))

    def _wait_for(self, program: Program) -> None:
        end = time.monotonic() + START_PATIENCE
        log = _log_of(self.state, program)
        while not program.is_ready():
            if program.process and program.has_ended:
                raise failed(f"The program {program.name}", program.process.returncode, log)
            if time.monotonic() > end:
                raise failed(f"The program {program.name} does not answer; waiting for it", 0, log)
            time.sleep(0.05)

    # --- Standing ---

    def tell(self) -> None:
        say(f"\nBesttrav is at {self.address}")
        demo = self.state / "demo.txt"
        if demo.exists():
            say("\n" + demo.read_text(encoding="utf-8").rstrip())
        if "sms" in self.simulators:
            say(f"\nText messages that the site sends are at {self.simulators['sms']}")
        if "wechat" in self.simulators:
            wechat, alipay = self.simulators["wechat"], self.simulators["alipay"]
            say(f"Orders to be paid are at {wechat} (WeChat Pay) and {alipay} (Alipay), both simulated.")
        say(f"Data and logs are in {self.state}. Ctrl-C stops everything.")

    def keep_up(self) -> None:
        """Until Ctrl-C: start again what ended by itself, unless it keeps ending."""
        while True:
            time.sleep(0.5)
            if self.cluster and self.cluster.has_ended:
                say("  PostgreSQL ended; starting it again on the same port.")
                self.cluster.start(port=self.cluster.port)
            for program in self.programs:
                if program.has_ended:
                    self._restart(program)

    def _restart(self, program: Program) -> None:
        assert program.process
        log = _log_of(self.state, program)
        now = time.monotonic()
        program.restarts = [moment for moment in program.restarts if now - moment < 60] + [now]
        if len(program.restarts) > RESTARTS_A_MINUTE:
            raise failed(f"The program {program.name} keeps ending; the last time it", program.process.returncode, log)
        say(f"  The program {program.name} ended with code {program.process.returncode} (see {log}); starting it again.")
        stop(program.process)  # What it may have left in its group holds the port.
        self._start(program)

    # --- Down ---

    def take_down(self) -> None:
        """Stop what we started, the last first. A second Ctrl-C changes nothing: this ends by itself in seconds."""
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        if self.programs or self.cluster:
            say("\nStopping.")
        for program in reversed(self.programs):
            if program.process:
                stop(program.process)
        if self.cluster:
            self.cluster.stop()
        (self.state / "run.json").unlink(missing_ok=True)


def _log_of(state: Path, program: Program) -> Path:
    log = state / "log" / f"{program.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return log


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(url: str) -> bool:
    """Whether somebody is there who does not fail."""
    # No proxy: it is this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    main()
