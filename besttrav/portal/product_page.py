"""One product for one trip: what the quote card, the bar, the facts and the table of plans show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy, pgettext_lazy

from besttrav.catalogue import rating
from besttrav.catalogue.offer import Area, Benefit, Coverage, Group, Offer, Option, Plan, Row
from besttrav.catalogue.rating import PersonPremium, Quote, Traveller, Trip, Unpriced
from besttrav.catalogue.rules import Reason
from besttrav.catalogue.text import in_words, joined
from besttrav.kernel.money import Money
from besttrav.portal.forms.shelf import QuoteForm
from besttrav.portal.shelf import address_of, ages_for, refusals, travellers_of, trip_for
from besttrav.portal.trips import AskedTrip, Band

# A coverage with what the chosen plan gives for it, what limits it in words, and its sub-limits.
Covered = tuple[Coverage, Benefit, list[object], list[tuple[Coverage, Benefit]]]
GROUP_ICONS = {Group.PERSON: "user", Group.MEDICAL: "medical", Group.TRIP: "plane", Group.PROPERTY: "bag", Group.LIABILITY: "scale"}


@dataclass(frozen=True, slots=True)
class PricedPlan:
    """A plan with its total for this trip, or without one where it cannot be had or too little is known."""

    plan: Plan
    total: Money | None
    address: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """What one band of people pays: how many, for which ages that holds, what multiplies it, and the amount of all of them."""

    band: Band
    count: int
    first: int
    last: int
    note: object
    amount: Money


@dataclass(frozen=True)
class ProductPage:
    """Everything the page of a product shows that depends on the trip."""

    offer: Offer
    form: QuoteForm
    at: datetime

    @cached_property
    def trip(self) -> AskedTrip:
        return self.form.trip

    @cached_property
    def plan(self) -> Plan:
        """The chosen plan, else the first that can be had, else the first."""
        chosen = self.offer.plan(self.form.chosen("plan") or "")
        available = next((one.plan for one in self.plans if one.total), self.offer.plans[0])
        return chosen or available

    @cached_property
    def area(self) -> Area | None:
        """Where cover holds: as chosen, else what the destination needs, else the first there is."""
        if self.quote:
            return self.quote.area
        return self.offer.area(self._area_code) or (self.offer.areas[0] if self.offer.areas else None)

    @cached_property
    def plans(self) -> list[PricedPlan]:
        return [PricedPlan(plan, self._total_of(plan), self.address(plan)) for plan in self.offer.plans]

    @cached_property
    def quote(self) -> Quote | None:
        outcome = self._outcomes.get(self.plan.code)
        return outcome if isinstance(outcome, Quote) else None

    @cached_property
    def reasons(self) -> Sequence[Reason]:
        """Why this cannot be had as it is asked for, in plain words."""
        outcome = self._outcomes.get(self.plan.code)
        return outcome if isinstance(outcome, tuple) else ()

    @cached_property
    def lines(self) -> list[PersonLine]:
        """One line a band, and the ages for which its price holds: a table may change inside a band."""
        if not self.quote:
            return []
        lines, people = [], iter(self.quote.people)
        for band, count in self.trip.groups:
            paid = [next(people) for _person in range(count)]
            first, last = ages_for(self.offer, self.quote, paid[0].age, band)
            amount = sum((one.premium for one in paid[1:]), paid[0].premium)
            lines.append(PersonLine(band, count, first, last, _factors(paid[0]), amount))
        return lines

    @property
    def remarks(self) -> list[object]:
        """What should be known beside the price, each once: of several people it is said of the first."""
        return list({one.code: one.says for one in reversed(self.quote.remarks)}.values()) if self.quote else []

    @property
    def is_annual(self) -> bool:
        return bool(self.form.chosen("annual")) or self.offer.longest == 0

    @property
    def options(self) -> list[Option]:
        chosen = self.form.chosen("options") or ()
        return [option for option in self.offer.options if option.code in chosen]

    @property
    def to_apply(self) -> list[tuple[str, str]]:
        """What the insure button carries: exactly what was priced."""
        return [
            ("product", self.offer.slug),
            ("version", str(self.offer.version.id)),
            ("plan", self.plan.code),
            ("area", self.quote.area.code if self.quote else ""),
            *([("annual", "1")] if self.is_annual else []),
            *(("options", option.code) for option in self.options),
            *self.trip.parameters().items(),
        ]

    @cached_property
    def shared(self) -> str:
        """The address of exactly this page, to be given away: it names counts of people and nobody."""
        chosen: list[tuple[str, str]] = [*self.trip.parameters().items(), ("plan", self.plan.code)]
        if self._area_code:
            chosen.append(("area", self._area_code))
        if self.form.chosen("annual"):
            chosen.append(("annual", "1"))
        chosen += [("options", option.code) for option in self.options]
        return f"/products/{self.offer.slug}/?{urlencode(chosen)}"

    def address(self, plan: Plan) -> str:
        return address_of(self.offer, self.trip, plan)

    @property
    def facts(self) -> list[tuple[Promise | str, object]]:
        """The strip at the top: who, how long, where, from when, how often."""
        offer = self.offer
        return [
            (_("Ages"), format_lazy(_("{youngest} – {oldest} years"), youngest=_youngest(offer), oldest=offer.oldest)),
            (_("Length of cover"), _length(offer)),
            (_("Where"), self.area.name if self.area else _("Everywhere")),
            *([(_("Occupations"), _classes(offer))] if offer.occupation_classes else []),
            (_("Earliest start"), _earliest(offer.timing.earliest)),
            *([(_("How many"), _at_least(offer.least_people))] if offer.least_people > 1 else []),
            (_("Per person"), ngettext_lazy("%(copies)s policy", "%(copies)s policies", offer.copies) % {"copies": offer.copies}),
        ]

    @property
    def groups(self) -> "list[tuple[Group, str, list[Covered]]]":
        """The cards of cover with their sums in the chosen plan, what limits each, and the sub-limits of each."""
        return [(group, GROUP_ICONS[group], [self._cover(cover) for cover in covers]) for group, covers in self.offer.grouped()]

    @property
    def table(self) -> list[tuple[Row, list[tuple[Benefit, bool]]]]:
        """The table of plans, each cell with whether it is the chosen plan's."""
        picked = [plan is self.plan for plan in self.offer.plans]
        return [(row, list(zip(row.benefits, picked, strict=True))) for row in self.comparison]

    @property
    def notices(self) -> list[tuple[object, object]]:
        """What the law wants said before somebody applies, besides cover, exclusions and money back."""
        offer = self.offer
        waiting = [cover for cover in offer.coverages if cover.waiting_days]
        return [
            (_("Waiting period"), _waiting(waiting)),
            (_("Cooling-off"), _("None: a contract this short can be cancelled before its start, and everything comes back.")),
            (
                _("What you must tell"),
                _(
                    "What the insurer asks must be answered truthfully and in full. "
                    "A wrong or missing answer that matters can end the contract without payment."
                ),
            ),
            (
                _("Where we serve"),
                _("All of mainland China, and all of it online: buying, changing, cancelling, claims, the policy and the invoice."),
            ),
            (
                _("Payment and policy"),
                _("WeChat Pay or Alipay, from the applicant's own account. The electronic policy comes by itself, usually within minutes."),
            ),
            *((_("Note"), note) for note in offer.notes),
        ]

    @property
    def after_fee(self) -> int:
        """The per cent of the share that comes back once the fee is off."""
        return 100 - self.offer.surrender.fee_percent

    @property
    def comparison(self) -> list[Row]:
        rows = self.offer.comparison()
        return [row for row in rows if row.differs] if self.only_differences else rows

    @property
    def only_differences(self) -> bool:
        return self.form.data.get("diff") == "1" if self.form.is_bound else False

    @cached_property
    def _outcomes(self) -> dict[str, "Quote | tuple[Reason, ...]"]:
        if not self._is_known_enough:
            return {}
        # Days, destination and numbers are refused alike in every plan.
        if stopped := refusals(self.offer, self._asked(self.offer.plans[0]), self.trip, self.at):
            return dict.fromkeys((plan.code for plan in self.offer.plans), stopped)
        travellers = [traveller for _band, traveller in travellers_of(self.offer, self.trip)]
        return {plan.code: self._outcome(plan, travellers) for plan in self.offer.plans}

    @property
    def _is_known_enough(self) -> bool:
        return bool(self.trip.is_dated or (self.is_annual and self.trip.start and self.trip.count)) and not self.form.errors

    def _outcome(self, plan: Plan, travellers: Sequence[Traveller]) -> "Quote | tuple[Reason, ...]":
        try:
            return rating.price(self.offer, self._asked(plan), travellers)
        except Unpriced as refusal:
            return refusal.reasons

    def _asked(self, plan: Plan) -> Trip:
        options = [option.code for option in self.options if not option.plans or plan.code in option.plans]
        return trip_for(self.offer, self.trip, plan, area=self._area_code, is_annual=self.is_annual, options=options)

    @cached_property
    def _area_code(self) -> str:
        chosen: str = self.form.chosen("area") or ""
        if chosen or self.trip.to or not self.offer.areas:
            return chosen
        return self.offer.areas[0].code

    def _total_of(self, plan: Plan) -> Money | None:
        outcome = self._outcomes.get(plan.code)
        return outcome.total if isinstance(outcome, Quote) else None

    def _cover(self, cover: Coverage) -> "Covered":
        parts = [part for part in self.offer.coverages if part.part_of == cover.code]
        return cover, self._benefit(cover), _limits(cover), [(part, self._benefit(part)) for part in parts]

    def _benefit(self, cover: Coverage) -> Benefit:
        return self.offer.benefit(cover, self.plan.code)


