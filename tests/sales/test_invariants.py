"""Each invariant of a sale notices what it is there for. Rows are broken by hand, and put back as they were."""

from uuid import UUID

import pytest
from django.db import connection, transaction

from besttrav.policies.models import Party
from besttrav.privacy import files
from besttrav.privacy.invariants import violations
from besttrav.sales.models import Order
from tests.sales.shop import Shop

P2, K15, P1 = (
    "nothing_left_before_it_was_paid_and_permitted",
    "nobody_is_insured_on_their_death_without_agreeing",
    "an_issued_order_has_its_policy_and_no_other_has",
)
ASKED = (P2, K15, P1)


@pytest.fixture
def order(shop: Shop) -> Order:
    order = shop.ordered()
    shop.paid(order)
    shop.work()
    assert found() == set()
    return order


def found() -> set[str]:
    return set(violations(but=["the_journal_verifies"])) & set(ASKED)


def noticed(statement: str, *values: UUID) -> set[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("privacy_consentevent", "privacy_sharing", "policies_policytransaction"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        told = found()
        transaction.set_rollback(True)
    return told


def test_what_is_wrong_with_a_sale_is_noticed(order: Order) -> None:
    spouse = Party.objects.get(contract=order.application.contract, relation="spouse")
    subject = files.subjects_of([spouse.person])[spouse.person]
    assert noticed("DELETE FROM privacy_consentevent WHERE code = 'K02' AND subject = %s", subject) == {P2}
    assert noticed("UPDATE privacy_consentevent SET detail = 'songhe' WHERE code = 'K05'") == {P2}
    assert noticed("UPDATE privacy_consentevent SET result = 'refused' WHERE code = 'K05' AND subject = %s", subject) == {P2}
    assert noticed("DELETE FROM privacy_consentevent WHERE code = 'K15'") == {K15}
    assert noticed("DELETE FROM privacy_sharing") == {P2}
    assert noticed("UPDATE sales_order SET paid_at = NULL") == {P2}
    assert noticed("UPDATE sales_order SET state = 'refunded'") == {P1}
    assert noticed("UPDATE payments_payment SET state = 'returned'") == {P1}
    assert noticed("UPDATE policies_policytransaction SET number = 2") == {P1}
