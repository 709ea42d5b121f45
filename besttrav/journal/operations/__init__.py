"""The verbs of the journal: write down, write down aside, move a state; and for its own upkeep seal, make months, end months, heal."""

from besttrav.journal.operations.months import drop_expired, ensure_months
from besttrav.journal.operations.moving import MoveRefused, move
from besttrav.journal.operations.recording import Draft, record, record_all, record_aside, together
from besttrav.journal.operations.sealing import heal_ticks, seal

__all__ = [
    "Draft",
    "MoveRefused",
    "drop_expired",
    "ensure_months",
    "heal_ticks",
    "move",
    "record",
    "record_all",
    "record_aside",
    "seal",
    "together",
]
