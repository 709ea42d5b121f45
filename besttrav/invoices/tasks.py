"""Jobs of this room."""

from besttrav.invoices import actions, operations, queries
from besttrav.invoices.models import InvoiceState
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job
from besttrav.policies import actions as policy_actions
from besttrav.policies.models import Policy, PolicyState

# Runs in two hours: vault or journal may be away for longer than the usual half minute.
PATIENCE = 12


@job("invoices.work")
def work(*, entry_id: str) -> None:
    operations.work(invoice=queries.invoice_of(entry_id))


@job("invoices.settle", attempts=PATIENCE)
def settle(*, entry_id: str) -> None:
    operations.settle(invoice=queries.invoice_of(entry_id))


@job("invoices.follow_surrender", attempts=PATIENCE)
def follow_surrender(*, entry_id: str) -> None:
    operations.reverse(policy=record_of(Policy, entry_id), actor=operations.ISSUER)


@job("invoices.recover", lock="invoices.recover")
def recover(*, timestamp: int) -> None:
    operations.recover()


follow(actions.DUE, work)
follow(actions.INVOICE_MOVED, settle, now={InvoiceState.ISSUED})
follow(policy_actions.POLICY_MOVED, follow_surrender, now={PolicyState.CANCELLED})
