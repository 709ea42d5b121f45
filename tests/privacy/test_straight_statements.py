"""The short ways to the databases say the same as the ordinary ones, count where somebody counts, and fail in the same manner."""

from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from besttrav.kernel.errors import Unavailable
from besttrav.kernel.statements import straight
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import AccessEntry
from besttrav.privacy.vault import secrets, store
from besttrav.privacy.vault.models import Epoch, EpochState
from besttrav.privacy.vault.router import VAULT

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def people(count: int) -> list[files.Sheet]:
    return [files.open_sheet(keep=Keep.ACCOUNT) for _ in range(count)]


def test_the_vault_answers_the_same_by_both_ways() -> None:
    sheets = people(3)
    wanted = [sheet.id for sheet in sheets] + [uuid4()]
    with CaptureQueriesContext(connections[VAULT]) as counted:
        ordinary = store.cards_of(wanted)
    short = store.cards_of(wanted)
    assert len(counted) == 1
    assert {sheet.id for sheet in sheets} == set(ordinary) == set(short)
    for sheet in sheets:
        card, other = ordinary[sheet.id], short[sheet.id]
        assert (card.subject, card.file, card.state, card.place) == (other.subject, other.file, other.state, other.place)
        assert card.cipher
        assert other.cipher
        assert other.cipher.open(card.cipher.seal(b"text", b"place"), b"place") == b"text"


def test_when_every_epoch_has_ended_nothing_opens_and_nothing_is_remembered() -> None:
    (sheet,) = people(1)
    assert store.cards_of([sheet.id])[sheet.id].cipher
    Epoch.objects.update(state=EpochState.ENDED)
    assert store.cards_of([sheet.id])[sheet.id].cipher is None
    assert secrets.newest() is None


def test_a_connection_that_forgot_its_statements_is_taught_anew() -> None:
    (sheet,) = people(1)
    assert store.cards_of([sheet.id])
    with connections[VAULT].cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert store.cards_of([sheet.id])


def test_a_connection_that_went_away_is_unavailable_and_not_an_empty_vault() -> None:
    (sheet,) = people(1)
    assert store.cards_of([sheet.id])
    connections[VAULT].connection.pgconn.finish()
    with pytest.raises(Unavailable):
        store.cards_of([sheet.id])
    connections[VAULT].close()
    assert store.cards_of([sheet.id])


def test_a_connection_that_the_database_ended_is_unavailable_too() -> None:
    (sheet,) = people(1)
    assert store.cards_of([sheet.id])
    vault = connections[VAULT]
    process = vault.connection.info.backend_pid
    with psycopg.connect(**vault.get_connection_params() | {"context": None, "cursor_factory": None}, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    with pytest.raises(Unavailable):
        store.cards_of([sheet.id])
    vault.close()
    assert store.cards_of([sheet.id])


def test_a_statement_takes_part_in_the_transaction_and_is_counted() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE straight (value integer PRIMARY KEY)")
    try:
        with transaction.atomic():
            assert straight(connection, "INSERT INTO straight VALUES (%s)", [1]) == []
            transaction.set_rollback(True)
        assert straight(connection, "SELECT value FROM straight", []) == []
        with CaptureQueriesContext(connection) as counted:
            straight(connection, "INSERT INTO straight VALUES (%s) RETURNING value", [2])
        assert len(counted) == 1
        assert straight(connection, "SELECT value FROM straight WHERE value = %s", [2]) == [(2,)]
        with pytest.raises(IntegrityError):
            straight(connection, "INSERT INTO straight VALUES (%s)", [2])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE straight")


def test_a_row_that_does_not_wait_for_the_disk_hurries_nobody_elses_transaction() -> None:
    entry = {"method": "GET", "status": 200, "page": "home"}
    (sheet,) = people(1)
    with CaptureQueriesContext(connection) as alone:
        AccessEntry.objects.create(visitor=sheet.id, **entry)
    assert "synchronous_commit" in alone.captured_queries[-1]["sql"]
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL synchronous_commit = on")
        AccessEntry.objects.create(visitor=sheet.id, **entry)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_nothing_is_said_in_a_transaction_that_is_lost_already() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            straight(connection, "SELECT 1", [])
