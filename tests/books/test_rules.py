"""Commission rules: two people, no two for one sale, and the database says so as well."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from besttrav.books import operations as books
from besttrav.books.models import Rule, RuleState
from besttrav.payments.operations import SecondPersonNeeded
from tests.books.conftest import SECOND, YEAR, proposed, ruled, version, violations
from tests.payments.conftest import CLERK


def test_whoever_proposes_a_rule_cannot_confirm_it(db: None) -> None:
    rule = proposed(**YEAR)
    with pytest.raises(SecondPersonNeeded):
        books.confirm_rule(rule=rule, is_right=True, actor=CLERK)
    books.confirm_rule(rule=rule, is_right=True, actor=SECOND)
    assert rule.state == RuleState.IN_FORCE
    with pytest.raises(books.NothingProposed):
        books.confirm_rule(rule=rule, is_right=False, actor=SECOND)
    assert violations() == {}


@pytest.mark.parametrize(
    "days", [(date(2026, 12, 31), date(2027, 6, 30)), (date(2026, 3, 1), date(2026, 3, 1)), (date(2025, 1, 1), date(2027, 1, 1))]
)
def test_a_rule_whose_period_overlaps_another_is_refused_when_it_is_proposed_and_when_it_is_confirmed(
    db: None, days: tuple[date, date]
) -> None:
    first, last = days
    early = proposed(first_day=first, last_day=last)
    ruled(2_000, **YEAR)
    with pytest.raises(books.RuleOverlaps) as refused:
        proposed(first_day=first, last_day=last)
    assert "2026-01-01" in str(refused.value)
    with pytest.raises(books.RuleOverlaps):
        books.confirm_rule(rule=early, is_right=True, actor=SECOND)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.filter(pk=early.pk).update(state="in_force", confirmed_by=SECOND.id)


def test_another_product_partner_insurer_or_year_is_no_overlap(db: None) -> None:
    version()
    ruled(2_000, **YEAR)
    others: list[dict[str, Any]] = [{"product": "outbound"}, {"partner": "trailhead"}, {"insurer": "songhe"}]
    years = [{"first_day": date(2027, 1, 1), "last_day": date(2027, 1, 1)}, {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}]
    for wishes in [*others, *years]:
        books.confirm_rule(rule=proposed(**YEAR | wishes), is_right=True, actor=SECOND)
    assert violations() == {}


def test_a_rule_that_is_turned_down_leaves_its_days_free_and_one_for_an_unknown_product_is_refused(db: None) -> None:
    books.confirm_rule(rule=proposed(**YEAR), is_right=False, actor=CLERK)
    ruled(2_000, **YEAR)
    with pytest.raises(books.UnknownProduct):
        proposed(product="elsewhere")
