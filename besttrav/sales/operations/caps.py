"""What other contracts of ours give the same people, and the caps on it: copies of one product, and what is paid on a minor's death.

People are known again by equal marks of their documents, and never by links.

What counts is what somebody has: policies that stand, and orders that are paid. An order that waits for its money takes no cover from
anybody, or whoever knows somebody's number could keep them uninsured with orders that are never paid. So several for one person may wait
side by side. Who pays first has the cover: the caps are asked when an application is signed, and again when its money comes, then alone
with its people (`alone_with`), so that of two who are paid at once the second sees the first. The one that is left without room gives
its money back before anything leaves for the insurer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue import underwriting
from besttrav.catalogue.offer import Offer
from besttrav.catalogue.rating import Trip
from besttrav.catalogue.underwriting import Insured
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import ZERO, Money
from besttrav.policies.models import Party, Policy, PolicyState
from besttrav.policies.purposes import APPLY
from besttrav.privacy import marks
from besttrav.privacy.gate import Closed, find_all, reveal
from besttrav.privacy.kinds import Kind
from besttrav.sales import pricing, queries
from besttrav.sales.models import Application, OrderState

COUNTER = Actor.job("sales.caps")
INSURING = "insuring"


@dataclass(frozen=True, slots=True)
class Known:
    """What the other contracts give one person on the same days."""

    copies: int = 0
    death: Money = ZERO


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """The insured people of an application, with the numbers of their documents open for this moment."""

    application: Application
    offer: Offer
    insured: Sequence[Party]
    numbers: Sequence[str]

    def known(self) -> dict[UUID, Known]:
        """What each has elsewhere, by row."""
        here = {party.id for party in self.insured}
        same = find_all(Party, "identity_number", self.numbers, purpose=APPLY, actor=COUNTER, besides=here)
        elsewhere = {
            party.id: [one for one in same[number] if one.is_insured and one.contract != self.application.contract]
            for party, number in zip(self.insured, self.numbers, strict=True)
        }
        bought = _bought_meanwhile(pricing.trip_of(self.application), {one.contract for ones in elsewhere.values() for one in ones})
        return {party: _known(self.offer, ones, bought) for party, ones in elsewhere.items()}

    def have_no_room(self) -> bool:
        """Whether this application would give somebody more than they may have. Those who were forgotten have no number, and no cover."""
        known = self.known() if self.numbers else {}
        people = [
            Insured(
                age=party.age or 0,
                death_elsewhere=party.death_elsewhere,
                death_known=known[party.id].death,
                copies_known=known[party.id].copies,
            )
            for party in self.insured
            if party.id in known
        ]
        return any(underwriting.beyond_caps(self.offer, pricing.trip_of(self.application), people))


def people_of(application: Application, offer: Offer, parties: Sequence[Party]) -> People:
    """Opens the numbers of their documents."""
    insured = [party for party in parties if party.is_insured]
    opened = reveal(insured, ["identity_number"], purpose=APPLY, actor=COUNTER, case=application.id)
    return People(application, offer, insured, [one.identity_number for one in opened])


@contextmanager
def alone_with(application: Application) -> Iterator[People]:
    """Nobody insures any of these people meanwhile. Take it before the transaction that looks at the caps and takes the money in.

    Whoever had themselves forgotten is insured by nobody: their application is not permitted to leave.
    """
    offer = queries.offer_of(application)
    try:
        people = people_of(application, offer, queries.parties_of(application))
    except Closed:
        people = People(application, offer, [], [])
    with marks.locked(INSURING, *people.numbers, kind=Kind.IDENTITY_NUMBER):
        yield people


@dataclass(frozen=True, slots=True)
class _Bought:
    offer: Offer
    plan: str
    options: frozenset[str]


def _bought_meanwhile(trip: Trip, contracts: set[UUID]) -> dict[UUID, _Bought]:
    """Those of the contracts that cover a day of this trip: the policies that stand, and what is paid and not issued yet.

    In this order: what is paid at the first look may be a policy at the second, and is counted all the same.
    """
    if not contracts:
        return {}
    meanwhile = Q(first_day__lte=trip.ends_on, last_day__gte=trip.first_day)
    applied = list(Application.objects.filter(meanwhile, contract__in=contracts).annotate(order_state=F("order__state")))
    standing = Policy.objects.filter(meanwhile, contract__in=contracts, state=PolicyState.STANDS)
    bought = {one.contract: _Bought(catalogue.offer(one.version_id), one.plan, frozenset()) for one in standing}
    for one in applied:
        if one.contract in bought or one.order_state == OrderState.PAID:
            bought[one.contract] = _Bought(catalogue.offer(one.version_id), one.plan, frozenset(one.options))
    return bought


def _known(offer: Offer, ones: Sequence[Party], bought: Mapping[UUID, _Bought]) -> Known:
    copies, death = 0, ZERO
    for one in ones:
        if other := bought.get(one.contract):
            copies += other.offer.slug == offer.slug
            death += other.offer.death_sum(other.plan, one.age or 0, other.options)
    return Known(copies, death)
