"""The double entry: every movement of money has a debit and a credit over the same fen, is written once, and stays.

The database refuses a posting that does not balance, when its transaction commits, and any change to one: see migration 0002.
"""

from typing import Any

from django.db import connection

from besttrav.kernel.money import Money
from besttrav.kernel.statements import straight
from besttrav.payments.accounts import Account
from besttrav.payments.models import Payment, Posting


def post(key: str, *, debit: Account, credit: Account, amount: Money, payment: Payment | None = None) -> Posting:
    """Move an amount in the caller's transaction. `key` names the effect, and a second posting under it is refused by the database."""
    if not connection.in_atomic_block:
        raise RuntimeError("a posting is written in the transaction of what it tells about")
    if amount.fen <= 0:
        raise ValueError("a movement is over more than nothing; the other way round is another debit")
    posting = Posting(key=key, payment=payment)
    values: list[Any] = [posting.id, key, payment and payment.id, posting.at, [debit, credit], [amount.fen, -amount.fen]]
    straight(connection, _POST, values)
    posting._state.adding = False
    return posting


_POST = """
    WITH posting AS (INSERT INTO payments_posting (id, key, payment_id, at) VALUES (%s, %s, %s, %s) RETURNING id)
    INSERT INTO payments_line (posting_id, account, fen)
    SELECT posting.id, side.account, side.fen FROM posting, unnest(%s::text[], %s::bigint[]) AS side (account, fen)
"""


def balance(account: Account, *, payment: Payment | None = None) -> Money:
    """What stands in an account, of one payment or of all: a debit balance is positive."""
    ((fen,),) = straight(connection, _BALANCE_OF if payment else _BALANCE, [account.value, payment.pk] if payment else [account.value])
    return Money(int(fen))


_BALANCE = "SELECT coalesce(sum(line.fen), 0) FROM payments_line line WHERE line.account = %s"
_BALANCE_OF = """
    SELECT coalesce(sum(line.fen), 0) FROM payments_line line JOIN payments_posting posting ON posting.id = line.posting_id
     WHERE line.account = %s AND posting.payment_id = %s
"""
