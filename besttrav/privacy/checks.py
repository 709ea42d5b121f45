"""Refuses a wrong declaration at start-up: nothing starts with a personal field the gate could not answer for."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from besttrav.privacy.crypto.suites import SUITES
from besttrav.privacy.fields import PersonalField, SheetField, declared_fields
from besttrav.privacy.purposes import purposes


@register
def declarations(**_: Any) -> list[CheckMessage]:
    return [*_each_field(), *_tags(), *_suite()]


def _each_field() -> Iterator[Error]:
    for field in declared_fields():
        group = next((one for one in field.model._meta.concrete_fields if one.attname == field.of), None)
        if not isinstance(group, SheetField):
            yield Error(f"{field.tag}: of={field.of!r} is no SheetField of {field.model.__name__}", id="privacy.E001")
        if not field.purposes:
            yield Error(f"{field.tag}: a field without a purpose must not be collected", id="privacy.E002")
        for purpose in field.purposes:
            if purposes().get(purpose.code) is not purpose:
                yield Error(f"{field.tag}: the purpose {purpose.code} is not in the registry", id="privacy.E003")
        if not _is_sealed_with_a_minted_id(field):
            yield Error(f"{field.tag}: a model with personal fields is a PersonalModel", id="privacy.E004")


def _tags() -> Iterator[Error]:
    seen: dict[str, PersonalField] = {}
    for field in declared_fields():
        if field.tag in seen:
            yield Error(f"{field.tag} is the tag of two fields", hint="Give the newer one a tag of its own.", id="privacy.E005")
        seen[field.tag] = field


def _suite() -> Iterator[Error]:
    if settings.SUITE not in SUITES:
        yield Error(f"BESTTRAV_SUITE is {settings.SUITE!r}", hint=f"It is one of {', '.join(SUITES)}.", id="privacy.E006")


def _is_sealed_with_a_minted_id(field: PersonalField) -> bool:
    key = field.model._meta.pk
    return key is not None and key.get_internal_type() == "UUIDField" and key.has_default()
