"""The only way a state changes.

class Claim(PersonalModel):
    class State(models.TextChoices): ...
    MOVES = {State.OPEN: {State.DECIDED, State.WITHDRAWN}, ...}
    MOVED = CLAIM_MOVED                  # actions.moving("claims.claim_moved", Stream.BUSINESS, _("..."))
"""

from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from besttrav.journal.models import Entry
from besttrav.journal.operations.recording import record as write_down
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal


class MoveRefused(Refusal):
    """The record is not, or no longer, in a state from which this move is allowed."""

    code = "move_refused"
    message = _("This step is not possible any more, because the state has changed in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


def move(record: models.Model, to: str, *, actor: Actor, because: str, subject: UUID | None = None) -> Entry:
    """Take the record to another state: lock its row, look again, ask its model's `MOVES`, save, and write down its `MOVED`.

    The record is read anew under the lock, so unsaved changes to it are lost. Of two movers at once one has its way and the
    other is refused. Needs the caller's transaction.
    """
    stateful: Any = record
    record.refresh_from_db(from_queryset=type(record)._base_manager.select_for_update(of=("self",)))
    was = stateful.state
    if to not in stateful.MOVES.get(was, ()):
        raise MoveRefused
    stateful.state = to
    record.save(update_fields=["state"])
    return write_down(stateful.MOVED, actor=actor, about=record, subject=subject, was=str(was), now=str(to), because=because)
