"""Eight sealed values against the same eight plain: saving, bulk creation, loading a list unopened, bytes a row (line 14)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from bench import people
from bench.measuring import Judged, Line, Medians, interleaved
from bench.models import FindablePerson, PlainPerson, SealedPerson
from bench.sizes import Sizes


def lines(sizes: Sizes) -> Iterator[Line]:
    yield from _saving(sizes)
    yield from _bulk(sizes)
    yield from _loading(sizes)
    yield from _bytes()


def _saving(sizes: Sizes) -> Iterator[Line]:
    persons, strangers = people.sheets(sizes.saves), people.strangers(sizes.saves)
    each = interleaved(
        sizes.rounds,
        _saves(PlainPerson, strangers),
        _saves(SealedPerson, persons),
        _saves(FindablePerson, persons),
    )
    yield _per_row("save, each committed", each, 1, sizes.saves, must=1.5, aim=1.3)
    yield _per_row("the same, 3 of 8 searchable", each, 2, sizes.saves)
    together = interleaved(sizes.rounds, _together(_saves(PlainPerson, strangers)), _together(_saves(SealedPerson, persons)))
    yield _per_row("save, many in one transaction", together, 1, sizes.saves)


def _saves(model: type[models.Model], persons: Sequence[UUID]) -> Callable[[], None]:
    def work() -> None:
        for row in people.rows(model, persons):
            row.save()

    return work


def _together(work: Callable[[], None]) -> Callable[[], None]:
    return transaction.atomic(work)


def _bulk(sizes: Sizes) -> Iterator[Line]:
    persons, strangers = people.sheets(sizes.bulk), people.strangers(sizes.bulk)
    times = interleaved(sizes.rounds, lambda: people.fill(PlainPerson, strangers), lambda: people.fill(SealedPerson, persons))
    yield _per_row("bulk create, a sheet each", times, 1, sizes.bulk)
    same = persons[:1] * sizes.bulk
    times = interleaved(sizes.rounds, lambda: people.fill(PlainPerson, strangers), lambda: people.fill(SealedPerson, same))
    yield _per_row("bulk create, all of one sheet", times, 1, sizes.bulk)


def _loading(sizes: Sizes) -> Iterator[Line]:
    times = interleaved(sizes.rounds, _load(PlainPerson, sizes.loads), _load(SealedPerson, sizes.loads))
    yield _per_row("list load, unopened", times, 1, sizes.loads, must=3, aim=2)


def _load(model: type[models.Model], count: int) -> Callable[[], list[Any]]:
    return lambda: list(model._default_manager.all()[:count])


def _bytes() -> Iterator[Line]:
    """Of two tables written in the same way. Both have the indexes of the row's id and of the person it belongs to."""
    plain, sealed = (_size(model, "pg_relation_size") for model in (PlainPerson, SealedPerson))
    yield Line("bytes a row", "B", sealed, plain, sealed / plain, judged=Judged.MEASURED, must=600)
    plain, sealed = (_size(model, "pg_total_relation_size") for model in (PlainPerson, SealedPerson))
    yield Line("bytes a row with its two indexes", "B", sealed, plain, sealed / plain)


def _size(model: type[models.Model], function: str) -> float:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}('{table}')::float / (SELECT count(*) FROM {table})")
        return float(cursor.fetchone()[0])


def _per_row(what: str, times: Medians, work: int, count: int, *, must: float | None = None, aim: float | None = None) -> Line:
    sealed, plain = times.seconds(work) / count * 1e6, times.seconds(0) / count * 1e6
    return Line(what, "us", sealed, plain, times.ratio(work), times.processor_ratio(work), must=must, aim=aim)
