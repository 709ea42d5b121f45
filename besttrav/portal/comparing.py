"""Two to four plans of any products, side by side: one line for what is called the same, marked where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from besttrav.catalogue.offer import Benefit, Coverage, Exclusion, Group, Offer, Plan
from besttrav.catalogue.rating import Quote
from besttrav.catalogue.text import Text
from besttrav.portal.shelf import Unfit, address_of, tried
from besttrav.portal.trips import AskedTrip

_NOTHING = Benefit()


@dataclass(frozen=True, slots=True)
class Column:
    """One plan: what it costs for the trip, or why it cannot be had for it."""

    offer: Offer
    plan: Plan
    quote: Quote | None
    reason: object
    address: str

    @property
    def choice(self) -> str:
        return f"{self.offer.slug}.{self.plan.code}"

    @property
    def exclusions(self) -> list[Exclusion]:
        return [one for one in self.offer.exclusions if one.is_important][:5] or list(self.offer.exclusions[:3])


@dataclass(frozen=True, slots=True)
class Line:
    """One cover across the columns; a plan that lacks it has nothing there."""

    name: Text
    cells: list[Benefit]
    is_sub: bool

    @property
    def differs(self) -> bool:
        return len(set(self.cells)) > 1


def columns_of(offers: Sequence[Offer], picked: Sequence[str], trip: AskedTrip, at: datetime) -> list[Column]:
    """The picked plans that there are, in the order picked; what is not on the shelf any more is left out."""
    by_slug = {offer.slug: offer for offer in offers}
    found = [(by_slug.get(slug), plan) for slug, _dot, plan in (one.partition(".") for one in picked)]
    return [_column(offer, plan, trip, at) for offer, code in found if offer and (plan := offer.plan(code))]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns and, group by group, every cover that one of the plans has. Products call the same cover by the same code."""

    columns: Sequence[Column]
    groups: list[tuple[Group, list[Line]]]

    @property
    def prices_differ(self) -> bool:
        return len({column.quote.total for column in self.columns if column.quote}) > 1


def table_of(columns: Sequence[Column], *, only_differences: bool = False) -> Table:
    """All lines, or only those that differ."""
    groups = [(group, [line for line in _lines(columns, group) if line.differs or not only_differences]) for group in Group]
    return Table(columns, [(group, lines) for group, lines in groups if lines])


def _column(offer: Offer, plan: Plan, trip: AskedTrip, at: datetime) -> Column:
    outcome = tried(offer, trip, at)
    if isinstance(outcome, Unfit):
        return Column(offer, plan, None, outcome.reason, address_of(offer, trip, plan))
    quote = next((quote for one, quote in outcome.plans if one is plan), None)
    return Column(offer, plan, quote, "", address_of(offer, trip, plan))


def _lines(columns: Sequence[Column], group: Group) -> list[Line]:
    known: dict[tuple[str, str], Coverage] = {}
    for column in columns:
        for cover in column.offer.coverages:
            if cover.group is group and not cover.option:
                known.setdefault((cover.part_of or cover.code, cover.code if cover.part_of else ""), cover)
    ordered = sorted(known, key=lambda key: (list(dict.fromkeys(one[0] for one in known)).index(key[0]), key[1] != ""))
    return [Line(known[key].name, [_benefit(column, known[key].code) for column in columns], is_sub=key[1] != "") for key in ordered]


def _benefit(column: Column, code: str) -> Benefit:
    cover = next((cover for cover in column.offer.coverages if cover.code == code), None)
    return column.offer.benefit(cover, column.plan.code) if cover else _NOTHING
