"""What giving a policy up means, worked out before anybody confirms it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from besttrav.payments.models import ChannelName, Payment
from besttrav.policies.models import Policy, Stage, SurrenderReason
from besttrav.policies.operations import surrendering
from besttrav.policies.operations.surrendering import Worth
from besttrav.portal.order_page import ContractPage


@dataclass(frozen=True)
class SurrenderPage(ContractPage):
    """`reason` is empty until it is said; before the start it does not matter."""

    today: date
    reason: SurrenderReason | None

    @property
    def contract(self) -> Policy:
        assert self.policy
        return self.policy

    @property
    def has_begun(self) -> bool:
        return self.contract.stage(self.today) is Stage.IN_FORCE

    @property
    def wants_reason(self) -> bool:
        return self.has_begun and self.reason is None

    @property
    def chosen(self) -> SurrenderReason:
        return self.reason or SurrenderReason.BEFORE_START

    @property
    def insured_count(self) -> int:
        return sum(party.is_insured for party in self.parties)

    @cached_property
    def payment(self) -> Payment:
        """What bought it, and where the money goes back to."""
        assert self.order.payment
        return Payment.objects.get(id=self.order.payment)

    @cached_property
    def worth(self) -> Worth | None:
        """Raises NotSurrenderable."""
        return None if self.wants_reason else surrendering.worth(policy=self.contract, payment=self.payment, reason=self.chosen)

    @property
    def channel(self) -> object:
        return ChannelName(self.payment.channel).label
