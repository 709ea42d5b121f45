"""From an application to what the pure engines take: a trip, travellers, and a price for them."""

from collections.abc import Sequence

from besttrav.catalogue import underwriting
from besttrav.catalogue.offer import DocumentType, Offer, Relation
from besttrav.catalogue.rating import Traveller, Trip
from besttrav.catalogue.rules import FULL_AGE, Outcome, Reason
from besttrav.catalogue.underwriting import Applicant, Doing, Insured, Proposal
from besttrav.kernel import clock
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


def foreseen(application: Application, offer: Offer, parties: Sequence[Party]) -> list[Reason]:
    """What stands in the way as things stand, before anything about health is answered and our other contracts are counted; so nobody
    answers questions for nothing. Nothing is kept of it: the decision is taken when the application is signed."""
    return foreseen_for(offer, trip_of(application), application, parties)


def foreseen_for(offer: Offer, trip: Trip, application: Application, parties: Sequence[Party]) -> list[Reason]:
    """The same for another product or trip and these people."""
    holder = next(party for party in parties if party.is_holder)
    no_answers = {question.code: False for question in offer.questions}
    people = tuple(
        Insured(
            age=party.age or 0,
            occupation=party.occupation,
            document=document_of(party),
            relation=Relation.SELF if party.is_holder else relation_of(party),
            activities=doings_of(application),
            answers=no_answers,
            agreed=True,
            death_elsewhere=party.death_elsewhere,
            has_passport_name=party.__dict__.get("passport_name") is not None,
        )
        for party in parties
        if party.is_insured
    )
    applicant = Applicant(is_organisation=holder.is_organisation, age=holder.age)
    proposal = Proposal(clock.now(), trip, applicant, people, application.wants_letter)
    return [reason for reason in underwriting.decide(offer, proposal).reasons if reason.outcome is Outcome.REFUSE]


def against_trip(offer: Offer, trip: Trip, *, wants_letter: bool = False) -> list[Reason]:
    """What stands against the trip itself, whoever goes."""
    applicant = Applicant(is_organisation=not offer.needs.person_may_apply, age=FULL_AGE)
    found = underwriting.decide(offer, Proposal(clock.now(), trip, applicant, (), wants_letter)).reasons
    return [reason for reason in found if reason.outcome is Outcome.REFUSE and reason.code != "nobody"]


def doings_of(application: Application) -> tuple[Doing, ...]:
    """What is planned on the trip, for all insured people alike."""
    return tuple(Doing(one["code"], one.get("altitude", 0), one.get("depth", 0)) for one in application.trip.get("activities", ()))


def relation_of(party: Party) -> Relation:
    return Relation(party.relation or Relation.SELF)


def document_of(party: Party) -> DocumentType:
    return DocumentType(party.identity_kind)
