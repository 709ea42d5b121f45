"""What this room writes into the journal."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

ISSUED = action("policies.issued", Stream.BUSINESS, _("Policy issued"), fen=Fact.FEN, insurer=Fact.CODE)
POLICY_MOVED = moving("policies.policy_moved", Stream.BUSINESS, _("Policy moved on"))
SURRENDER_ASKED = action(
    "policies.surrender_asked", Stream.BUSINESS, _("Surrender asked for, and the figures confirmed"),
    reason=Fact.CODE, fen=Fact.FEN, figures=Fact.DIGEST,
)  # fmt: skip
SURRENDER_ATTENDED = action(
    "policies.surrender_attended", Stream.BUSINESS, _("Staff looked at a surrender: %(did)s, because: %(why)s, case %(case)s"),
    did=Fact.CODE, why=Fact.CODES, case=Fact.CODE,
)  # fmt: skip
SURRENDER_MOVED = moving("policies.surrender_moved", Stream.BUSINESS, _("Surrender moved on"))
SURRENDERED = action("policies.surrendered", Stream.BUSINESS, _("Policy surrendered"), fen=Fact.FEN, insurer=Fact.CODE)
DOCUMENT_KEPT = action("policies.document_kept", Stream.BUSINESS, _("Paper of a policy checked and kept"), kind=Fact.CODE)
DOCUMENT_SERVED = action("policies.document_served", Stream.BUSINESS, _("Paper of a policy handed over"), kind=Fact.CODE)
COMPARED = action("policies.compared", Stream.SECURITY, _("Paper compared with a typed name and number"), fits=Fact.FLAG)
