"""What this room writes into the journal: codes, amounts and random ids."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

STARTED = action("sales.started", Stream.BUSINESS, _("Application begun"), product=Fact.CODE)
CHANGED = action("sales.changed", Stream.BUSINESS, _("Application filled in"), what=Fact.CODE, revision=Fact.COUNT)
CONFIRMED = action("sales.confirmed", Stream.BUSINESS, _("Paper read and confirmed"), paper=Fact.CODE, text=Fact.DIGEST)
CONSENTED = action("sales.consented", Stream.BUSINESS, _("Consents of an application given"), codes=Fact.CODES)
SIGNED = action("sales.signed", Stream.BUSINESS, _("Application signed"), way=Fact.CODE)
DECIDED = action("sales.decided", Stream.BUSINESS, _("Application decided by rule"), outcome=Fact.CODE)
HUMAN_ASKED = action("sales.human_asked", Stream.RIGHTS, _("A person asked for a human to look at an automatic decision"))
APPLICATION_MOVED = moving("sales.application_moved", Stream.BUSINESS, _("Application moved on"))
ORDERED = action("sales.ordered", Stream.BUSINESS, _("Order written"), fen=Fact.FEN)
ORDER_MOVED = moving("sales.order_moved", Stream.BUSINESS, _("Order moved on"))
NOTICE_MADE = action("sales.notice_made", Stream.RIGHTS, _("Insured person told of the contract"), way=Fact.CODE)
NOTICE_OPENED = action("sales.notice_opened", Stream.RIGHTS, _("Insured person opened the notice"))
NOTICE_MOVED = moving("sales.notice_moved", Stream.RIGHTS, _("Insured person objected"))
ATTENDED = action(
    "sales.attended", Stream.BUSINESS, _("Staff asked for: %(did)s, because: %(why)s, case %(case)s"),
    did=Fact.CODE, why=Fact.CODE, case=Fact.CODE,
)  # fmt: skip
FOUND = action("sales.found", Stream.SECURITY, _("Order found again by number and phone"), papers=Fact.FLAG)
JOINED = action("sales.joined", Stream.RIGHTS, _("Order joined to an account"))
