"""Why an application cannot be taken as it is, or who looks at it; and what the shelf has that would take it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import get_language

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue import rating
from besttrav.catalogue.offer import Offer, Plan
from besttrav.catalogue.rating import Quote, Unpriced
from besttrav.catalogue.rules import source_of
from besttrav.kernel import clock
from besttrav.policies.purposes import APPLY
from besttrav.portal import shelf
from besttrav.portal.applying import Draft
from besttrav.portal.trips import BANDS, AskedTrip
from besttrav.privacy.gate import reveal_one
from besttrav.sales import pricing
from besttrav.sales.models import ApplicationState, Decision

MOST_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Why:
    """One rule that stands in the way: in plain words, what would change it, and where the rule comes from."""

    says: str
    way_out: str
    source: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A product that would take the same people on the same trip, and its price for them."""

    offer: Offer
    plan: Plan
    quote: Quote
    address: str


class Outcome:
    """What came of an application: what was decided, else what stands in the way as far as it was filled in."""

    def __init__(self, draft: Draft, decision: Decision | None) -> None:
        self._draft = draft
        state = draft.application.state
        self.is_referred = state == ApplicationState.REFERRED
        self.is_decided = decision is not None and state in {ApplicationState.REFERRED, ApplicationState.DECLINED}
        self._decision = decision if self.is_decided else None

    @cached_property
    def reasons(self) -> Sequence[Why]:
        if self._decision:
            return self._explained(self._decision)
        if not self._draft.is_open:
            return []
        return [Why(str(one.says), str(one.way_out), _shown_source(one.source)) for one in self._draft.hindrances]

    @cached_property
    def alternatives(self) -> list[Alternative]:
        """The cheapest plan of each other product that these people and this trip fit, as far as is known of them."""
        draft = self._draft
        if draft.application.first_day is None or not draft.parties:
            return []
        found = [self._tried(offer) for offer in catalogue.on_shelf(clock.today()) if offer.slug != draft.offer.slug]
        return sorted((one for one in found if one), key=lambda one: one.quote.total)[:MOST_ALTERNATIVES]

    def _explained(self, decision: Decision) -> list[Why]:
        opened = reveal_one(decision, "explanation", purpose=APPLY, actor=self._draft.buyer, case=self._draft.application.id)
        in_english = (get_language() or "").startswith("en")
        reasons = json.loads(opened.explanation)["reasons"]
        return [Why(one["says"][in_english], one["way_out"][in_english], _shown_source(source_of(one["code"]))) for one in reasons]

    def _tried(self, offer: Offer) -> Alternative | None:
        application, parties = self._draft.application, self._draft.parties
        travellers = pricing.travellers_of(parties)
        for plan in offer.plans:
            trip = replace(pricing.trip_of(application), plan=plan.code, area="", options=frozenset())
            if offer.longest == 0 or (trip.is_annual and not offer.annual):
                continue
            if "destinations" not in offer.needs.trip and offer.line is not self._draft.offer.line:
                continue
            if pricing.foreseen_for(offer, trip, application, parties):
                continue
            try:
                quote = rating.price(offer, trip, travellers)
            except Unpriced:
                continue
            return Alternative(offer, plan, quote, shelf.address_of(offer, self._asked, plan))
        return None

    @property
    def _asked(self) -> AskedTrip:
        """The trip as the address of a product carries it: counts of bands, and nobody."""
        application = self._draft.application
        ages = [party.age or 0 for party in self._draft.insured]
        counts = tuple(sum(band.first <= age <= band.last for age in ages) for band in BANDS)
        end = None if application.is_annual else application.last_day
        return AskedTrip(next(iter(application.destinations), ""), application.first_day, end, counts)


def _shown_source(source: str) -> str:
    """The law or convention behind a rule; that a product or we set it is said in words by the page."""
    return "" if source in {"product", "house"} else source