def _youngest(offer: Offer) -> object:
    if offer.youngest == 0 and offer.youngest_days:
        return ngettext_lazy("%(days)s day", "%(days)s days", offer.youngest_days) % {"days": offer.youngest_days}
    return offer.youngest


def _earliest(days: int) -> object:
    if days < 2:
        return _("The next day, 00:00") if days else _("At once")
    return ngettext_lazy("%(days)s day from today, 00:00", "%(days)s days from today, 00:00", days) % {"days": days}


def _at_least(people: int) -> object:
    return ngettext_lazy("at least %(people)s person", "at least %(people)s people", people) % {"people": people}


def _length(offer: Offer) -> object:
    if offer.longest == 0:
        return _("One year")
    single = ngettext_lazy("1 – %(days)s day", "1 – %(days)s days", offer.longest) % {"days": offer.longest}
    return format_lazy("{}{}{}", single, pgettext_lazy("between choices", ", or "), _("one year")) if offer.annual else single


def _classes(offer: Offer) -> object:
    numbers = [one.number for one in offer.occupation_classes]
    return format_lazy(_("class {first} – {last}"), first=min(numbers), last=max(numbers))


def _waiting(covers: Sequence[Coverage]) -> object:
    if not covers:
        return _("None.")
    days = max(cover.waiting_days for cover in covers)
    return format_lazy(
        ngettext_lazy("{names}: {days} day from the start.", "{names}: {days} days from the start.", days),
        names=joined([cover.name for cover in covers]),
        days=days,
    )


def _limits(cover: Coverage) -> list[object]:
    """What narrows a benefit, each in a few words: deductible, share, waiting period."""
    limits: list[object] = []
    if cover.is_medical or cover.deductible:
        limits.append(_("deductible %(amount)s") % {"amount": in_words(cover.deductible)})
    if cover.is_medical or cover.reimbursement != 100:
        limits.append(_("%(percent)s%% of the cost") % {"percent": cover.reimbursement})
    if cover.waiting_days:
        limits.append(
            ngettext("waiting period %(days)s day", "waiting period %(days)s days", cover.waiting_days) % {"days": cover.waiting_days}
        )
    return limits


def _factors(person: PersonPremium) -> str:
    """What an age or occupation multiplies the table's premium by: ×1.5, where it does."""
    return " ".join(f"×{line.factor.normalize():f}" for line in person.lines if line.factor and line.factor != 1)
