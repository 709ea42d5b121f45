"""The page about the journal, and the journal from the command line."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from besttrav.journal.document import markdown
from besttrav.journal.operations import seal
from tests.journal.book import send, tamper


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("journal", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_page_lists_streams_and_actions() -> None:
    page = markdown()
    assert "| access | 7 | RC-10 |" in page
    assert "| `journal.month_dropped` |" in page
    assert "stream (code), month (day), batches (count), entries (count)" in page


def test_a_stale_page_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.ROOT = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="stale"):
        said("document", "--check")
    said("document")
    said("document", "--check")


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
@pytest.mark.usefixtures("empty_book")
def test_the_journal_from_the_command_line() -> None:
    entry, *_ = send(3)
    assert said("head") == "{}\n"
    assert "0 months made; ticks in order" in said("prepare")
    seal()
    assert json.loads(said("head"))["number"] == 1
    assert "3 entries (0 not sealed yet), 1 batches" in said("verify")
    assert len(json.loads(said("export", str(entry.id)))["proofs"]) == 1
    assert len(json.loads(said("export", "--batches", "1"))["batches"]["1"]) == 3
    tamper("UPDATE journal_entry SET actor_name = '' WHERE id = %s", entry.id)
    with pytest.raises(SystemExit):
        said("verify")
