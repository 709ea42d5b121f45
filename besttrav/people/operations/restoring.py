"""After a backup was restored: whoever was signed in comes in anew, and no code or proof from before works.

That none of them counts is decided wherever one is presented, so nobody slips in before this has run.
"""

from datetime import datetime

from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel.actors import Actor
from besttrav.people import actions
from besttrav.people.operations import codes, sessions


def sign_everybody_out(*, restored_at: datetime) -> None:
    """Close what was open before the restore. Safe to run twice."""
    with transaction.atomic():
        ended, closed = sessions.end_restored(before=restored_at), codes.end_restored(before=restored_at)
        if ended or closed:
            record(actions.RESTORE_FOLLOWED, actor=Actor.job("people.restoring"), subject=None, sessions=ended, codes=closed)
