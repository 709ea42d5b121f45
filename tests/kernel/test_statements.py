"""Rows that are read, locked and written past the framework are the rows it would have read and written."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from besttrav.kernel import ids
from besttrav.kernel.statements import insert, insert_once, lock, reload, row_of, rows_of
from besttrav.policies.models import Policy, PolicyTransaction
from besttrav.sales.models import Application
from tests.sales.conftest import shop
from tests.sales.shop import Shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


@pytest.mark.parametrize("counted", [False, True], ids=["straight", "through Django, where somebody counts"])
def test_a_row_is_the_one_the_framework_reads(shop: Shop, counted: bool) -> None:
    application = shop.filled()
    expected = Application.objects.get(pk=application.pk)
    if counted:
        with CaptureQueriesContext(connection):
            found = row_of(Application, contract=application.contract)
    else:
        found = row_of(Application, contract=application.contract)
    assert found
    assert found == expected
    columns = [field.attname for field in Application._meta.concrete_fields]
    assert {name: found.__dict__[name] for name in columns} == {name: expected.__dict__[name] for name in columns}
    assert (found._state.adding, found._state.db) == (False, "default")
    assert found.destinations == ["JP"]
    assert found.groups == expected.groups


def test_rows_come_in_order_and_none_is_none(shop: Shop) -> None:
    policy = policy_of(shop)
    for number in (3, 2):
        insert(PolicyTransaction(policy=policy, number=number, kind="endorse", premium_fen=0))
    assert [one.number for one in rows_of(PolicyTransaction, policy=policy.pk, order_by="number")] == [1, 2, 3]
    assert [one.number for one in rows_of(PolicyTransaction, policy=policy.pk, order_by="-number")] == [3, 2, 1]
    assert rows_of(PolicyTransaction, policy=ids.new_id()) == []
    assert row_of(PolicyTransaction, policy=ids.new_id()) is None


def test_what_is_reloaded_is_as_it_now_stands_and_what_is_gone_says_so(shop: Shop) -> None:
    policy = policy_of(shop)
    Policy.objects.filter(pk=policy.pk).update(first_day=date(2031, 1, 2))
    policy.plan = "unsaved"
    reload(policy)
    assert (policy.first_day, policy.plan != "unsaved") == (date(2031, 1, 2), True)
    with pytest.raises(Policy.DoesNotExist):
        reload(Policy(pk=ids.new_id()))


def test_a_locked_row_is_nobody_elses_until_the_end(shop: Shop) -> None:
    policy = policy_of(shop)
    waited = threading.Event()

    def change() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                Policy.objects.filter(pk=policy.pk).update(plan="other")
        except OperationalError:
            waited.set()
        finally:
            connection.close()

    with transaction.atomic():
        lock(policy)
        other = threading.Thread(target=change)
        other.start()
        other.join()
    assert waited.is_set()


def test_a_row_is_inserted_whole_and_once(shop: Shop) -> None:
    policy = policy_of(shop)
    again = PolicyTransaction(policy=policy, number=1, kind="endorse", premium_fen=5)
    assert not insert_once(again)
    with pytest.raises(IntegrityError):
        insert(PolicyTransaction(policy=policy, number=1, kind="endorse", premium_fen=5))
    second = insert(PolicyTransaction(policy=policy, number=2, kind="endorse", premium_fen=5))
    assert PolicyTransaction.objects.get(pk=second.pk) == second


def policy_of(shop: Shop) -> Policy:
    order = shop.ordered()
    shop.paid(order)
    shop.work()
    return Policy.objects.get(contract=order.application.contract)
