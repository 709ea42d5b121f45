"""Each thing that must be true of surrenders is missed when it is not: what is written past us is told of."""

from django.db import connection, transaction

from besttrav.privacy.invariants import names, violations
from tests.insurance import Later
from tests.policies.giving_up import assert_whole, bought
from tests.sales.shop import Shop

AGO = "now() - interval '4 hours'"
WRITTEN_PAST_US = [
    ("a_policy_that_was_given_up_has_its_transaction_and_its_decision", "UPDATE policies_policy SET state = 'stands'"),
    ("a_policy_that_was_given_up_has_its_transaction_and_its_decision", "UPDATE policies_surrender SET exchange = NULL"),
    (
        "a_policy_that_was_given_up_has_its_transaction_and_its_decision",
        "UPDATE insurers_exchange SET state = 'rejected' WHERE kind = 'cancel'",
    ),
    ("what_goes_back_of_a_policy_is_what_was_confirmed", "UPDATE policies_surrender SET state = 'at_insurer'"),
    ("what_goes_back_of_a_policy_is_what_was_confirmed", "UPDATE payments_refund SET amount_fen = amount_fen - 1"),
    ("what_goes_back_of_a_policy_is_what_was_confirmed", "UPDATE payments_refund SET decision = gen_random_uuid()"),
    ("what_goes_back_of_a_policy_is_what_was_confirmed", "UPDATE policies_surrender SET value_fen = value_fen + 1, fee_fen = fee_fen + 1"),
    ("what_goes_back_of_a_policy_is_what_was_confirmed", "UPDATE payments_payment SET refunded_fen = refunded_fen - 1"),
    ("every_surrender_moved_along_its_table", "UPDATE policies_surrender SET state = 'cancelled'"),
    (
        "nothing_given_up_is_stuck",
        f"UPDATE insurers_exchange SET settled_at = {AGO}; UPDATE policies_surrender SET state = 'at_insurer'",
    ),
    (
        "nothing_given_up_is_stuck",
        f"UPDATE payments_refund SET done_at = {AGO}; UPDATE policies_surrender SET state = 'cancelled', cancelled_at = {AGO}",
    ),
]


def test_what_is_written_past_us_is_missed(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    it.follow(it.asked())
    assert_whole()
    for name, statement in WRITTEN_PAST_US:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            told = violations(but=[other for other in names() if other != name])
            transaction.set_rollback(True)
        assert told.keys() == {name}, statement
    assert_whole()
