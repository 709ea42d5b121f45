"""`make promises` says kept only where every named test ran and passed."""

from pathlib import Path

import pytest

from dev import promises
from dev.promises import Recorder


def recorded(**outcomes: str) -> Recorder:
    recorder = Recorder({"tests/a.py::test_one", "tests/b.py"})
    recorder.outcomes = {
        "tests/a.py::test_one[x]": outcomes.get("x", "passed"),
        "tests/a.py::test_one[y]": outcomes.get("y", "passed"),
        "tests/a.py::test_one_more": "failed",
        "tests/b.py::test_two": outcomes.get("two", "passed"),
    }
    return recorder


def test_all_parameters_and_all_of_a_module_must_pass() -> None:
    assert recorded().broken == []
    assert recorded(y="failed").broken == ["tests/a.py::test_one"]
    assert recorded(two="skipped").broken == ["tests/b.py"]


def test_a_proof_that_does_not_exist_is_no_proof() -> None:
    recorder = recorded()
    recorder.marked = {"7.1": ["tests/c.py::test_gone"]}
    assert recorder.outcome("tests/c.py::test_gone") == "not found"
    assert recorder.broken == ["tests/c.py::test_gone"]


def test_nothing_is_written_while_a_proof_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(promises, "PAGE", tmp_path / "promises.md")
    monkeypatch.setattr(promises, "run", lambda named: Recorder({"tests/gone.py::test_gone"}))
    assert promises.main() == 1
    assert not promises.PAGE.exists()
    assert "tests/gone.py::test_gone" in capsys.readouterr().out


def test_the_page_is_written_when_every_proof_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(promises, "PAGE", tmp_path / "promises.md")
    monkeypatch.setattr(promises, "run", lambda named: Recorder(()))
    assert promises.main() == 0
    assert promises.PAGE.read_text(encoding="utf-8") == promises.page()
