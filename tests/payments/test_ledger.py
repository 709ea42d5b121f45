"""The ledger: balanced when the transaction commits, and never changed, whoever tries."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError, ProgrammingError

from besttrav.kernel.money import ZERO, Money
from besttrav.payments import ledger
from besttrav.payments.accounts import Account
from besttrav.payments.models import Line, Posting


def posted(key: str = "captured:1", fen: int = 500) -> Posting:
    return ledger.post(key, debit=Account.WECHAT_CLEARING, credit=Account.UNAPPLIED, amount=Money(fen))


def commit() -> None:
    """What a commit would look at, now: a test's transaction never commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_every_movement_has_two_sides() -> None:
    posted()
    posted("captured:2", 250)
    commit()

    assert ledger.balance(Account.WECHAT_CLEARING) == Money(750)
    assert ledger.balance(Account.UNAPPLIED) == Money(-750)
    assert sum(line.fen for line in Line.objects.all()) == 0


@pytest.mark.parametrize(
    "lines", [[], [(Account.FEES, 100)], [(Account.FEES, 100), (Account.UNAPPLIED, -99)], [(Account.FEES, 1), (Account.FEES, 1)]]
)
def test_what_does_not_balance_is_refused_at_the_commit(lines: list[tuple[Account, int]]) -> None:
    with transaction.atomic():
        posting = Posting.objects.create(key="odd")
        Line.objects.bulk_create([Line(posting=posting, account=account, fen=fen) for account, fen in lines])

        with pytest.raises(IntegrityError, match="add up to"):
            commit()
        transaction.set_rollback(True)


def test_a_line_cannot_be_added_to_a_posting_that_balances() -> None:
    posting = posted()
    commit()

    with pytest.raises(IntegrityError, match="3 lines"), transaction.atomic():
        Line.objects.create(posting=posting, account=Account.FEES, fen=1)
        commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_line SET fen = fen * 2",
        "UPDATE payments_posting SET key = 'other'",
        "DELETE FROM payments_line",
        "DELETE FROM payments_posting",
    ],
)
def test_nothing_is_changed_or_removed(statement: str) -> None:
    posted()
    commit()

    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ledger.balance(Account.WECHAT_CLEARING) == Money(500)


def test_one_effect_is_posted_once() -> None:
    posted()

    with pytest.raises(IntegrityError, match="unique"), transaction.atomic():
        posted()


def test_a_movement_over_nothing_is_a_mistake() -> None:
    for amount in (ZERO, Money(-1)):
        with pytest.raises(ValueError, match="more than nothing"):
            ledger.post("odd", debit=Account.FEES, credit=Account.UNAPPLIED, amount=amount)


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_without_a_transaction_nothing_is_posted() -> None:
    with pytest.raises(RuntimeError):
        posted()


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_real_commit_refuses_it_too() -> None:
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Line.objects.create(posting=Posting.objects.create(key="odd"), account=Account.FEES, fen=100)
    assert not Posting.objects.exists()
