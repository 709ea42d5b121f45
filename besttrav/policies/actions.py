"""What this room writes into the journal."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

ISSUED = action("policies.issued", Stream.BUSINESS, _("Policy issued"), fen=Fact.FEN, insurer=Fact.CODE)
POLICY_MOVED = moving("policies.policy_moved", Stream.BUSINESS, _("Policy moved on"))
DOCUMENT_KEPT = action("policies.document_kept", Stream.BUSINESS, _("Paper of a policy checked and kept"), kind=Fact.CODE)
DOCUMENT_SERVED = action("policies.document_served", Stream.BUSINESS, _("Paper of a policy handed over"), kind=Fact.CODE)
COMPARED = action("policies.compared", Stream.SECURITY, _("Paper compared with a typed name and number"), fits=Fact.FLAG)
