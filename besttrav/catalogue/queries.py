"""What is on the shelf. Whole offers are kept by each process: a published version never changes, so what was read once stays true,
and which version is sold is asked anew each time."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import connection

from besttrav.catalogue import document
from besttrav.catalogue.models import Product, ProductState, ProductVersion
from besttrav.catalogue.offer import Offer, Version
from besttrav.kernel.statements import straight

_kept: dict[UUID, Offer] = {}


def on_shelf(day: date) -> list[Offer]:
    """Everything sold on a day, in order of slug. One statement, and a second where this process has not read a version yet."""
    current = [id for (id,) in straight(connection, _SOLD, [ProductState.ON.value])]
    _keep([id for id in current if id not in _kept])
    return [offer for offer in (_kept[id] for id in current) if offer.is_sold_on(day)]


def current(slug: str, day: date) -> Offer | None:
    """The version of a product that is sold on a day; None when it is off the shelf or nobody knows it. One statement, as above."""
    for (id,) in straight(connection, _SOLD_AS, [ProductState.ON.value, slug]):
        found = offer(id)
        return found if found.is_sold_on(day) else None
    return None


def offer(version_id: UUID) -> Offer:
    """The offer of a published version, sold or not any more. No statement once this process has read it.

    Raises ProductVersion.DoesNotExist.
    """
    if version_id not in _kept:
        _keep([version_id])
    if version_id not in _kept:
        raise ProductVersion.DoesNotExist
    return _kept[version_id]


# Every page of the shop asks one of these two.
_SOLD = f'SELECT current_id FROM "{Product._meta.db_table}" WHERE state = %s AND current_id IS NOT NULL ORDER BY slug'  # noqa: S608  # our own name
_SOLD_AS = f'SELECT current_id FROM "{Product._meta.db_table}" WHERE state = %s AND slug = %s AND current_id IS NOT NULL'  # noqa: S608  # our own name


def _keep(version_ids: Collection[UUID]) -> None:
    if not version_ids:
        return
    for row in ProductVersion.objects.filter(id__in=version_ids, published_at__isnull=False):
        _kept[row.id] = document.read(row.document, Version(row.id, row.number, row.digest, row.published_at))
