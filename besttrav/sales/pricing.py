"""From an application to what the pure engines take: a trip, travellers, and a price for them."""

from collections.abc import Sequence

from besttrav.catalogue import rating
from besttrav.catalogue.offer import DocumentType, Offer, Relation
from besttrav.catalogue.rating import Quote, Traveller, Trip
from besttrav.catalogue.underwriting import Doing
from besttrav.policies.models import Party
from besttrav.sales.models import Application


def trip_of(application: Application) -> Trip:
    """What cover is asked for. Needs the trip step."""
    assert application.first_day is not None
    return Trip(
        plan=application.plan,
        first_day=application.first_day,
        last_day=application.last_day,
        area=application.area,
        is_annual=application.is_annual,
        destinations=tuple(application.destinations),
        options=frozenset(application.options),
    )


def travellers_of(parties: Sequence[Party]) -> list[Traveller]:
    """The insured people as far as the price goes."""
    return [Traveller(age=party.age or 0, occupation=party.occupation) for party in parties if party.is_insured]


def quote_of(application: Application, offer: Offer, parties: Sequence[Party]) -> Quote | None:
    """The price as things stand; None before anybody is named. Raises Unpriced, with reasons in plain words."""
    travellers = travellers_of(parties)
    if application.first_day is None or not travellers:
        return None
    return rating.price(offer, trip_of(application), travellers)


def doings_of(application: Application) -> tuple[Doing, ...]:
    """What is planned on the trip, for all insured people alike."""
    return tuple(Doing(one["code"], one.get("altitude", 0), one.get("depth", 0)) for one in application.trip.get("activities", ()))


def relation_of(party: Party) -> Relation:
    return Relation(party.relation or Relation.SELF)


def document_of(party: Party) -> DocumentType:
    return DocumentType(party.identity_kind)
