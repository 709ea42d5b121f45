"""What must be true of roles, whatever has happened; checked with the invariants of the house."""

from collections.abc import Iterator

from besttrav.journal.queries import about_record
from besttrav.people.actions import ROLE_MOVED
from besttrav.people.models import GrantState, RoleGrant
from besttrav.privacy.invariants import invariant


@invariant
def every_role_was_written_by_us_and_its_newest_move_is_in_the_journal() -> Iterator[str]:
    """A bond shows a row that was made or changed past us. It fits again when an older row is put back; that shows in the journal."""
    for grant in RoleGrant.objects.filter(state__in=[GrantState.ASKED, GrantState.GRANTED]).order_by("pk").iterator():
        if not grant.is_bound:
            yield f"the role grant {grant.pk} does not carry our bond"
        elif grant.state == GrantState.GRANTED and _newest_move(grant) not in {GrantState.GRANTED, ""}:
            yield f"the role grant {grant.pk} is granted, and the journal's last word about it is another"


def _newest_move(grant: RoleGrant) -> str:
    """Nothing when its month of the journal is past its time."""
    moves = about_record(grant, [ROLE_MOVED])
    return str(moves[0].facts["now"]) if moves else ""
