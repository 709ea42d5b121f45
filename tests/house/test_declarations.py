"""What is not declared cannot be stored: each column that could hold something personal is a PersonalField, or says why it never does."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from django.apps import apps
from django.db import models

from besttrav.privacy.fields import PersonalField

AnyField: TypeAlias = "models.Field[Any, Any]"

# Text, dates, JSON and files. A moment (DateTimeField) is when something happened, and must be named so; see below.
COULD_BE_PERSONAL = (models.CharField, models.TextField, models.DateField, models.JSONField, models.FileField, models.GenericIPAddressField)
MOMENTS = ("at", "_at", "_after", "_until")

# Tables that come with a library, and why nothing personal reaches them.
OF_OTHERS = {
    "procrastinate": "a job carries opaque ids only: dev/rules/python/jobs-carry-ids.yml",
}
# Rooms below privacy cannot import `Plain`; their columns say it here.
BELOW_PRIVACY = {
    "journal.Entry.action": "a declared code",
    "journal.Entry.about_type": "the label of a model",
    "journal.Entry.actor_kind": "one of five words",
    "journal.Entry.actor_name": "the name of a job or a staff number, never a person's name",
    "journal.Entry.facts": "typed facts; a value that looks personal is refused before it is written",
    "journal.Batch.month": "the month of a batch",
    "journal.Batch.key_id": "name of a signing key",
}


def _columns() -> Iterator[tuple[str, AnyField]]:
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("besttrav."):
            for field in model._meta.local_concrete_fields:
                yield f"{model._meta.app_label}.{model.__name__}.{field.name}", field


def _is_moment(field: AnyField) -> bool:
    return isinstance(field, models.DateTimeField) and field.name.endswith(MOMENTS)


def test_every_column_that_could_be_personal_is_declared() -> None:
    undeclared = [
        place
        for place, field in _columns()
        if isinstance(field, COULD_BE_PERSONAL)
        and not isinstance(field, PersonalField)
        and not _is_moment(field)
        and not getattr(field, "plain_reason", "")
        and place not in BELOW_PRIVACY
    ]
    assert undeclared == [], "make it a PersonalField, or say why it never holds anything personal: Plain(reason, field)"


def test_bytes_are_personal_fields_or_say_what_they_are_but_for_the_vault_and_the_journal() -> None:
    undeclared = [
        place
        for place, field in _columns()
        if isinstance(field, models.BinaryField)
        and not isinstance(field, PersonalField)
        and not getattr(field, "plain_reason", "")
        and not place.startswith(("vault.", "journal."))
    ]
    assert undeclared == []


def test_reasons_are_sentences_and_not_excuses() -> None:
    reasons = [(place, field.plain_reason) for place, field in _columns() if hasattr(field, "plain_reason")] + list(BELOW_PRIVACY.items())
    assert reasons
    assert [place for place, reason in reasons if len(reason.split()) < 2] == []


def test_what_is_declared_here_exists() -> None:
    places = {place for place, _ in _columns()}
    assert [place for place in BELOW_PRIVACY if place not in places] == []


def test_no_library_keeps_tables_we_did_not_think_about() -> None:
    strangers = {model._meta.app_label for model in apps.get_models() if not model.__module__.startswith(("besttrav.", "tests."))}
    assert strangers <= set(OF_OTHERS)


def test_an_undeclared_column_would_be_noticed() -> None:
    note: AnyField = models.TextField(name="note")
    assert isinstance(note, COULD_BE_PERSONAL)
    assert not getattr(note, "plain_reason", "")
    assert not _is_moment(models.DateTimeField(name="born"))
