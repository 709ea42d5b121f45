"""The environment is built when it is stale, and never where it is somebody else's."""

import json
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
