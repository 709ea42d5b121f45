"""A surrender as staff decide about it: the figures, the clock, what it takes, and beside it what the customer sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue.offer import Offer
from besttrav.console.order_page import ENTRIES, told
from besttrav.insurers.models import Exchange, Kind
from besttrav.journal.queries import about_any
from besttrav.kernel.actors import Actor
from besttrav.payments.models import Payment, Refund
from besttrav.policies.models import Missing, Policy, Surrender, SurrenderState
from besttrav.policies.operations import deciding
from besttrav.policies.queries import Clocked, clocked
from besttrav.sales.models import Order
from besttrav.ui.surrender_story import SurrenderStory

_U = SurrenderState


@dataclass(frozen=True)
class SurrenderCase:
    surrender: Surrender
    actor: Actor
    today: date
    may_handle: bool
    may_move_money: bool

    @property
    def policy(self) -> Policy:
        return self.surrender.policy

    @property
    def offer(self) -> Offer:
        return catalogue.offer(self.policy.version_id)

    @cached_property
    def order(self) -> Order:
        return Order.objects.get(application__contract=self.policy.contract)

    @cached_property
    def payment(self) -> Payment:
        return Payment.objects.get(id=self.surrender.payment)

    @cached_property
    def exchanges(self) -> list[Exchange]:
        return list(Exchange.objects.filter(contract=self.policy.contract, kind=Kind.CANCEL).order_by("version"))

    @cached_property
    def refunds(self) -> Sequence[Refund]:
        return list(Refund.objects.filter(payment=self.surrender.payment).order_by("decided_at"))

    @property
    def clock(self) -> Clocked:
        return clocked(self.surrender)

    @property
    def is_late(self) -> bool:
        return self.surrender.is_open and self.clock.is_late(self.today)

    @property
    def takes(self) -> list[Missing]:
        return deciding.needed(self.surrender)

    @property
    def story(self) -> SurrenderStory:
        return SurrenderStory(self.surrender, str(self.offer.insurer.short_name))

    # What may be done now

    @property
    def may_accept(self) -> bool:
        return self.may_handle and self.surrender.state in deciding.TO_BE_CHECKED

    @property
    def may_ask_for(self) -> bool:
        return self.may_handle and self.surrender.state == _U.RECEIVED

    @cached_property
    def may_refuse(self) -> bool:
        return self.may_handle and deciding.may_be_refused(self.surrender)

    @property
    def may_confirm(self) -> bool:
        return self.may_move_money and self.surrender.state == _U.PROPOSED

    @property
    def may_try_again(self) -> bool:
        return self.may_handle and self.surrender.state == _U.HALTED

    @property
    def may_explain(self) -> bool:
        return self.may_move_money and self.surrender.differs

    @property
    def may_do_something(self) -> bool:
        return self.may_accept or self.may_confirm or self.may_try_again or self.may_explain

    @cached_property
    def timeline(self) -> list[dict[str, Any]]:
        about = [self.surrender.id, self.policy.id, *(one.id for one in self.exchanges), *(one.id for one in self.refunds)]
        return [told(entry) for entry in about_any(about, limit=ENTRIES)]
