"""What this room writes into the journal. Never a policy's people, never a word of what was sent."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

DUE = action("insurers.due", Stream.BUSINESS, _("Insurer to be called: %(kind)s, %(insurer)s"), kind=Fact.CODE, insurer=Fact.CODE)
"""Somebody has to act on the exchange now. Followed by the rooms above, which alone can build what is sent."""

WITHDRAWAL_DUE = action("insurers.withdrawal_due", Stream.BUSINESS, _("Submission to be taken back from %(insurer)s"), insurer=Fact.CODE)
"""The same for what this room does alone."""

EXCHANGE_MOVED = moving("insurers.exchange_moved", Stream.BUSINESS, _("Submission, cancellation or document: state at the insurer"))
DIFFERED = action("insurers.differed", Stream.BUSINESS, _("Insurer answered something else than it was sent"), fields=Fact.CODES)
ACCEPTED = action("insurers.accepted", Stream.BUSINESS, _("Policy accepted that differs where it harms nobody"), fields=Fact.CODES)
CALLED_BACK = action("insurers.called_back", Stream.BUSINESS, _("Callback of the insurer %(insurer)s taken"), insurer=Fact.CODE)
