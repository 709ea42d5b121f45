"""A personal field is declared in one line, and its value is silent everywhere but at the gate."""

import copy
import json
import pickle
from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.migrations.state import ModelState, StateApps
from django.template import Context, Template
from pytest_django import DjangoAssertNumQueries

from besttrav.privacy import files, gate
from besttrav.privacy.fields import PersonalField, Plain, Sealed, declared_fields, sealed_bytes
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.sealing import SheetClosed
from tests.privacy.conftest import MEI, Booked
from tests.sample.models import Journey

SILENT: list[Callable[[object], object]] = [
    str,
    repr,
    "{}".format,
    "{:>20}".format,
    lambda value: f"{value!r} {value}",
    lambda value: json.dumps({"name": value}, default=str),
    lambda value: json.dumps({"name": value}, cls=DjangoJSONEncoder, default=repr),
    lambda value: pickle.loads(pickle.dumps(value)),  # our own bytes, and what they say is the point
    lambda value: copy.deepcopy(value),
    lambda value: Template("{{ value }} {{ value|upper }}").render(Context({"value": value})),
]


@pytest.mark.parametrize("show", SILENT)
def test_a_sealed_value_shows_its_kind_and_never_its_text_whatever_prints_it(booked: Booked, show: Callable[[object], object]) -> None:
    for journey in (booked.reloaded(), Journey(name="林月"), booked.journey):
        shown = str(show(journey.name))
        assert "name" in shown.lower()
        assert "林月" not in shown
        assert sealed_bytes(booked.reloaded().name).hex() not in shown


def test_a_row_prints_no_personal_value(booked: Booked) -> None:
    assert "林月" not in repr(booked.journey) + str(booked.journey) + repr(vars(booked.reloaded()))


def test_the_columns_hold_neither_the_text_nor_anything_of_its_length_alone(booked: Booked) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, phone, companion_birth FROM sample_journey WHERE id = %s", [booked.journey.pk])
        columns = [bytes(column) for column in cursor.fetchone()]
    assert not any("林月".encode() in column or b"1718" in column or b"2015" in column for column in columns)
    assert [column[0] for column in columns] == [1, 1, 1]


def test_saving_again_seals_with_a_fresh_nonce(booked: Booked) -> None:
    before = sealed_bytes(booked.reloaded().name)
    booked.journey.name = "林月"
    booked.journey.save()
    assert sealed_bytes(booked.reloaded().name) != before
    assert gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI).name == "林月"


def test_an_untouched_value_is_stored_again_as_it_was(booked: Booked) -> None:
    loaded = booked.reloaded()
    before = sealed_bytes(loaded.name)
    loaded.destination = "Peru"
    loaded.save()
    assert sealed_bytes(booked.reloaded().name) == before


def test_sealed_values_cannot_be_compared_or_used_as_keys(booked: Booked) -> None:
    name = booked.reloaded().name
    with pytest.raises(TypeError, match="not compared"):
        _ = name == "林月"
    with pytest.raises(TypeError):
        hash(name)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Journey.objects.filter(name="林月"),
        lambda: Journey.objects.filter(name__startswith="林"),
        lambda: Journey.objects.exclude(phone__in=["1"]),
        lambda: list(Journey.objects.order_by("name")),
        lambda: list(Journey.objects.order_by("-name")),
        lambda: Journey.objects.update(name="林月"),
        lambda: Journey.objects.bulk_update([Journey(name="林月")], ["name"]),
    ],
)
def test_envelopes_are_not_filtered_ordered_or_updated_in_bulk(attempt: Callable[[], object]) -> None:
    with pytest.raises(FieldError):
        attempt()


def test_whether_a_value_is_there_may_be_asked(booked: Booked) -> None:
    assert Journey.objects.filter(name__isnull=False, pk=booked.journey.pk).exists()


def test_raw_bytes_and_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="takes text or a date"):
        Journey(name=12)
    sheet = files.open_sheet(keep=Keep.QUOTE)
    with pytest.raises(TypeError, match="raw bytes"):
        Journey.objects.create(buyer=sheet.id, name="林月".encode())


def test_a_date_is_stored_in_its_iso_form(booked: Booked) -> None:
    booked.journey.companion_birth = date(2016, 2, 29)
    booked.journey.save()
    assert gate.reveal_one(booked.reloaded(), "companion_birth", purpose=SERVE, actor=MEI).companion_birth == "2016-02-29"


def test_a_value_without_a_sheet_is_refused_before_anything_is_written() -> None:
    sheet = files.open_sheet(keep=Keep.QUOTE)
    for values in ({"buyer": None, "name": "林月"}, {"buyer": sheet.id, "companion_name": "高晨"}):
        with pytest.raises(SheetClosed), transaction.atomic():
            Journey.objects.create(**values)


@pytest.mark.parametrize(("taken", "given"), [("name", "companion_name"), ("companion_name", "name"), ("name", "phone")])
def test_an_envelope_opens_only_in_its_own_field_of_its_own_row_and_sheet(book: Callable[..., Booked], taken: str, given: str) -> None:
    one, other = book(), book()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE sample_journey SET {given} = {taken} WHERE id = %s", [one.journey.pk])  # names of columns
        cursor.execute(
            "UPDATE sample_journey SET name = (SELECT name FROM sample_journey WHERE id = %s) WHERE id = %s",
            [one.journey.pk, other.journey.pk],
        )
        cursor.execute("UPDATE sample_journey SET buyer = %s, phone = phone WHERE id = %s", [one.buyer.id, other.journey.pk])
    for row, field in ((one, given), (other, "name"), (other, "phone")):
        with pytest.raises(gate.Unreadable):
            gate.reveal_one(row.reloaded(), field, purpose=SERVE, actor=MEI)


def test_many_rows_are_sealed_with_one_question_to_the_vault(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    sheets = files.open_sheets(keep=Keep.QUOTE, subjects=[None] * 20)
    rows = [Journey(buyer=sheet.id, illness="无") for sheet in sheets]
    with django_assert_num_queries(1, using="vault"), django_assert_num_queries(1, using="default"):
        Journey.objects.bulk_create(rows)


def test_migrations_know_only_plain_columns() -> None:
    field = Journey._meta.get_field("name")
    _, path, _, options = field.deconstruct()
    assert (path, options) == ("django.db.models.BinaryField", {"null": True})
    assert isinstance(field.clone(), PersonalField)
    assert field.tag == "sample.journey.name"


def test_a_plain_column_says_why() -> None:
    assert vars(Plain("a country", models.CharField(max_length=3)))["plain_reason"] == "a country"
    with pytest.raises(ValueError, match="say why"):
        Plain("", models.CharField(max_length=3))


def test_a_deferred_value_is_fetched_still_sealed(booked: Booked) -> None:
    assert type(Journey.objects.defer("name").get(pk=booked.journey.pk).name) is Sealed


def test_the_models_that_migrations_build_declare_nothing() -> None:
    before = declared_fields()
    assert ModelState.from_model(Journey).render(StateApps([], {})) is not Journey
    assert declared_fields() == before
