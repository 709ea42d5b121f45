"""Every bench runs, on sizes too small to mean anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import report
from bench.__main__ import BENCHES
from bench.measuring import Line

ROOT = Path(__file__).resolve().parents[2]


def test_every_bench_has_its_place_on_the_page_and_writes_there_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = report.PAGE.read_text(encoding="utf-8")
    assert [name for name in BENCHES if before.count(f"<!-- bench {name} -->") != 1] == []
    monkeypatch.setattr(report, "PAGE", tmp_path / "performance.md")
    report.PAGE.write_text(before, encoding="utf-8")

    for cost in (3, 4):
        report.write("rating", [Line("a price", "us", cost)])

    written = report.PAGE.read_text(encoding="utf-8")
    assert "| a price | 4 us |" in written
    assert "| a price | 3 us |" not in written
    assert [text.partition("<!-- end -->")[2] for text in written.split("<!-- bench ")] == [
        text.partition("<!-- end -->")[2] for text in before.split("<!-- bench ")
    ]
    with pytest.raises(SystemExit):
        report.write("nothing", [])


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
        "a statement of",
        "a channel's bill of",
    ):
        assert f"\n{told}" in done.stdout
    assert "reads meanwhile that failed" in done.stdout
