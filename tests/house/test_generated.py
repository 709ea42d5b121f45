"""What is generated from the code is current: a page that lags says something that is no longer so."""

import os
import subprocess
import sys

import pytest

from tests.house.tree import ROOT


@pytest.mark.parametrize("room", ["journal", "privacy"])
def test_the_pages_written_from_declarations_are_current(room: str) -> None:
    # In a process of its own: this one knows the actions and models of tests besides.
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "besttrav.settings"}
    command = [sys.executable, "manage.py", room, "document", "--check"]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
