"""What was published stays: to the letter, for whoever bought under it, whatever is sold later."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from besttrav.catalogue import document, operations, queries, rating
from besttrav.catalogue.models import Product, ProductVersion
from besttrav.catalogue.operations import AlreadyPublished
from besttrav.journal.models import Entry
from besttrav.journal.operations import MoveRefused
from tests.catalogue.shelf import JOB, PRODUCTS, SLUGS, aged, days_from, stocked

TODAY = date(2027, 2, 20)
Queries = Callable[[int], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder with one product."""
    for name in ("insurers", "shared", "domestic"):
        shutil.copytree(PRODUCTS / name, tmp_path / name)
    return tmp_path


def dearer(folder: Path, was: str = "easy,2-3,0-80,3\n", now: str = "easy,2-3,0-80,3.20\n") -> None:
    path = folder / "domestic" / "rates.csv"
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now), encoding="utf-8")


def test_the_whole_folder_is_loaded_published_and_on_the_shelf() -> None:
    versions = stocked()
    offers = queries.on_shelf(TODAY)
    assert [offer.slug for offer in offers] == SLUGS == sorted(versions)
    assert [offer.version.id for offer in offers] == [versions[slug].id for slug in SLUGS]
    assert all(offer.version.digest == document.digest(document.written(offer)) for offer in offers)


def test_loading_what_did_not_change_changes_nothing(folder: Path) -> None:
    first = stocked(folder)
    entries = Entry.objects.count()
    again = operations.load(path=folder, actor=JOB)
    assert [(one.version.id, one.is_new) for one in again] == [(first["domestic"].id, False)]
    assert ProductVersion.objects.count() == 1
    assert Entry.objects.count() == entries


def test_a_change_makes_a_new_version_and_the_old_one_stays_as_it_was(folder: Path) -> None:
    old = stocked(folder)["domestic"]
    dearer(folder)
    new = stocked(folder)["domestic"]
    assert (old.number, new.number) == (1, 2)
    trip = days_from(3, "easy")
    premiums = [str(rating.price(queries.offer(version.id), trip, aged(30)).total) for version in (old, new)]
    assert premiums == ["3.00", "3.20"]
    sold = queries.current("domestic", TODAY)
    assert sold
    assert sold.version.number == 2


def test_going_back_is_publishing_the_older_words_as_a_new_version(folder: Path) -> None:
    first = stocked(folder)["domestic"]
    dearer(folder)
    stocked(folder)
    dearer(folder, "easy,2-3,0-80,3.20\n", "easy,2-3,0-80,3\n")
    third = stocked(folder)["domestic"]
    assert third.number == 3
    assert third.digest == first.digest


def test_what_was_loaded_and_published_is_in_the_journal(folder: Path) -> None:
    version = stocked(folder)["domestic"]
    entries = Entry.objects.filter(about_id__in=[version.id, version.product_id]).order_by("id")
    assert [entry.action for entry in entries] == ["catalogue.version_loaded", "catalogue.version_published", "catalogue.product_moved"]
    assert entries[1].facts == {"product": "domestic", "number": 1, "digest": version.digest}


def test_a_version_is_not_sold_before_it_is_published(folder: Path) -> None:
    (loaded,) = operations.load(path=folder, actor=JOB)
    assert queries.on_shelf(TODAY) == []
    with pytest.raises(ProductVersion.DoesNotExist):
        queries.offer(loaded.version.id)
    operations.publish(version=loaded.version, actor=JOB)
    assert [offer.slug for offer in queries.on_shelf(TODAY)] == ["domestic"]


def test_a_version_is_published_once(folder: Path) -> None:
    version = stocked(folder)["domestic"]
    with pytest.raises(AlreadyPublished):
        operations.publish(version=version, actor=JOB)


