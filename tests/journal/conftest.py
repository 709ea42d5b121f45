from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker, Settings

from besttrav.kernel import ids
from besttrav.kernel.registry import forget_providers


@pytest.fixture
def new_signer(settings: Settings, tmp_path: Path) -> Callable[[], None]:
    """Call it to sign with another key from now on."""

    def change() -> None:
        path = tmp_path / f"{ids.new_id()}.json"
        settings.PROVIDERS = settings.PROVIDERS | {"signer": settings.PROVIDERS["signer"] | {"options": {"path": str(path)}}}
        forget_providers()

    return change


@pytest.fixture(autouse=True)
def heads_file(settings: Settings, tmp_path: Path, new_signer: Callable[[], None]) -> Iterator[Path]:
    """A key and a heads file of the test's own."""
    settings.JOURNAL_HEADS = str(tmp_path / "heads" / "journal.jsonl")
    new_signer()
    yield Path(settings.JOURNAL_HEADS)
    forget_providers()


@pytest.fixture
def empty_book(transactional_db: None) -> Iterator[None]:
    """A journal with nothing in it, and transactions that really commit."""
    # Not above: this file is read before Django is set up, when these tests are run alone.
    from tests.journal import book

    book.empty()
    yield
    book.empty()


@pytest.fixture(scope="session", autouse=True)
def parcels(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE journal_test_parcel (id uuid PRIMARY KEY, state text NOT NULL, place text NOT NULL)")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE journal_test_parcel")
