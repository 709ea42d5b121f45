"""Sealing goes behind the oldest running transaction; nobody waits and nobody is missed."""

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from besttrav.journal import heads, proof
from besttrav.journal.models import Batch, Entry
from besttrav.journal.operations import heal_ticks, record, record_aside, seal
from besttrav.journal.operations.recording import Draft
from besttrav.journal.signing import signer
from tests.journal.book import CLERK, OPENED, SEEN, SENT, another_connection, note, rolled_back, send, tamper

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "vault"]), pytest.mark.usefixtures("empty_book")]


def test_what_was_committed_is_sealed_by_stream_and_chained() -> None:
    send(3)
    note(SEEN, page="home")
    assert seal() == 4
    first, second = Batch.objects.order_by("number")
    assert [(first.stream, first.entries), (second.stream, second.entries)] == [(1, 1), (5, 3)]
    assert bytes(second.previous) == bytes(first.head)
    assert proof.verify().holds


def test_nothing_new_makes_no_batch() -> None:
    send()
    assert (seal(), seal()) == (1, 0)
    assert Batch.objects.count() == 1


def test_an_entry_of_a_transaction_that_is_still_open_waits_and_is_sealed_in_the_next_round() -> None:
    written, finish = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            record(SENT, actor=CLERK, way="slow", pieces=1)
            written.set()
            finish.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    written.wait(10)
    send(2)  # younger than the open transaction, so it waits with it
    assert seal() == 0
    finish.set()
    writer.join()
    assert seal() == 3
    assert proof.verify().holds


def test_a_transaction_of_another_database_does_not_hold_up_the_seal() -> None:
    send()
    with transaction.atomic("vault"), connections["vault"].cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        send()
        assert seal() == 2


def test_a_writer_does_not_wait_for_the_sealer_nor_the_sealer_for_another() -> None:
    send()
    with another_connection() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x6A6F_7572_6E61])
        assert seal() == 0
        send()
    assert seal() == 2


def test_a_backlog_is_sealed_in_batches_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("besttrav.journal.operations.sealing.WINDOW", 3)
    for _ in range(7):
        send(1)
    send(5)  # one transaction is never parted
    send(1)
    assert seal() == 13
    assert list(Batch.objects.order_by("number").values_list("entries", flat=True)) == [3, 3, 1, 5, 1]
    assert proof.verify().holds


def test_entries_written_aside_are_sealed_though_the_caller_rolled_back() -> None:
    with rolled_back():
        record_aside([Draft(OPENED, actor=CLERK)])
        send()
    assert seal() == 1
    assert proof.verify().holds


def test_the_head_is_written_outside_once_and_again_when_it_was_missed(heads_file: Path) -> None:
    send()
    seal()
    seal()
    assert [head.number for head in heads.written()] == [1]
    assert heads_file.read_text().count("public_key") == 1
    heads_file.write_text(heads_file.read_text()[:-20])  # a crash in the middle of a line
    seal()
    assert [head.number for head in heads.written()] == [1]
    assert proof.verify().holds


def test_of_two_sealers_one_waits_and_writes_no_head_twice(heads_file: Path) -> None:
    send()
    seal()
    line = heads_file.read_text().splitlines()[-1]
    heads_file.write_text(heads_file.read_text().replace(f"{line}\n", ""))
    with ThreadPoolExecutor(1) as other, heads_file.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = other.submit(published)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        file.write(f"{line}\n")
        file.flush()
        fcntl.flock(file, fcntl.LOCK_UN)
        waiting.result(timeout=10)
    assert [head.number for head in heads.written()] == [1]


def published() -> None:
    try:
        heads.publish(signer())
    finally:
        connection.close()


def test_after_a_restore_into_a_younger_cluster_writing_waits_until_the_ticks_are_healed() -> None:
    send(2)
    seal()
    send(2)
    # The record as it looks in a cluster whose transactions are numbered a million lower.
    for statement in (
        "UPDATE journal_entry SET tick = tick + 1000000",
        "UPDATE journal_tick_base SET sealed_below = sealed_below + 1000000",
        "UPDATE journal_batch SET high = high + 1000000",
    ):
        tamper(statement)
    with pytest.raises(Exception, match="ran backwards"):
        send()
    assert heal_ticks()
    assert not heal_ticks()
    send(1)
    assert seal() == 3
    assert Entry.objects.count() == 5


def test_ticks_in_order_are_left_alone() -> None:
    send()
    seal()
    send()
    assert not heal_ticks()


def test_the_database_refuses_to_change_or_take_away() -> None:
    send()
    seal()
    for statement in (
        "UPDATE journal_entry SET action = 'other'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "UPDATE journal_batch SET entries = 2",
        "DELETE FROM journal_batch",
        "TRUNCATE journal_batch",
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
