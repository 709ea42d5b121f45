"""Every bench runs, on sizes too small to mean anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.cluster
def test_every_bench_runs_and_tells_its_figures() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BESTTRAV_", "DJANGO_"))}
    done = subprocess.run([sys.executable, "-m", "bench", "--quick"], cwd=ROOT, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for told in (
        "save, each",
        "open 5 people",
        "access package",
        "erasure",
        "rotation of",
        "verifying",
        "making the proof",
        "certificate of",
        "a purchase of",
        "prices on one core",
        "the whole way, as a rate",
    ):
        assert f"\n{told}" in done.stdout
    assert "reads meanwhile that failed" in done.stdout
