"""What this room writes into the journal. Never a number, never a word of a message."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

PREPARED = action("contact.prepared", Stream.SECURITY, _("Message prepared"), template=Fact.CODE)
MESSAGE_MOVED = moving("contact.message_moved", Stream.SECURITY, _("Message handed over, settled or given up"))
