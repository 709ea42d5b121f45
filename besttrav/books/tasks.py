"""Jobs of this room."""

from besttrav.books import actions, operations
from besttrav.books.models import Rule, RuleState
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job
from besttrav.policies import actions as policy_actions
from besttrav.policies.models import Policy


@job("books.enter")
def enter(*, entry_id: str) -> None:
    operations.enter(policy=record_of(Policy, entry_id))


@job("books.accrue")
def accrue(*, entry_id: str) -> None:
    operations.accrue(rule=record_of(Rule, entry_id))


@job("books.enter_missing", lock="books.enter_missing")
def enter_missing(*, timestamp: int) -> None:
    operations.enter_missing()


follow(policy_actions.ISSUED, enter)
follow(policy_actions.POLICY_MOVED, enter)
follow(actions.RULE_MOVED, accrue, now={RuleState.IN_FORCE})
