"""The environment is built when it is stale, and never where it is somebody else's."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev import environment
from dev.environment import Need, make_fresh
from dev.trouble import Trouble


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for need in Need:
        (tmp_path / need).write_text("django==5.2\n")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "STAMP", venv / "besttrav.json")
    monkeypatch.setattr(environment, "BOOT", tmp_path / ".boot")
    return tmp_path


def stamp(clone: Path, *needs: Need) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    (clone / ".venv" / "bin" / "python").touch()
    written = {need: environment._hash(need) for need in needs}
    (clone / ".venv" / "besttrav.json").write_text(json.dumps({"root": str(clone), **written}))


def test_a_fresh_one_is_left_alone(clone: Path) -> None:
    stamp(clone, Need.RUN, Need.TEST)
    make_fresh(Need.RUN)
    make_fresh(Need.TEST)
    assert not (clone / ".boot").exists()


def test_one_that_we_did_not_make_is_refused_and_kept(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "precious").touch()
    with pytest.raises(Trouble, match="was not made by us"):
        make_fresh(Need.RUN)
    assert (clone / ".venv" / "precious").exists()


ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(set(re.findall(r"-m (dev\.\w+)", (ROOT / "Makefile").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("module", COMMANDS)
def test_a_command_begins_on_a_machine_that_has_nothing_yet(module: str) -> None:
    """It builds the environment itself, so until then it may need nothing that only the environment has."""
    bare = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert bare.returncode == 0, bare.stderr
