"""The only way a state changes.

class Claim(PersonalModel):
    class State(models.TextChoices): ...
    MOVES = {State.OPEN: {State.DECIDED, State.WITHDRAWN}, ...}
    MOVED = CLAIM_MOVED                  # actions.moving("claims.claim_moved", Stream.BUSINESS, _("..."))
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from besttrav.journal.models import Entry
from besttrav.journal.operations.recording import demand_transaction
from besttrav.journal.operations.recording import record as write_down
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.statements import columns_of, loaded, take_over


class MoveRefused(Refusal):
    """The record is not, or no longer, in a state from which this move is allowed."""

    code = "move_refused"
    message = _("This step is not possible any more, because the state has changed in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


def move(record: models.Model, to: str, *, actor: Actor, because: str, subject: UUID | None = None, **values: Any) -> Entry:
    """Take the record to another state: lock its row, look again, ask its model's `MOVES`, save, and write down its `MOVED`.

    It is one statement for the row, and `values` are saved with the state by the same one. The record is as the row then is, so other
    unsaved changes to it are lost. Of two movers at once one has its way and the other is refused. Needs the caller's transaction.
    """
    demand_transaction()
    for name, value in values.items():
        setattr(record, name, value)
    stateful: Any = record
    origins = [str(was) for was, onward in stateful.MOVES.items() if to in onward]
    stateful.state = to
    was = _moved(record, ["state", *values], origins)
    return write_down(stateful.MOVED, actor=actor, about=record, subject=subject, was=was, now=str(to), because=because)


def _moved(record: models.Model, names: list[str], origins: list[str]) -> str:
    """Save these fields where the row is in one of these states, and take over the row as it then is. Returns the state it had."""
    fields: list[Any] = [record._meta.get_field(name) for name in names]
    database = record._state.db or "default"
    saved = [field.get_db_prep_save(field.pre_save(record, add=False), connections[database]) for field in fields]
    statement = _statement(type(record), tuple(field.column for field in fields))
    moved = loaded(type(record), statement, [*saved, record.pk, origins], using=database)
    if not moved:
        record.refresh_from_db()
        raise MoveRefused
    ((row, (was,)),) = moved
    take_over(record, row)
    return str(was)


@cache
def _statement(model: type[models.Model], columns: tuple[str, ...]) -> str:
    # The inner look waits for whoever holds the row and sees what they left, so one statement both looks again and saves.
    table, key = f'"{model._meta.db_table}"', f'"{model._meta.pk.column}"'
    sets = ", ".join(f'"{column}" = %s' for column in columns)
    return (
        f"UPDATE {table} SET {sets}"  # noqa: S608  # names of our own
        f" FROM (SELECT {key} AS held, state AS was FROM {table} WHERE {key} = %s FOR UPDATE) AS before"
        f" WHERE {table}.{key} = before.held AND before.was = ANY(%s) RETURNING {columns_of(model)}, before.was"
    )
