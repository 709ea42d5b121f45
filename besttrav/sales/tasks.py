"""Jobs of this room."""

from besttrav.insurers import actions as insurer_actions
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job
from besttrav.payments import actions as payment_actions
from besttrav.payments.models import Payment, Refund, RefundState
from besttrav.policies import actions as policy_actions
from besttrav.policies.models import Policy, Surrender
from besttrav.sales.operations import issuing, noticing

# Runs in two hours: vault or journal may be away for longer than the usual half minute. The clock looks after the money meanwhile.
PATIENCE = 12


@job("sales.take_payment", attempts=PATIENCE)
def take_payment(*, entry_id: str) -> None:
    issuing.take_payment(payment=record_of(Payment, entry_id))


@job("sales.work")
def work(*, entry_id: str) -> None:
    issuing.work(exchange=record_of(Exchange, entry_id))


@job("sales.settle", attempts=PATIENCE)
def settle(*, entry_id: str) -> None:
    issuing.settle(exchange=record_of(Exchange, entry_id))


@job("sales.settle_refund", attempts=PATIENCE)
def settle_refund(*, entry_id: str) -> None:
    issuing.settle_refund(refund=record_of(Refund, entry_id))


@job("sales.tell", attempts=PATIENCE)
def tell(*, entry_id: str) -> None:
    issuing.tell(policy=record_of(Policy, entry_id))


@job("sales.tell_ended", attempts=PATIENCE)
def tell_ended(*, entry_id: str) -> None:
    ended = record_of(Surrender, entry_id)
    noticing.tell_ended(policy=ended.policy, last_day=ended.last_day)


@job("sales.expire", lock="sales.expire")
def expire(*, timestamp: int) -> None:
    issuing.expire()


follow(payment_actions.CAPTURED, take_payment)
follow(insurer_actions.DUE, work, kind={Kind.SUBMIT})
follow(insurer_actions.EXCHANGE_MOVED, settle, now={ExchangeState.OK, ExchangeState.REJECTED, ExchangeState.GIVEN_UP})
follow(payment_actions.REFUND_MOVED, settle_refund, now={RefundState.SUCCEEDED})
follow(policy_actions.ISSUED, tell)
follow(policy_actions.SURRENDERED, tell_ended)
