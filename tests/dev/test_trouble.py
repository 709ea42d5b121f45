"""What can be wrong with a machine: each trouble is told with a way out."""

import ast
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.environment import ROOT
from dev.processes import Account
from dev.progress import run
from dev.run import wanted_port
from dev.state import choose_state, held, require_space
from dev.trouble import Trouble, told_plainly

STRANGER = Account("stranger", 54321, 54321)


def test_a_wrong_python_is_told_in_words_every_python_understands() -> None:
    ast.parse((ROOT / "dev" / "__init__.py").read_text(), feature_version=(3, 4))
    pretending = "import sys; sys.version_info = (3, 9, 2); import dev.run"
    asked = subprocess.run([sys.executable, "-c", pretending], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert "needs Python 3.11 or newer" in asked.stderr
    assert "PYTHON=" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_too_little_space_is_refused_before_it_runs_out(tmp_path: Path) -> None:
    require_space(tmp_path, 0)
    with pytest.raises(Trouble, match="at least 1000000000 MB are needed") as trouble:
        require_space(tmp_path, 10**9)
    assert "BESTTRAV_STATE=" in str(trouble.value)


def test_a_disk_that_fills_half_way_is_told_plainly() -> None:
    with pytest.raises(SystemExit, match="is full"), told_plainly():
        raise OSError(errno.ENOSPC, "No space left on device", "/data/var/env")


def test_a_program_that_found_the_disk_full_is_told_plainly(tmp_path: Path) -> None:
    writing = (
        "import os; os.write(os.open('/dev/full', os.O_WRONLY), b'x')"
        if Path("/dev/full").exists()
        else f"raise OSError({errno.ENOSPC}, '')"
    )
    with pytest.raises(Trouble, match="is full"):
        run([sys.executable, "-c", writing], log=tmp_path / "log")


def test_any_other_failure_of_a_program_shows_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no such luck"):
        run([sys.executable, "-c", "raise SystemExit('no such luck')"], log=tmp_path / "log")


def test_a_folder_that_is_closed_to_us_is_told_plainly() -> None:
    with pytest.raises(SystemExit, match=r"may not write /opt/besttrav/\.boot"), told_plainly():
        raise PermissionError(errno.EACCES, "Permission denied", "/opt/besttrav/.boot")


def test_a_state_folder_that_cannot_be_made_is_told_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BESTTRAV_STATE", str(tmp_path / "file" / "var"))
    with pytest.raises(Trouble, match="BESTTRAV_STATE="):
        choose_state(None)


def test_an_error_that_is_not_the_machines_keeps_its_traceback() -> None:
    with pytest.raises(FileNotFoundError), told_plainly():
        raise FileNotFoundError(errno.ENOENT, "No such file", "x")


def test_the_state_is_held_by_one_run_at_a_time_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("999999999\n")
    with held(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(Trouble, match=f"running already: process {os.getpid()}"), held(tmp_path):
            pass
    with held(tmp_path):
        pass


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80.5"])
def test_what_is_not_a_port_is_told(port: str) -> None:
    with pytest.raises(Trouble, match="is not a port"):
        wanted_port(port)


class TestACloneUnderAClosedHome:
    """As root the database runs under an account that may not pass through it."""

    @pytest.fixture(autouse=True)
    def _no_state_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("BESTTRAV_STATE")

    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        clone = tmp_path / "home" / "clone"
        clone.mkdir(parents=True)
        (tmp_path / "home").chmod(0o700)
        (tmp_path / "outside").mkdir()
        return clone

    def test_its_state_goes_outside_and_is_found_under_var(self, clone: Path, tmp_path: Path) -> None:
        state = choose_state(STRANGER, root=clone, outside=tmp_path / "outside")
        assert state.parent == tmp_path / "outside"
        assert (clone / "var").resolve() == state
        assert choose_state(STRANGER, root=clone, outside=tmp_path / "outside") == state

    def test_an_ordinary_user_keeps_it_inside(self, clone: Path, tmp_path: Path) -> None:
        assert choose_state(None, root=clone, outside=tmp_path / "outside") == clone / "var"

    def test_a_folder_somebody_else_put_there_is_refused(self, clone: Path, tmp_path: Path) -> None:
        state = choose_state(STRANGER, root=clone, outside=tmp_path / "outside")
        state.chmod(0o777)
        (clone / "var").unlink()
        state.rmdir()
        state.symlink_to(tmp_path)
        with pytest.raises(Trouble, match="not a folder of yours alone"):
            choose_state(STRANGER, root=clone, outside=tmp_path / "outside")
