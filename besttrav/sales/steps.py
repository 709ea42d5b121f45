"""Which steps an application takes, and which one is next: a product asks what it needs, and no more."""

from collections.abc import Iterator
from enum import StrEnum

from django.utils.translation import pgettext_lazy

from besttrav.catalogue.offer import Offer, PaperKind
from besttrav.sales.models import Application


class Step(StrEnum):
    """A step by the name it has in addresses, in order."""

    ENTRY = "entry"
    TRIP = "trip"
    PEOPLE = "people"
    HEALTH = "health"
    PAPERS = "papers"
    CONSENTS = "consents"
    CONFIRMATION = "confirmation"

    @property
    def label(self) -> object:
        return _LABELS[self]


_LABELS = {
    Step.ENTRY: pgettext_lazy("step", "Before you begin"),
    Step.TRIP: pgettext_lazy("step", "Trip"),
    Step.PEOPLE: pgettext_lazy("step", "People"),
    Step.HEALTH: pgettext_lazy("step", "Health"),
    Step.PAPERS: pgettext_lazy("step", "Papers"),
    Step.CONSENTS: pgettext_lazy("step", "Consents"),
    Step.CONFIRMATION: pgettext_lazy("step", "Check and sign"),
}

# Read and confirmed one by one, each on its own page (article 9 of the traceability notice 2020 No. 26); the claim guide is only offered.
CONFIRMED_PAPERS = (PaperKind.CUSTOMER_NOTICE, PaperKind.APPLICATION_NOTICE, PaperKind.EXCLUSIONS, PaperKind.CLAUSES)


def steps_of(offer: Offer) -> list[Step]:
    """The steps this product takes."""
    return [step for step in Step if step is not Step.HEALTH or offer.questions]


def missing(application: Application, offer: Offer, read: set[str]) -> Iterator[Step]:
    """The steps that are not done, in order; `read` are the papers confirmed in this version."""
    done = {
        Step.ENTRY: application.entered_at,
        Step.TRIP: application.trip_at,
        Step.PEOPLE: application.people_at,
        Step.HEALTH: application.answered_at,
        Step.PAPERS: all(kind.value in read for kind in CONFIRMED_PAPERS),
        Step.CONSENTS: application.consented_at,
        Step.CONFIRMATION: application.signed_at,
    }
    return (step for step in steps_of(offer) if not done[step])
