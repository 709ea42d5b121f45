"""Prices: exact, whole, the same for everybody who is the same, and refused in plain words."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from besttrav.catalogue import rating
from besttrav.catalogue.offer import Offer
from besttrav.catalogue.rating import Loading, Quote, Traveller, Trip, Unpriced
from besttrav.catalogue.text import Text
from besttrav.kernel.money import Money
from tests.catalogue.shelf import SLUGS, START, aged, days_from, offer_of

WHY = Text("理由", "a reason")


@st.composite
def offers_and_trips(draw: st.DrawFn) -> tuple[Offer, Trip]:
    """Any product, plan, area and length it has."""
    offer = offer_of(draw(st.sampled_from(SLUGS)))
    plan, area = draw(st.sampled_from(offer.plans)).code, draw(st.sampled_from(offer.areas)).code
    duration = draw(st.sampled_from(offer.durations))
    if duration.is_annual:
        return offer, Trip(plan, START, area=area, is_annual=True)
    return offer, days_from(draw(st.integers(duration.first, duration.last)), plan, area)


@st.composite
def people_of(draw: st.DrawFn, offer: Offer, least: int = 1) -> list[Traveller]:
    codes = [one.code for one in offer.occupations if offer.class_of(one)] or [""]
    one = st.builds(Traveller, age=st.integers(offer.youngest, offer.oldest), occupation=st.sampled_from(codes))
    return draw(st.lists(one, min_size=least, max_size=6))


loadings = st.dictionaries(
    st.integers(1, 6), st.lists(st.integers(1, 100).map(lambda percent: Loading("x", percent, WHY)), min_size=1, max_size=2), max_size=3
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_lines_add_up_to_the_premium_and_premiums_to_the_total(data: st.DataObject) -> None:
    offer, trip = data.draw(offers_and_trips())
    people, more = data.draw(people_of(offer)), data.draw(loadings)
    quote = rating.price(offer, trip, people, more)
    for person in quote.people:
        assert sum(line.amount.fen for line in person.lines) == person.premium.fen > 0
    assert sum(person.premium.fen for person in quote.people) == quote.total.fen


factors = st.integers(101, 9999).map(lambda thousandths: Decimal(thousandths) / 1000)


@given(factors, factors, st.integers(1, 99), st.integers(1, 100_000))
@settings(max_examples=150, deadline=None)
def test_a_premium_is_the_exact_product_rounded_once(age: Decimal, occupation: Decimal, percent: int, base: int) -> None:
    whole = offer_of("annual-accident")
    offer = replace(
        whole,
        ages=(replace(whole.ages[0], factor=age),),
        occupation_classes=(replace(whole.occupation_classes[0], factor=occupation),),
        rates=tuple(replace(rate, premium=Money(base)) for rate in whole.rates),
    )
    more = {1: (Loading("x", percent, WHY),)}
    quote = rating.price(offer, Trip("p1", START, is_annual=True), [Traveller(age=30, occupation="office")], more)
    exact = base * age * occupation * (100 + percent) / 100
    assert quote.total.fen == int(exact.to_integral_value(ROUND_HALF_UP))
    assert sum(line.amount.fen for line in quote.people[0].lines) == quote.total.fen


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_order_of_people_changes_nothing_but_their_positions(data: st.DataObject) -> None:
    offer, trip = data.draw(offers_and_trips())
    people = data.draw(people_of(offer, least=2))
    shuffled = data.draw(st.permutations(people))
    one, other = rating.price(offer, trip, people), rating.price(offer, trip, shuffled)
    assert one.total == other.total
    assert sorted(person.premium.fen for person in one.people) == sorted(person.premium.fen for person in other.people)
    assert [person.position for person in other.people] == list(range(1, len(people) + 1))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_one_more_day_never_costs_less_where_the_product_says_so(data: st.DataObject) -> None:
    offer, trip = data.draw(offers_and_trips())
    if trip.is_annual or trip.days == offer.longest:
        return
    assert offer.grows_with_days
    people = data.draw(people_of(offer))
    longer = days_from(trip.days + 1, trip.plan, trip.area)
    assert rating.price(offer, trip, people).total <= rating.price(offer, longer, people).total


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_more_cover_never_costs_less_where_the_product_says_so(data: st.DataObject) -> None:
    offer, trip = data.draw(offers_and_trips())
    assert offer.grows_with_cover
    people = data.draw(people_of(offer))
    totals = []
    for plan in offer.plans:
        same = Trip(plan.code, trip.first_day, trip.last_day, trip.area, trip.is_annual)
        totals.append(rating.price(offer, same, people).total)
    assert totals == sorted(totals)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_float_is_anywhere_in_a_quote(data: st.DataObject) -> None:
    offer, trip = data.draw(offers_and_trips())
    quote = rating.price(offer, trip, data.draw(people_of(offer)), data.draw(loadings))
    assert _floats(quote) == []


def _floats(quote: Quote) -> list[Any]:
    values: list[Any] = [quote.total.fen]
    for person in quote.people:
        values += [person.premium.fen, person.age]
        for line in person.lines:
            values += [line.amount.fen, line.factor, *line.values.values()]
    return [value for value in values if isinstance(value, float)]


def test_a_trip_without_an_area_takes_the_narrowest_that_covers_it() -> None:
    offer = offer_of("outbound")
    areas = {
        where: rating.price(offer, days_from(5, "two", destinations=where), aged(30)).area.code
        for where in (("JP",), ("JP", "HK"), ("FR",), ("FR", "JP"), ("US", "FR"))
    }
    assert list(areas.values()) == ["asia", "asia", "world_less", "world", "world"]


def test_birthdays_count_on_the_first_day_of_cover() -> None:
    offer, born = offer_of("outbound"), date(START.year - 61, START.month, START.day)
    people = [Traveller(born=born), Traveller(born=born + timedelta(days=1))]
    quote = rating.price(offer, days_from(8, "two", "asia"), people)
    assert [(person.age, str(person.premium)) for person in quote.people] == [(61, "94.50"), (60, "63.00")]
    assert [(remark.code, remark.position) for remark in quote.remarks] == [("birthday_inside", 2)]
    assert "61" in quote.remarks[0].says.zh


def test_a_birthday_that_changes_nothing_is_not_talked_about() -> None:
    born = date(START.year - 30, START.month, START.day + 3)
    assert rating.price(offer_of("outbound"), days_from(8, "two", "asia"), [Traveller(born=born)]).remarks == ()


def test_somebody_born_on_a_leap_day_has_a_birthday_on_the_first_of_march() -> None:
    leap = Traveller(born=date(2008, 2, 29))
    assert [leap.age_on(day) for day in (date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 28), date(2028, 2, 29))] == [17, 18, 19, 20]


def test_a_date_of_birth_is_not_in_what_a_traveller_prints() -> None:
    assert "1990" not in repr(Traveller(born=date(1990, 5, 4)))


def test_somebody_without_age_and_date_of_birth_is_a_mistake_and_not_a_baby() -> None:
    with pytest.raises(ValueError, match="age or a date of birth"):
        rating.price(offer_of("outbound"), days_from(8, "two", "asia"), [Traveller()])


def test_a_country_that_is_none_is_covered_nowhere() -> None:
    with pytest.raises(Unpriced) as refused:
        rating.price(offer_of("outbound"), days_from(8, "two", "world", destinations=("XX",)), aged(30))
    assert [reason.code for reason in refused.value.reasons] == ["area_not_offered"]


def test_every_reason_is_told_at_once_and_names_the_person_by_position() -> None:
    with pytest.raises(Unpriced) as refused:
        rating.price(offer_of("outbound"), days_from(184, "two", "asia"), aged(30, 86, 3))
    told = [(reason.code, reason.position) for reason in refused.value.reasons]
    assert told == [("too_long", None), ("too_old", 2)]
    assert refused.value.reasons[1].says == Text(
        "第 2 位被保险人：起保日 86 周岁，这款产品承保 0–85 周岁。",
        "Insured person 2: Aged 86 on the first day; this product takes ages 0 to 85.",
    )


def test_a_traveller_of_no_known_occupation_is_priced_for_the_first_class_and_that_is_said() -> None:
    quote = rating.price(offer_of("annual-accident"), Trip("p1", START, is_annual=True), aged(30))
    assert (str(quote.total), [remark.code for remark in quote.remarks]) == ("200.00", ["occupation_assumed"])


def test_the_lines_say_in_both_languages_what_they_are() -> None:
    quote = rating.price(offer_of("outbound"), days_from(8, "two", "asia"), aged(66))
    base, age = quote.people[0].lines
    assert (base.says, base.amount) == (Text("计划二，亚洲，8 天", "Plan 2, Asia, 8 days"), Money(6300))
    assert (age.says, age.amount) == (Text("66 周岁，× 1.5", "Age 66, × 1.5"), Money(3150))
