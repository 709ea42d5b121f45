"""Bundles are checked by a script that knows nothing of us, against somebody's own copy of the heads."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from besttrav.journal import heads
from besttrav.journal.models import Entry
from besttrav.journal.operations import seal
from besttrav.journal.proof import export_bundle
from tests.journal.book import SEEN, note, send, tamper

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "vault"]), pytest.mark.usefixtures("empty_book")]


@pytest.fixture
def entries() -> list[Entry]:
    first = send(5)
    seen = note(SEEN, page="home")
    seal()
    last = send(3)
    seal()
    return [*first, seen, *last]


def check(bundle: dict[str, Any], heads: Path) -> tuple[bool, str]:
    """Run the script in a Python that cannot import this project."""
    path = heads.with_name("bundle.json")
    path.write_text(json.dumps(bundle))
    script = Path(settings.ROOT) / "dev" / "verify_journal.py"
    run = subprocess.run(
        [sys.executable, "-I", str(script), str(path), str(heads)], capture_output=True, text=True, cwd=heads.parent, check=False
    )
    assert run.returncode in {0, 1}, run.stderr
    return run.returncode == 0, run.stdout


def test_everything_holds(entries: list[Entry], heads_file: Path) -> None:
    assert check(export_bundle(), heads_file) == (True, "9 entries, 3 batches, 2 heads: holds\n")


def test_single_entries_hold_and_name_no_others(entries: list[Entry], heads_file: Path) -> None:
    bundle = export_bundle([entries[1].id, entries[7].id])
    assert check(bundle, heads_file)[0]
    assert not any(str(other.id) in json.dumps(bundle) for other in entries if other not in (entries[1], entries[7]))


def test_every_single_entry_holds(entries: list[Entry], heads_file: Path) -> None:
    assert check(export_bundle([entry.id for entry in entries]), heads_file)[0]


def test_a_range_of_batches_holds(entries: list[Entry], heads_file: Path) -> None:
    assert check(export_bundle(batches=range(2, 4)), heads_file) == (True, "8 entries, 2 batches, 2 heads: holds\n")


def test_a_changed_fact_shows(entries: list[Entry], heads_file: Path) -> None:
    tamper('UPDATE journal_entry SET facts = \'{"way": "air"}\' WHERE id = %s', entries[1].id)
    for bundle in (export_bundle(), export_bundle([entries[1].id])):
        assert not check(bundle, heads_file)[0]


def test_a_deleted_or_added_entry_shows(entries: list[Entry], heads_file: Path) -> None:
    whole = export_bundle()
    number, sealed = next((number, batch) for number, batch in whole["batches"].items() if len(batch) > 1)
    for others in (sealed[1:], [*sealed, sealed[0]], list(reversed(sealed))):
        assert not check(whole | {"batches": whole["batches"] | {number: others}}, heads_file)[0]
    assert not check(whole | {"batches": {}}, heads_file)[0]


def test_a_cut_tail_shows(entries: list[Entry], heads_file: Path) -> None:
    tamper("DELETE FROM journal_entry WHERE id = ANY(%s)", [entry.id for entry in entries[6:]])
    tamper("DELETE FROM journal_batch WHERE number = 3")
    holds, told = check(export_bundle(), heads_file)
    assert not holds
    assert "batch 3: missing" in told


def test_a_missing_middle_shows(entries: list[Entry], heads_file: Path) -> None:
    whole = export_bundle()
    del whole["headers"][1]
    assert "batch 2: missing" in check(whole, heads_file)[1]


def test_a_forged_signature_or_header_shows(entries: list[Entry], heads_file: Path) -> None:
    whole = export_bundle()
    whole["headers"][0]["signature"] = "11" * 64
    assert "batch 1: not signed" in check(whole, heads_file)[1]
    whole = export_bundle()
    whole["headers"][0]["header"]["sealed_at"] = "2020-01-01T00:00:00.000000+00:00"
    assert "batch 2: does not follow batch 1" in check(whole, heads_file)[1]


def test_a_proof_put_elsewhere_shows(entries: list[Entry], heads_file: Path) -> None:
    changes: list[dict[str, Any]] = [{"index": 99}, {"index": 0}, {"path": []}, {"batch": 1}, {"batch": 77}]
    for change in changes:
        bundle = export_bundle([entries[7].id])
        bundle["proofs"][0] |= change
        assert not check(bundle, heads_file)[0]


def test_heads_of_another_journal_do_not_fit(entries: list[Entry], heads_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text(heads_file.read_text().replace('"digest":"', '"digest":"00'))
    assert "another head was written outside" in check(export_bundle(), other)[1]
    other.write_text("")
    assert "not signed by a key in the heads file" in check(export_bundle([entries[0].id]), other)[1]


def test_a_journal_brought_back_from_a_backup_is_checked_against_what_was_written_since(entries: list[Entry], heads_file: Path) -> None:
    tamper("DELETE FROM journal_entry WHERE NOT id = ANY(%s)", [entry.id for entry in entries[:6]])
    tamper("DELETE FROM journal_batch WHERE number > 2")
    assert not check(export_bundle(), heads_file)[0]
    heads.note_restore(2)
    send(1)
    seal()
    assert check(export_bundle(), heads_file) == (True, "7 entries, 3 batches, 2 heads: holds\n")
