"""Builds `.venv` from the hashed requirements and moves into it. Runs on any Python that is new enough, with its standard library only.

uv does the work when it can be had; `pip` reads the same files otherwise. A stamp remembers what the environment was built from, so
that a start with nothing new skips all this.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path

from dev import progress
from dev.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
BOOT = ROOT / ".boot"
VENV = ROOT / ".venv"
STAMP = VENV / "besttrav.json"
LOG = BOOT / "log"
UV = BOOT / "bin" / "uv"


class Need(StrEnum):
    """What the environment is for. The one for tests holds everything the site needs as well."""

    RUN = "requirements.txt"
    TEST = "requirements-dev.txt"


def enter(need: Need, module: str) -> None:
    """Return inside the environment, made fresh: outside it, replace this process by the same module run by its Python."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not VENV.is_symlink():  # A link leads to an environment that somebody looks after: used, never changed.
        make_fresh(need)
    python = VENV / "bin" / "python"
    os.execv(python, [str(python), "-m", module, *sys.argv[1:]])  # noqa: S606 - no shell is wanted


def make_fresh(need: Need) -> None:
    """Build or bring up to date what is stale, nothing else."""
    built = _stamp()
    if VENV.exists() and not built:
        raise Trouble(f"{VENV} was not made by us.", f"Set it aside, or take it away: mv {VENV} {VENV}-mine")
    if built.get("root") != str(ROOT) or not (VENV / "bin" / "python").exists():
        built = {}
    if built.get(need) == _hash(need):
        return
    # What tests need stays once it is there: it includes what the site needs.
    wanted = Need.TEST if Need.TEST in built else need
    _build(wanted, anew=not built)
    fresh = {each: _hash(each) for each in (Need.RUN, wanted)}
    _write_stamp(fresh)


def _stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _write_stamp(built_from: dict[Need, str]) -> None:
    """An environment cannot be moved, so the stamp names the folder; one that names nothing else says that it is ours and not finished."""
    STAMP.write_text(json.dumps({"root": str(ROOT), **built_from}))


def _hash(need: Need) -> str:
    return hashlib.sha256((ROOT / need).read_bytes()).hexdigest()


def _build(need: Need, *, anew: bool) -> None:
    BOOT.mkdir(exist_ok=True)
    with progress.step(f"Building the environment from {need}"):
        if anew:
            shutil.rmtree(VENV, ignore_errors=True)
            VENV.mkdir()
            _write_stamp({})
        if not (_have_uv() and _build_with_uv(need, anew=anew)):
            _build_with_pip(need, anew=anew)


def _have_uv() -> bool:
    if not _boot_is_fresh():
        _require_venv_module()
        shutil.rmtree(BOOT)
        _run([sys.executable, "-m", "venv", BOOT])
        install: list[str | Path] = [
            BOOT / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "-r",
            ROOT / "dev" / "uv.txt",
        ]
        progress.exit_code(install, log=LOG)
    return _boot_is_fresh()


def _boot_is_fresh() -> bool:
    pinned = (ROOT / "dev" / "uv.txt").read_text().split()[0].partition("==")[2]
    return any(BOOT.glob(f"lib/python*/site-packages/uv-{pinned}.dist-info")) and progress.succeeds([UV, "--version"])


def _require_venv_module() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            f"{sys.executable} comes without the parts that make environments (ensurepip).",
            f"Install them (Debian, Ubuntu: apt install python3-venv, or python3.{sys.version_info.minor}-venv), then start again.",
        )


def _build_with_uv(need: Need, *, anew: bool) -> bool:
    """False when uv cannot reach the package index; pip may, because it knows mirrors and certificates set up for it."""
    # uv shall use the Python that is here: it could fetch one from elsewhere, and that must never happen. Certificates are the
    # machine's own, as for every other program on it.
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
    if anew and progress.exit_code([UV, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV], log=LOG, env=env):
        return False
    sync: list[str | Path] = [UV, "pip", "sync", "--quiet", "--require-hashes", "--python", VENV / "bin" / "python", ROOT / need]
    return progress.exit_code(sync, log=LOG, env=env) == 0


def _build_with_pip(need: Need, *, anew: bool) -> None:
    if anew or not progress.succeeds([VENV / "bin" / "python", "-m", "pip", "--version"]):
        _run([sys.executable, "-m", "venv", VENV])
    _run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / need])


def _run(command: list[str | Path]) -> None:
    if code := progress.exit_code(command, log=LOG):
        trouble = progress.failed("Installing the requirements", code, LOG)
        raise Trouble(
            f"{trouble}", "Is the package index reachable from here (proxy settings, mirror)? Starting again goes on where this stopped."
        )
