"""What is sealed cannot be changed unseen, not even by the owner of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from besttrav.journal import aside, heads, merkle, proof, seals
from besttrav.journal.models import Batch, Entry
from besttrav.journal.operations import seal
from besttrav.journal.signing import signer
from besttrav.kernel import clock, ids
from besttrav.kernel.keys import Signer
from besttrav.providers.keys.local import LocalSigner
from tests.journal.book import SEEN, note, send, tamper

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "vault"]), pytest.mark.usefixtures("empty_book")]


@pytest.fixture
def entries() -> list[Entry]:
    """Three batches: of three, one and two entries."""
    first = send(3)
    seal()
    seen = note(SEEN, page="home")
    seal()
    last = send(2)
    seal()
    return [*first, seen, *last]


def found() -> set[str]:
    return {problem.what for problem in proof.verify().problems}


def test_an_untouched_journal_holds_and_is_counted(entries: list[Entry]) -> None:
    send()
    heard: list[int] = []
    report = proof.verify(heard.append)
    assert report.holds
    assert (report.entries, report.unsealed, report.batches, report.heads) == (7, 1, 3, 3)


@pytest.mark.parametrize(
    "change",
    [
        "facts = facts || '{\"pieces\": 99}'",
        "action = 'parcels.lost'",
        "at = at - interval '1 microsecond'",
        "subject = gen_random_uuid()",
        "about_id = gen_random_uuid()",
        "about_type = 'people.account'",
        "actor_kind = 'job'",
        "actor_id = NULL",
        "actor_name = 's0001'",
        "salt = decode(repeat('00', 16), 'hex')",
    ],
)
def test_a_changed_column_shows(entries: list[Entry], change: str) -> None:
    tamper(f"UPDATE journal_entry SET {change} WHERE id = %s", entries[1].id)
    assert "entry_changed" in found()
    assert not proof.verify_entry(entries[1].id).holds()


def test_a_changed_digest_shows(entries: list[Entry]) -> None:
    tamper("UPDATE journal_entry SET digest = decode(repeat('00', 32), 'hex') WHERE id = %s", entries[1].id)
    assert found() == {"entry_changed", "batch_broken"}


def test_a_change_with_its_digest_made_to_fit_shows_in_the_root(entries: list[Entry]) -> None:
    changed = Entry.objects.get(id=entries[1].id)
    changed.facts = {"way": "air", "pieces": 1}
    tamper(
        'UPDATE journal_entry SET facts = facts || \'{"way": "air"}\', digest = %s WHERE id = %s',
        seals.entry_digest(changed.columns),
        changed.id,
    )
    assert found() == {"batch_broken"}


def test_a_deleted_entry_shows(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[2].id)
    assert found() == {"batch_broken"}


def test_the_only_entry_of_a_batch_deleted_shows(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[3].id)
    assert found() == {"batch_broken"}


def test_an_entry_added_to_a_sealed_batch_shows(entries: list[Entry]) -> None:
    added = send()[0]
    tick = Entry.objects.get(id=entries[0].id).tick
    tamper("UPDATE journal_entry SET tick = %s WHERE id = %s", tick, added.id)
    assert found() == {"batch_broken"}


def test_an_entry_added_where_no_batch_was_sealed_shows(entries: list[Entry]) -> None:
    added = note(SEEN, page="home")
    tick = Entry.objects.get(id=entries[0].id).tick
    tamper("UPDATE journal_entry SET tick = %s WHERE id = %s", tick, added.id)
    assert [(problem.what, problem.entry) for problem in proof.verify().problems] == [("entry_added", added.id)]


def test_entries_that_change_places_show(entries: list[Entry]) -> None:
    one, other = str(entries[0].id), str(entries[1].id)
    spare = str(ids.new_id())
    for old, new in ((one, spare), (other, one), (spare, other)):
        tamper("UPDATE journal_entry SET id = %s WHERE id = %s", UUID(new), UUID(old))
    assert found() == {"entry_changed", "batch_broken"}


def test_an_entry_moved_to_another_stream_shows(entries: list[Entry]) -> None:
    tamper("UPDATE journal_entry SET stream = 1 WHERE id = %s", entries[0].id)
    assert {"entry_changed", "batch_broken"} <= found()


def test_an_entry_moved_to_another_month_shows(entries: list[Entry]) -> None:
    next_month = ids.first_id_at(clock.now().replace(day=1) + timedelta(days=35))
    tamper("UPDATE journal_entry SET id = %s WHERE id = %s", next_month, entries[0].id)
    assert {"entry_changed", "entry_added", "batch_broken"} <= found()


def test_a_stream_nobody_declared_shows(entries: list[Entry]) -> None:
    tamper("CREATE TABLE journal_entry_hidden PARTITION OF journal_entry FOR VALUES IN (9)")
    tamper("UPDATE journal_entry SET stream = 9 WHERE id = %s", entries[3].id)
    try:
        assert found() == {"entry_added", "batch_broken"}
    finally:
        tamper("DROP TABLE journal_entry_hidden")


def test_a_cut_tail_shows_against_the_heads_outside(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = ANY(%s)", [entry.id for entry in entries[4:]])
    tamper("DELETE FROM journal_batch WHERE number = 3")
    assert [(problem.what, problem.batch) for problem in proof.verify().problems] == [("tail_cut", 3)]


def test_heads_that_stand_twice_or_behind_a_later_one_are_compared_all_the_same(entries: list[Entry], heads_file: Path) -> None:
    key, first, second, third = heads_file.read_text().splitlines()
    heads_file.write_text("\n".join((key, second, first, second, third, third, "")))
    assert found() == set()
    heads_file.write_text("\n".join((key, second, first.replace('"digest":"', '"digest":"00'), third, "")))
    assert found() == {"head_differs"}


def test_a_batch_sealed_while_the_journal_is_read_is_no_cut_tail(entries: list[Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    real = aside.snapshot

    @contextmanager
    def snapshot_before_another_batch() -> Iterator[Any]:
        with real() as connection:
            connection.execute("SELECT 1")
            send()
            seal()
            yield connection

    monkeypatch.setattr(aside, "snapshot", snapshot_before_another_batch)
    assert found() == set()
    monkeypatch.undo()
    assert (found(), proof.verify().heads) == (set(), 4)


def test_a_batch_taken_out_of_the_middle_shows(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[3].id)
    tamper("DELETE FROM journal_batch WHERE number = 2")
    assert found() == {"chain_broken", "tail_cut"}


def test_batches_in_another_order_show(entries: list[Entry]) -> None:
    tamper("UPDATE journal_batch SET number = CASE number WHEN 1 THEN 102 ELSE 101 END WHERE number < 3")
    tamper("UPDATE journal_batch SET number = number - 100 WHERE number > 100")
    assert {"chain_broken", "signature_forged", "head_differs"} <= found()


@pytest.mark.parametrize("change", ["signature = decode(repeat('11', 64), 'hex')", "key_id = 'unknown'", "signature = ''"])
def test_a_forged_signature_shows(entries: list[Entry], change: str) -> None:
    tamper(f"UPDATE journal_batch SET {change} WHERE number = 2")
    assert "signature_forged" in found()


@pytest.mark.parametrize("change", ["entries = 7", "root = decode(repeat('22', 32), 'hex')", "low = low - 1", "sealed_at = now()"])
def test_a_changed_header_shows(entries: list[Entry], change: str) -> None:
    tamper(f"UPDATE journal_batch SET {change} WHERE number = 2")
    assert {"chain_broken", "signature_forged"} <= found()


def forge(batch: Batch, key: Signer) -> None:
    """Write the batch's true head anew under a key of the forger's."""
    batch.key_id = key.key_id
    head = seals.head_digest(batch.header)
    tamper(
        "UPDATE journal_batch SET key_id = %s, head = %s, signature = %s WHERE number = %s",
        batch.key_id, head, key.sign(seals.signed_message(head)), batch.number,
    )  # fmt: skip


def test_a_tail_signed_with_another_key_shows(entries: list[Entry], tmp_path: Path) -> None:
    forge(Batch.objects.get(number=3), LocalSigner(tmp_path / "forger.json"))
    assert found() == {"signature_forged", "head_differs"}


def test_a_history_written_anew_with_the_right_key_shows_against_the_heads_outside(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[5].id)
    batch = Batch.objects.get(number=3)
    batch.entries, batch.root = 1, merkle.leaf(bytes(entries[4].digest))
    head = seals.head_digest(batch.header)
    signature = signer().sign(seals.signed_message(head))
    tamper("UPDATE journal_batch SET entries = 1, root = %s, head = %s, signature = %s WHERE number = 3", batch.root, head, signature)
    assert found() == {"head_differs"}


def test_entries_hidden_as_dropped_before_their_time_show(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[3].id)
    tamper("UPDATE journal_batch SET dropped_at = now() WHERE number = 2")
    assert found() == {"dropped_too_early"}


def test_a_date_of_dropping_in_the_future_shows(entries: list[Entry]) -> None:
    tamper("DELETE FROM journal_entry WHERE id = %s", entries[3].id)
    tamper("UPDATE journal_batch SET dropped_at = now() + interval '9 years' WHERE number = 2")
    assert found() == {"dropped_too_early"}


def test_batches_called_dropped_whose_entries_are_there_show(entries: list[Entry]) -> None:
    tamper("UPDATE journal_batch SET dropped_at = now() WHERE number = 2")
    assert found() == {"dropped_but_there"}


def test_a_batch_signed_with_an_earlier_key_still_holds(entries: list[Entry], heads_file: Path, new_signer: Callable[[], None]) -> None:
    new_signer()
    send()
    seal()
    assert heads_file.read_text().count("public_key") == 2
    assert proof.verify().holds


def test_one_entry_is_proved_and_one_not_sealed_yet_is_refused(entries: list[Entry]) -> None:
    for entry in entries:
        assert proof.verify_entry(entry.id).holds()
    with pytest.raises(proof.NotSealedYet):
        proof.verify_entry(send()[0].id)


def test_a_proof_names_no_neighbour(entries: list[Entry]) -> None:
    told = repr(proof.verify_entry(entries[1].id))
    neighbour = entries[0]
    assert str(neighbour.id) not in told
    assert bytes(neighbour.salt).hex() not in told
    assert bytes(neighbour.digest).hex() not in told


def bring_back_first_batch(entries: list[Entry]) -> None:
    """The journal is as it was after its first batch, as a backup of then would make it."""
    tamper("DELETE FROM journal_entry WHERE NOT id = ANY(%s)", [entry.id for entry in entries[:3]])
    tamper("DELETE FROM journal_batch WHERE number > 1")


def test_a_journal_brought_back_from_a_backup_holds_and_goes_on(entries: list[Entry]) -> None:
    bring_back_first_batch(entries)
    assert found() == {"tail_cut"}
    heads.note_restore(1)
    assert found() == set()
    send(2)
    seal()
    assert found() == set()
    assert [head.number for head in heads.written()] == [1, 2]


def test_a_tail_cut_after_a_restore_shows_again(entries: list[Entry]) -> None:
    bring_back_first_batch(entries)
    heads.note_restore(1)
    send(2)
    seal()
    bring_back_first_batch(entries)
    assert found() == {"tail_cut"}
