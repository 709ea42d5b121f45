"""Each invariant notices what it is there for. Rows are broken by hand, and constraints that would stop it are lifted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from besttrav.insurers import operations
from besttrav.insurers.models import Exchange, InboxItem, Kind
from besttrav.kernel import clock
from tests.insurance import InsurerSimulators, Later
from tests.insurers.test_exchanges import Sale, broken


@pytest.fixture
def sale(insurers: InsurerSimulators, later: Later) -> Sale:
    sale = Sale("heyan")
    sale.work()
    assert broken() == {}
    return sale


def break_rows(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def lift(*constraints: str) -> None:
    break_rows("SET CONSTRAINTS ALL IMMEDIATE")  # A table with checks still to come cannot be altered.
    for name in constraints:
        break_rows(f"ALTER TABLE insurers_exchange DROP CONSTRAINT {name}")


def test_two_submissions_of_one_version_are_noticed(sale: Sale) -> None:
    lift("insurers_one_intention")
    other = Sale("heyan")
    break_rows("UPDATE insurers_exchange SET contract = %s WHERE id = %s", sale.exchange.contract, other.exchange.id)

    assert list(broken()) == ["one_policy_per_contract_version"]


def test_one_policy_under_two_contracts_is_noticed(sale: Sale, insurers: InsurerSimulators) -> None:
    break_rows("DROP INDEX insurers_one_policy")
    other = Sale("songhe")
    other.work()
    break_rows("UPDATE insurers_exchange SET insurer = 'heyan', policy_number = %s", sale.exchange.policy_number)

    assert list(broken()) == ["one_policy_per_contract_version"]


def test_a_submission_given_up_and_not_withdrawn_is_noticed(sale: Sale) -> None:
    other = Sale("heyan", minutes=1)
    Exchange.objects.filter(id=other.exchange.id).update(left_at=clock.now())
    operations.give_up(exchange=other.exchange, actor=operations.CALLER, because="deadline")
    assert broken() == {}
    Exchange.objects.filter(kind=Kind.WITHDRAW).delete()

    assert list(broken()) == ["what_was_given_up_is_withdrawn"]


def test_a_policy_without_a_number_is_noticed(sale: Sale) -> None:
    lift("insurers_issued_has_policy")
    Exchange.objects.filter(id=sale.exchange.id).update(policy_number="")

    assert list(broken()) == ["what_left_was_counted_and_what_was_issued_has_its_policy"]


@pytest.mark.parametrize("state", ["planned", "given_up"])
def test_a_state_that_no_entry_tells_of_is_noticed(sale: Sale, state: str) -> None:
    # No ORM: only `move` may do this in the product.
    break_rows(
        "UPDATE insurers_exchange SET state = %s, left_at = NULL, next_try_at = %s, deadline_at = %s WHERE id = %s",
        *(state, clock.now(), clock.now() + timedelta(hours=1), sale.exchange.id),
    )

    assert list(broken()) == ["every_history_is_a_path_of_the_moves"]


def test_what_nobody_will_look_at_again_is_noticed(insurers: InsurerSimulators) -> None:
    stuck = Sale("heyan")
    Exchange.objects.filter(id=stuck.exchange.id).update(next_try_at=stuck.exchange.deadline_at + timedelta(hours=1))

    assert list(broken()) == ["nothing_that_runs_is_stuck"]


def test_what_is_long_past_its_deadline_is_noticed(insurers: InsurerSimulators, later: Later) -> None:
    Sale("heyan", minutes=1)
    later(17 * 60)

    assert list(broken()) == ["nothing_that_runs_is_stuck"]


def test_a_callback_that_lost_its_job_is_noticed(sale: Sale) -> None:
    InboxItem.objects.create(insurer="heyan", event_id="12345678", number=sale.exchange.number)

    assert list(broken()) == ["every_callback_is_handled_or_has_a_job"]
