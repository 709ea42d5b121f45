"""Invented people of eight values with 32 characters each, alike in both models."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from bench.models import VALUES
from besttrav.kernel import ids
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep

LENGTH = 32
BATCH = 5000


def values() -> dict[str, str]:
    """Eight fresh texts."""
    return {name: secrets.token_hex(LENGTH // 2) for name in VALUES}


def sheets(count: int, *, subject: UUID | None = None) -> list[UUID]:
    """As many fresh sheets; each of somebody new, or all of one subject."""
    opened: list[UUID] = []
    while len(opened) < count:
        batch = min(BATCH, count - len(opened))
        opened += [sheet.id for sheet in files.open_sheets(keep=Keep.ACCOUNT, subjects=[subject] * batch)]
    return opened


def rows(model: type[models.Model], persons: Iterable[UUID]) -> list[Any]:
    """One unsaved row for each of these persons."""
    return [model(person=person, **values()) for person in persons]


def fill(model: type[models.Model], persons: Sequence[UUID]) -> None:
    model._default_manager.bulk_create(rows(model, persons), batch_size=BATCH)


def strangers(count: int) -> list[UUID]:
    """References for plain people, who have no sheets."""
    return [ids.new_id() for _ in range(count)]
