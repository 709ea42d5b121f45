"""Fifty people opened on one page (line 15)."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, connections
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from bench import people
from bench.measuring import Judged, Line, Medians, interleaved
from bench.models import VALUES, PlainPerson, SealedPerson
from bench.sizes import Sizes
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.privacy import gate
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault.router import VAULT

SHOWN = VALUES[:3]


def lines(sizes: Sizes) -> Iterator[Line]:
    persons, strangers = people.sheets(sizes.page), people.strangers(sizes.page)
    people.fill(PlainPerson, strangers)
    people.fill(SealedPerson, persons)
    clerk = Actor.staff(id=ids.new_id(), number="10001", roles=frozenset({"service"}))

    def page(model: type[Model], references: list[Any]) -> list[Any]:
        return list(model._default_manager.filter(person__in=references))

    def plain() -> list[Any]:
        return [[getattr(row, name) for name in VALUES] for row in page(PlainPerson, strangers)]

    def opened(names: tuple[str, ...]) -> list[Any]:
        found = gate.reveal(page(SealedPerson, persons), names, purpose=SERVE, actor=clerk)
        return [[row[name] for name in names] for row in found]

    def masked() -> object:
        return gate.masked(page(SealedPerson, persons), SHOWN, actor=clerk)

    times = interleaved(sizes.rounds * 5, plain, lambda: opened(SHOWN), lambda: opened(VALUES), masked)
    said = f"open {sizes.page} people"
    yield _line(f"{said}, {len(SHOWN)} values each", times, 1, must=5, aim=3)
    yield Line("its processor time", "ms", times.processor_seconds(1) * 1e3, times.processor_seconds(0) * 1e3)
    yield _line(f"{said}, all {len(VALUES)} values", times, 2)
    yield _line(f"mask {sizes.page} people, {len(SHOWN)} values each", times, 3)
    yield from _statements(lambda: opened(SHOWN))


def _line(what: str, times: Medians, work: int, *, must: float | None = None, aim: float | None = None) -> Line:
    ratios = times.ratio(work), times.processor_ratio(work)
    return Line(what, "ms", times.seconds(work) * 1e3, times.seconds(0) * 1e3, *ratios, judged=Judged.OVER, must=must, aim=aim)


def _statements(work: Callable[[], object]) -> Iterator[Line]:
    begin = clock.now()
    with CaptureQueriesContext(connection) as record, CaptureQueriesContext(connections[VAULT]) as vault:
        work()
    yield Line("its statements in the vault", "", len(vault), judged=Judged.MEASURED, must=1, aim=1)
    yield Line("its statements in the record, the list itself included", "", len(record))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tick) FROM journal_entry WHERE at >= %s", [begin])
        yield Line("its transactions in the journal", "", cursor.fetchone()[0], judged=Judged.MEASURED, must=1, aim=1)