CHANGES = [
    "document = document || ' '",
    "digest = repeat('0', 64)",
    "number = 9",
    "published_at = now()",
    "published_at = NULL",
    "loaded_at = now()",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_a_published_version(folder: Path, change: str) -> None:
    version = stocked(folder)["domestic"]
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE catalogue_productversion SET {change} WHERE id = %s", [version.id])


def test_the_database_refuses_to_remove_a_published_version(folder: Path) -> None:
    version = stocked(folder)["domestic"]
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalogue_productversion WHERE id = %s", [version.id])


def test_a_draft_can_be_dropped_but_not_rewritten(folder: Path) -> None:
    (loaded,) = operations.load(path=folder, actor=JOB)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        ProductVersion.objects.filter(pk=loaded.version.pk).update(document="{}")
    loaded.version.delete()
    assert not ProductVersion.objects.exists()


def test_off_the_shelf_nobody_finds_it_and_its_policies_keep_it(folder: Path) -> None:
    version = stocked(folder)["domestic"]
    product = Product.objects.get(slug="domestic")
    operations.take_off(product=product, actor=JOB)
    assert queries.on_shelf(TODAY) == []
    assert queries.current("domestic", TODAY) is None
    assert queries.offer(version.id).slug == "domestic"
    with pytest.raises(MoveRefused):
        operations.take_off(product=product, actor=JOB)
    dearer(folder)
    stocked(folder)
    assert queries.on_shelf(TODAY) == []
    operations.put_on(product=product, actor=JOB)
    assert [offer.version.number for offer in queries.on_shelf(TODAY)] == [2]


def test_an_empty_product_cannot_be_on_the_shelf() -> None:
    with pytest.raises(DatabaseError, match="catalogue_shelf_is_not_empty"), transaction.atomic():
        Product.objects.create(slug="empty", state="on")


def test_sold_from_and_until_are_days_included(folder: Path) -> None:
    path = folder / "domestic" / "product.toml"
    path.write_text(f"sold_from = 2027-02-20\nsold_until = 2027-02-21\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    stocked(folder)
    seen = [bool(queries.on_shelf(date(2027, 2, day))) for day in (19, 20, 21, 22)]
    assert seen == [False, True, True, False]
    assert [bool(queries.current("domestic", date(2027, 2, day))) for day in (19, 20, 21, 22)] == seen


def test_warm_reading_takes_one_statement_and_a_known_version_none(django_assert_num_queries: Queries) -> None:
    versions = stocked()
    queries.on_shelf(TODAY)
    with django_assert_num_queries(1):
        assert len(queries.on_shelf(TODAY)) == len(SLUGS)
    with django_assert_num_queries(1):
        assert queries.current("outbound", TODAY)
    with django_assert_num_queries(0):
        assert queries.offer(versions["outbound"].id).slug == "outbound"


def test_a_cold_shelf_takes_two_statements(django_assert_num_queries: Queries) -> None:
    stocked()
    with django_assert_num_queries(2):
        assert len(queries.on_shelf(TODAY)) == len(SLUGS)


def test_a_version_published_meanwhile_is_seen_at_the_next_reading(folder: Path, django_assert_num_queries: Queries) -> None:
    stocked(folder)
    before = queries.on_shelf(TODAY)[0]
    dearer(folder)
    stocked(folder)
    with django_assert_num_queries(2):
        after = queries.on_shelf(TODAY)[0]
    assert (before.version.number, after.version.number) == (1, 2)
    assert queries.offer(before.version.id) is before


def test_the_command_loads_publishes_and_lists(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("catalogue", "load", folder, "--draft")
    call_command("catalogue", "list")
    assert capsys.readouterr().out.splitlines() == ["domestic 1: draft", "domestic: no version, off"]
    call_command("catalogue", "load", folder)
    call_command("catalogue", "load", folder)
    told = capsys.readouterr().out.splitlines()
    assert told == ["domestic 1: published, unchanged", "domestic 1: published, unchanged"]
    call_command("catalogue", "list")
    assert capsys.readouterr().out.startswith("domestic: version 1 of ")
