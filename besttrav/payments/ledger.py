"""The double entry: every movement of money has a debit and a credit over the same fen, is written once, and stays.

The database refuses a posting that does not balance, when its transaction commits, and any change to one: see migration 0002.
"""

from django.db import connection
from django.db.models import Sum

from besttrav.kernel.money import Money
from besttrav.payments.accounts import Account
from besttrav.payments.models import Line, Payment, Posting


def post(key: str, *, debit: Account, credit: Account, amount: Money, payment: Payment | None = None) -> Posting:
    """Move an amount in the caller's transaction. `key` names the effect, and a second posting under it is refused by the database."""
    if not connection.in_atomic_block:
        raise RuntimeError("a posting is written in the transaction of what it tells about")
    if amount.fen <= 0:
        raise ValueError("a movement is over more than nothing; the other way round is another debit")
    posting = Posting.objects.create(key=key, payment=payment)
    Line.objects.bulk_create([Line(posting=posting, account=debit, fen=amount.fen), Line(posting=posting, account=credit, fen=-amount.fen)])
    return posting


def balance(account: Account, *, payment: Payment | None = None) -> Money:
    """What stands in an account, of one payment or of all: a debit balance is positive."""
    lines = Line.objects.filter(account=account)
    if payment is not None:
        lines = lines.filter(posting__payment=payment)
    return Money(lines.aggregate(fen=Sum("fen"))["fen"] or 0)
