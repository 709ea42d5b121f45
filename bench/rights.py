"""What a person can ask for: a copy of everything (line 16), and to be forgotten (line 17); with few rows and with many."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import connection

from bench import people
from bench.measuring import Judged, Line, Medians, Spent, both
from bench.models import VALUES, PlainPerson, SealedPerson
from bench.sizes import Sizes
from besttrav.kernel import ids
from besttrav.kernel.actors import Actor
from besttrav.privacy import erasing, rights
from besttrav.privacy.models import Erasure

FILES = 5
"""A person's files, however many rows they hold."""


@dataclass(frozen=True, slots=True)
class Person:
    subject: UUID
    stranger: UUID

    @property
    def actor(self) -> Actor:
        return Actor.person(id=self.subject, subject=self.subject)


def lines(sizes: Sizes) -> Iterator[Line]:
    cast = [(_person(sizes.few), _person(sizes.many)) for _ in range(sizes.rounds + 1)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    yield from _access(sizes, cast)
    yield from _erasure(sizes, cast)


def _access(sizes: Sizes, cast: list[tuple[Person, Person]]) -> Iterator[Line]:
    times = Medians([[both(partial(work, person)) for person in pair for work in (_plain_copy, _copy)] for pair in cast][1:])
    for plain, count, must, aim in ((0, sizes.few, 50, 20), (2, sizes.many, 2000, 1000)):
        copy = plain + 1
        ratios = times.ratio(copy, plain), times.processor_ratio(copy, plain)
        figures = times.seconds(copy) * 1e3, times.seconds(plain) * 1e3
        yield Line(f"access package, {count:,} rows", "ms", *figures, *ratios, judged=Judged.MEASURED, must=must, aim=aim)
        yield Line("its processor time", "ms", times.processor_seconds(copy) * 1e3, times.processor_seconds(plain) * 1e3)


def _erasure(sizes: Sizes, cast: list[tuple[Person, Person]]) -> Iterator[Line]:
    times = Medians([_erased(pair, turned=number % 2 == 1) for number, pair in enumerate(cast)][1:])
    few, many, cleared = (times.seconds(work) * 1e3 for work in range(3))
    yield Line(f"erasure, {sizes.few:,} rows", "ms", few, judged=Judged.MEASURED, must=20, aim=10)
    yield Line("its processor time", "ms", times.processor_seconds(0) * 1e3)
    yield Line(f"erasure, {sizes.many:,} rows", "ms", many, few, times.ratio(1), times.processor_ratio(1), must=1.5)
    yield Line(f"emptying the {sizes.many:,} dead rows, later and by a job", "ms", cleared)


def _erased(pair: tuple[Person, Person], *, turned: bool) -> list[Spent]:
    spent = {person.subject: both(partial(_erase, person)) for person in (pair[::-1] if turned else pair)}
    return [*(spent[person.subject] for person in pair), both(partial(_clear, pair[1]))]


def _person(count: int) -> Person:
    subject, stranger = ids.new_id(), ids.new_id()
    sheets = people.sheets(FILES, subject=subject)
    people.fill(SealedPerson, [sheets[number % FILES] for number in range(count)])
    people.fill(PlainPerson, [stranger] * count)
    return Person(subject, stranger)


def _copy(person: Person) -> object:
    return rights.as_json(rights.access_package(person.subject, actor=person.actor))


def _plain_copy(person: Person) -> object:
    return [{name: getattr(row, name) for name in VALUES} for row in PlainPerson._default_manager.filter(person=person.stranger)]


def _erase(person: Person) -> None:
    erasing.erase(subject=person.subject, actor=person.actor, because="asked")


def _clear(person: Person) -> None:
    for erasure in Erasure.objects.filter(subject=person.subject):
        erasing.clear_rows(erasure_id=erasure.pk)
