"""Jobs of this room."""

from besttrav.insurers import actions as insurer_actions
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job
from besttrav.payments import actions as payment_actions
from besttrav.payments.models import Refund, RefundState
from besttrav.policies.operations import cancelling, papers

PATIENCE = 12  # Runs in two hours: vault or journal may be away for longer than the usual half minute.


@job("policies.fetch_e_policy")
def fetch_e_policy(*, entry_id: str) -> None:
    papers.fetch(exchange=record_of(Exchange, entry_id))


@job("policies.cancel")
def cancel(*, entry_id: str) -> None:
    cancelling.work(exchange=record_of(Exchange, entry_id))


@job("policies.end", attempts=PATIENCE)
def end(*, entry_id: str) -> None:
    cancelling.settle(exchange=record_of(Exchange, entry_id))


@job("policies.halt", attempts=PATIENCE)
def halt(*, entry_id: str) -> None:
    cancelling.settle(exchange=record_of(Exchange, entry_id))


@job("policies.settle_refund", attempts=PATIENCE)
def settle_refund(*, entry_id: str) -> None:
    cancelling.settle_refund(payment=record_of(Refund, entry_id).payment)


@job("policies.recover", lock="policies.recover")
def recover(*, timestamp: int) -> None:
    cancelling.recover()


follow(insurer_actions.DUE, fetch_e_policy, kind={Kind.DOCUMENT})
follow(insurer_actions.DUE, cancel, kind={Kind.CANCEL})
follow(insurer_actions.EXCHANGE_MOVED, end, now={ExchangeState.OK}, because={"cancelled"})  # No policy that is issued pays for this job.
follow(insurer_actions.EXCHANGE_MOVED, halt, now={ExchangeState.REJECTED, ExchangeState.GIVEN_UP})
follow(payment_actions.REFUND_MOVED, settle_refund, now={RefundState.SUCCEEDED})
