"""My insurance: the contracts and orders of somebody, and one contract with everything that belongs to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Coverage, Group, Offer
from besttrav.kernel.money import Money
from besttrav.people.models import Account
from besttrav.policies.models import Party, Policy, PolicyTransaction, Stage, SurrenderState, TransactionKind
from besttrav.policies.queries import contracts_being_given_up
from besttrav.portal.order_page import ContractPage
from besttrav.privacy.fields import fields_of
from besttrav.privacy.gate import reveal_one
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.sales import evidence
from besttrav.sales.models import Evidence, Order, OrderState
from besttrav.sales.queries import orders_of
from besttrav.ui import story
from besttrav.ui.privacy_words import Given, given_to
from besttrav.ui.surrender_story import changes_in_words

TONES = {Stage.IN_FORCE: "ok", Stage.UPCOMING: "go", Stage.ENDED: "plain", Stage.CANCELLED: "plain"}
ORDER_TONES = {
    OrderState.TO_PAY: "you",
    OrderState.PAID: "go",
    OrderState.REFUNDING: "go",
    OrderState.REFUNDED: "plain",
    OrderState.EXPIRED: "plain",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A contract in the list, or an order that is not one yet."""

    order: Order
    offer: Offer
    policy: Policy | None
    people: int
    today: date
    is_being_given_up: bool

    @property
    def stage(self) -> Stage | None:
        return self.policy.stage(self.today) if self.policy else None

    @property
    def tone(self) -> str:
        return TONES[self.stage] if self.stage else ORDER_TONES[OrderState(self.order.state)]

    @property
    def state(self) -> object:
        return self.stage.label if self.stage else OrderState(self.order.state).label

    @property
    def place(self) -> str:
        application = self.order.application
        named = [str(COUNTRIES[code].name) for code in application.destinations if code in COUNTRIES]
        area = self.offer.area(application.area)
        return named[0] if named else str(area.name if area else self.offer.scene.label)

    @property
    def next(self) -> str | Promise:
        """The one thing to know or do now."""
        if self.policy is None:
            return _ORDER_NEXT[OrderState(self.order.state)]
        if self.is_being_given_up:
            return _("Surrender under way")
        match self.stage:
            case Stage.UPCOMING:
                days = (self.policy.first_day - self.today).days
                return ngettext("Begins in %(days)d day", "Begins in %(days)d days", days) % {"days": days}
            case Stage.IN_FORCE:
                days = (self.policy.last_day - self.today).days + 1
                return ngettext("%(days)d day left, today included", "%(days)d days left, today included", days) % {"days": days}
            case _:
                return _("Papers stay here")


_ORDER_NEXT: dict[OrderState, Promise] = {
    OrderState.TO_PAY: _("Pay, and you are insured"),
    OrderState.PAID: _("The insurer is issuing it"),
    OrderState.ISSUED: _("The insurer is issuing it"),
    OrderState.REFUNDING: _("Your money is on its way back"),
    OrderState.REFUNDED: _("Your money is back"),
    OrderState.EXPIRED: _("It was not paid in time"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the list: the word in its address, what it is called, and what stands in it."""

    code: str
    label: str | Promise
    rows: list[Row]


def tabs_of(account: Account, today: date) -> list[Tab]:
    """Everything of an account, by where it stands. Queries do not grow with the rows."""
    rows = _rows(account, today)
    policies = [row for row in rows if row.policy]
    under_way = [row for row in rows if row.policy is None and row.order.state not in {OrderState.EXPIRED, OrderState.REFUNDED}]
    past = [row for row in rows if row.policy is None and row not in under_way]
    ended = [row for row in policies if row.stage in {Stage.ENDED, Stage.CANCELLED}]
    return [
        Tab("in-force", Stage.IN_FORCE.label, [row for row in policies if row.stage is Stage.IN_FORCE]),
        Tab("upcoming", Stage.UPCOMING.label, [row for row in policies if row.stage is Stage.UPCOMING]),
        Tab("under-way", _("Under way"), under_way),
        Tab("ended", Stage.ENDED.label, ended + past),
        Tab("all", _("All"), rows),
    ]


def _rows(account: Account, today: date) -> list[Row]:
    orders = orders_of(account=account)
    contracts = [order.application.contract for order in orders]
    policies = {policy.contract: policy for policy in Policy.objects.filter(contract__in=contracts)}
    leaving = contracts_being_given_up(contracts)
    insured = _counted(Party.objects.filter(contract__in=contracts, is_insured=True).values_list("contract", flat=True))
    return [
        Row(
            order,
            catalogue.offer(order.application.version_id),
            policies.get(order.application.contract),
            insured.get(order.application.contract, 0),
            today,
            order.application.contract in leaving,
        )
        for order in orders
    ]


def _counted(contracts: Iterable[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for contract in contracts:
        counts[contract] = counts.get(contract, 0) + 1
    return counts


@dataclass(frozen=True)
class PolicyPage(ContractPage):
    """One contract. `shows_own` opens what is held of the reader, and of nobody else."""

    today: date
    shows_own: bool = False

    @property
    def stage(self) -> Stage:
        assert self.policy
        return self.policy.stage(self.today)

    @property
    def tone(self) -> str:
        return TONES[self.stage]

    @property
    def stands(self) -> bool:
        return self.stage is not Stage.CANCELLED

    @property
    def may_be_given_up(self) -> bool:
        """Whether there is something left to give up, and nobody has."""
        is_asked = self.surrender is not None and self.surrender.surrender.state != SurrenderState.REFUSED
        return self.stage in {Stage.UPCOMING, Stage.IN_FORCE} and not is_asked

    @cached_property
    def own(self) -> list[tuple[object, str]]:
        """The reader's own data, opened for this answer and written down as their own look."""
        if not self.shows_own:
            return []
        holder = next(party for party in self.parties if party.is_holder)
        fields = ["name", "passport_name", "identity_number", "birth_date", "phone", "email", "address"]
        opened = reveal_one(holder, *fields, purpose=OWN_ACCESS, actor=self.reach.actor)
        labels = {field.name: field.label for field in fields_of(Party)}
        return [(labels[name], opened[name]) for name in fields if opened[name]]

    @property
    def groups(self) -> list[tuple[Group, list[tuple[Coverage, object]]]]:
        """The sums of this plan, by group, with what each is."""
        grouped: dict[Group, list[tuple[Coverage, object]]] = {}
        for cover, label in self._covers:
            grouped.setdefault(cover.group, []).append((cover, label))
        return list(grouped.items())

    @property
    def history(self) -> list[dict[str, Any]]:
        """What was agreed, transaction by transaction."""
        assert self.policy
        made: Iterable[PolicyTransaction] = self.policy.transactions.order_by("number")
        return [
            {
                "at": one.at,
                "title": TransactionKind(one.kind).label,
                "text": changes_in_words(one.changes) or _("premium %(amount)s yuan") % {"amount": Money(one.premium_fen)},
                "state": "done",
            }
            for one in made
        ]

    @cached_property
    def steps_of_sale(self) -> list[Evidence]:
        return evidence.told(self.application)

    @property
    def story(self) -> list[dict[str, Any]]:
        return story.entries(self.steps_of_sale, self.offer)

    @property
    def broken_at(self) -> int | None:
        """The number of a step that is not what it was; None while the chain is whole."""
        return evidence.broken_at(self.steps_of_sale)

    @cached_property
    def given(self) -> list[Given]:
        """Who received what is held of the reader."""
        return given_to(self.order.subject)
