"""What this room writes into the journal: amounts, codes and random ids."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

ENTERED = action(
    "books.entered", Stream.BUSINESS, _("Policy entered in the books"), kind=Fact.CODE, fen=Fact.FEN, commission=Fact.FEN
)  # fmt: skip
ACCRUED = action("books.accrued", Stream.BUSINESS, _("Commission accrued afterwards"), commission=Fact.FEN)
RULE_PROPOSED = action(
    "books.rule_proposed", Stream.BUSINESS, _("Commission rule proposed"),
    insurer=Fact.CODE, product=Fact.CODE, partner=Fact.CODE, points=Fact.COUNT, rounding=Fact.CODE, first_day=Fact.DAY, last_day=Fact.DAY,
)  # fmt: skip
RULE_MOVED = moving("books.rule_moved", Stream.BUSINESS, _("Commission rule changed"))
STATEMENT_TAKEN = action(
    "books.statement_taken", Stream.BUSINESS, _("Statement of an insurer matched with our books"),
    insurer=Fact.CODE, first_day=Fact.DAY, last_day=Fact.DAY, lines=Fact.COUNT, differences=Fact.COUNT, digest=Fact.DIGEST,
)  # fmt: skip
RUN_PROPOSED = action(
    "books.run_proposed", Stream.BUSINESS, _("Settlement run proposed"), kind=Fact.CODE, party=Fact.CODE, until=Fact.DAY, fen=Fact.FEN
)  # fmt: skip
RUN_MOVED = moving("books.run_moved", Stream.BUSINESS, _("Settlement run changed"))
EXPORTED = action("books.exported", Stream.BUSINESS, _("Figures taken out as a spreadsheet"), what=Fact.CODE, rows=Fact.COUNT)
