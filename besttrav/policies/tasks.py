"""Jobs of this room."""

from besttrav.insurers import actions as insurer_actions
from besttrav.insurers.models import Exchange, Kind
from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel.jobs import job
from besttrav.policies.operations import papers


@job("policies.fetch_e_policy")
def fetch_e_policy(*, entry_id: str) -> None:
    papers.fetch(exchange=record_of(Exchange, entry_id))


follow(insurer_actions.DUE, fetch_e_policy, kind={Kind.DOCUMENT})
