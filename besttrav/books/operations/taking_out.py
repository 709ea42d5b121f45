"""What leaves as a spreadsheet, and who took it."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from besttrav.books import actions, queries, spreadsheet
from besttrav.books.models import Run
from besttrav.books.spreadsheet import Cell
from besttrav.journal.operations import record
from besttrav.kernel.actors import Actor
from besttrav.payments.accounts import Account


def export_run(*, run: Run, actor: Actor) -> Iterator[bytes]:
    """Every entry of a run, one line each, with the order it leads to. That it was taken out is written down first."""
    entries = list(queries.entries_of(run))
    orders = queries.order_numbers(entry.payment.order_id for entry in entries if entry.payment)
    with transaction.atomic():
        record(actions.EXPORTED, about=run, actor=actor, what=run.kind, rows=len(entries))
    head = [_("Policy number"), _("What"), _("Day"), _("Premium, yuan"), _("Commission, yuan"), _("Order"), _("Run")]
    rows: Iterator[list[Cell]] = (
        [
            entry.policy.number, str(entry.get_kind_display()), entry.day, entry.premium, entry.commission,
            orders.get(entry.payment.order_id, "") if entry.payment else "", run.number,
        ]
        for entry in entries
    )  # fmt: skip
    return spreadsheet.written(head, rows)


def export_account(*, account: Account, actor: Actor) -> Iterator[bytes]:
    """The newest movements of an account, as many as a spreadsheet takes at ease."""
    found = queries.movements(account, limit=MOST_ROWS)
    with transaction.atomic():
        record(actions.EXPORTED, actor=actor, what=account.value, rows=len(found))
    head = [_("When"), _("What"), _("Debit, yuan"), _("Credit, yuan"), _("Order"), _("Run"), _("Posting")]
    rows: Iterator[list[Cell]] = (
        [
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.what, one.amount if one.line.fen > 0 else None, -one.amount if one.line.fen < 0 else None,
            one.order, one.run.number if one.run else "", one.line.posting.key,
        ]
        for one in found
    )  # fmt: skip
    return spreadsheet.written(head, rows)


MOST_ROWS = 50_000
