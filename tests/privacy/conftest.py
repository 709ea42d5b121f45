"""Lin Yue buys, Gao Chen comes along; Mei serves, Tao is from another company. None of them exists."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from besttrav.kernel.actors import Actor
from besttrav.privacy import files
from besttrav.privacy.files import Sheet
from besttrav.privacy.keeping import Keep
from tests.epochs import forget_epochs
from tests.sample.models import Journey

MEI = Actor.staff(id=uuid4(), number="0417", roles=frozenset({"service"}))
OFFICER = Actor.staff(id=uuid4(), number="0102", roles=frozenset({"privacy"}))
STRANGER = Actor.person(id=uuid4(), subject=uuid4())
JOB = Actor.job("tests.job")


@dataclass
class Booked:
    journey: Journey
    buyer: Sheet
    companion: Sheet

    @property
    def lin(self) -> Actor:
        return Actor.person(id=uuid4(), subject=self.buyer.subject_id)

    @property
    def gao(self) -> Actor:
        return Actor.person(id=uuid4(), subject=self.companion.subject_id)

    def reloaded(self) -> Journey:
        journey: Journey = Journey.objects.get(pk=self.journey.pk)
        return journey


@pytest.fixture(autouse=True)
def _epochs_of_ones_own() -> None:
    forget_epochs()


@pytest.fixture
def book() -> Callable[..., Booked]:
    def booked(**values: str) -> Booked:
        buyer, companion = files.open_sheet(keep=Keep.QUOTE), files.open_sheet(keep=Keep.QUOTE)
        details = {
            "name": "林月",
            "phone": "12900001718",
            "companion_name": "高晨",
            "companion_birth": "2015-02-28",
            "illness": "花粉过敏",
        } | values
        return Booked(Journey.objects.create(buyer=buyer.id, companion=companion.id, **details), buyer, companion)

    return booked


@pytest.fixture
def booked(book: Callable[..., Booked]) -> Booked:
    return book()
