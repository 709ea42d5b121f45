"""What this room writes into the journal. Never a name, a tax number or an address."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

REQUESTED = action("invoices.requested", Stream.BUSINESS, _("Invoice asked for"), fen=Fact.FEN, in_name_of=Fact.CODE)
DUE = action("invoices.due", Stream.BUSINESS, _("Invoice to be looked after: %(kind)s"), kind=Fact.CODE)
"""Somebody has to send, ask or fetch now."""

INVOICE_MOVED = moving("invoices.invoice_moved", Stream.BUSINESS, _("Invoice: state at whoever issues it"))
DIFFERED = action("invoices.differed", Stream.BUSINESS, _("Invoice says something else than was asked for"), fields=Fact.CODES)
SERVED = action("invoices.served", Stream.BUSINESS, _("Invoice handed over"), kind=Fact.CODE)
