"""What this room writes into the journal: amounts, codes and random ids. `sales` follows CAPTURED and the two moves."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

BEGUN = action(
    "payments.begun", Stream.BUSINESS, _("Payment begun"), order=Fact.ID, channel=Fact.CODE, scene=Fact.CODE, fen=Fact.FEN
)  # fmt: skip
SUPERSEDED = action("payments.superseded", Stream.BUSINESS, _("Payment given up, to be closed at the channel"), why=Fact.CODE)
CAPTURED = action("payments.captured", Stream.BUSINESS, _("Payment received"), order=Fact.ID, fen=Fact.FEN)
UNAPPLIED = action("payments.unapplied", Stream.BUSINESS, _("Money received that belongs to no order"), why=Fact.CODE, fen=Fact.FEN)
PAYMENT_MOVED = moving("payments.payment_moved", Stream.BUSINESS, _("Payment changed"))
OWED = action("payments.owed", Stream.BUSINESS, _("Premium set aside for the insurer"), why=Fact.CODE, fen=Fact.FEN)

FEE_KEPT = action("payments.fee_kept", Stream.BUSINESS, _("Channel's fee kept of a premium that goes back"), fen=Fact.FEN)

REFUND_ASKED = action("payments.refund_asked", Stream.BUSINESS, _("Refund decided"), payment=Fact.ID, fen=Fact.FEN, why=Fact.CODE)
REFUND_MOVED = moving("payments.refund_moved", Stream.BUSINESS, _("Refund changed"))

NOTICED = action("payments.noticed", Stream.BUSINESS, _("Notice of a channel taken in"), channel=Fact.CODE, kind=Fact.CODE)
STRAY = action(
    "payments.stray", Stream.BUSINESS, _("Notice of a channel about a number that is not known here"), channel=Fact.CODE, fen=Fact.FEN
)
DIFFERENCE = action(
    "payments.difference_found", Stream.BUSINESS, _("A bill and our books differ"), channel=Fact.CODE, day=Fact.DAY, what=Fact.CODE
)  # fmt: skip
DIFFERENCE_MOVED = moving("payments.difference_moved", Stream.BUSINESS, _("Difference with a payment channel: how it was settled"))
PAID_BY_HAND = action(
    "payments.paid_by_hand", Stream.BUSINESS, _("Money paid back by hand, to be confirmed by a second person"),
    payment=Fact.ID, fen=Fact.FEN, why=Fact.CODE,
)  # fmt: skip
BILL_READ = action(
    "payments.bill_read", Stream.BUSINESS, _("Bill of a channel compared with our books"),
    channel=Fact.CODE, day=Fact.DAY, lines=Fact.COUNT, differences=Fact.COUNT,
)  # fmt: skip
