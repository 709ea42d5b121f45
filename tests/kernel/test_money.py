"""Money: whole fen, one rounding by name, nothing lost in a split."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel.money import ZERO, Money, Rounding

FEN = st.integers(min_value=-(10**15), max_value=10**15)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize("amount", [1.0, True, False, "100", Decimal("1"), None])
def test_only_an_integer_is_an_amount_of_fen(amount: object) -> None:
    with pytest.raises(TypeError, match="integer"):
        Money(amount)  # type: ignore[arg-type] # the refusal is what is tested


@pytest.mark.parametrize("factor", [1.5, True, Decimal(2)])
def test_money_is_multiplied_by_whole_counts_only(factor: object) -> None:
    with pytest.raises(TypeError, match="integer"):
        Money(100) * factor  # type: ignore[operator] # the refusal is what is tested


@pytest.mark.parametrize("amount", [0.1, 12, True, "12"])
def test_yuan_come_as_decimal_only(amount: object) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        Money.yuan(amount, Rounding.HALF_UP)  # type: ignore[arg-type] # the refusal is what is tested


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_money(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money.yuan(Decimal(amount), Rounding.DOWN)


@pytest.mark.parametrize(
    ("rounding", "rounded"),
    [
        (Rounding.HALF_UP, [13, 14, 13, -13, -14]),
        (Rounding.HALF_EVEN, [12, 14, 13, -12, -14]),
        (Rounding.DOWN, [12, 13, 12, -12, -13]),
        (Rounding.UP, [13, 14, 13, -13, -14]),
    ],
)
def test_each_rounding_does_what_its_name_says(rounding: Rounding, rounded: list[int]) -> None:
    amounts = ["0.125", "0.135", "0.1251", "-0.125", "-0.135"]
    assert [Money.yuan(Decimal(amount), rounding).fen for amount in amounts] == rounded


def test_a_long_fraction_is_rounded_once_and_not_twice() -> None:
    just_below_half = Decimal("0.00499999999999999999999999999999999999")
    assert Money.yuan(just_below_half, Rounding.HALF_UP) == ZERO
    assert Money(1).times(Decimal("0.4999999999999999999999999999999999999"), Rounding.HALF_UP) == ZERO


def test_a_rate_is_applied_with_a_named_rounding() -> None:
    assert Money(12_345).times(Decimal("0.15"), Rounding.HALF_UP) == Money(1852)
    assert Money(12_345).times(Decimal("0.15"), Rounding.DOWN) == Money(1851)


@given(FEN, FEN)
def test_sums_and_differences_are_those_of_the_fen(one: int, other: int) -> None:
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert (Money(one) < Money(other)) == (one < other)
    assert sum([Money(one), Money(other)], ZERO) == Money(one + other)
    assert 3 * Money(one) == Money(one) * 3 == Money(one * 3)
    assert abs(-Money(one)) == Money(abs(one))


def test_money_does_not_mix_with_bare_numbers() -> None:
    with pytest.raises(TypeError):
        Money(1) + 1  # type: ignore[operator] # the refusal is what is tested
    with pytest.raises(TypeError):
        Money(1) - 1  # type: ignore[operator] # the refusal is what is tested
    bare: object = 1
    assert Money(1) != bare


@given(FEN, WEIGHTS)
def test_a_split_loses_and_invents_no_fen(fen: int, weights: list[int]) -> None:
    parts = Money(fen).allocate(weights)
    assert sum(parts, ZERO) == Money(fen)
    assert Money(-fen).allocate(weights) == [-part for part in parts]
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.fen * sum(weights) - fen * weight) < sum(weights), "no part is a whole fen away from its share"
        assert weight or not part, "what weighs nothing gets nothing"


def test_left_over_fen_go_to_the_largest_remainders_and_then_to_the_earlier() -> None:
    assert Money(100).allocate([1, 1, 1]) == [Money(34), Money(33), Money(33)]
    assert Money(5).allocate([3, 7]) == [Money(2), Money(3)]
    assert Money(10).allocate([1, 5, 6]) == [Money(1), Money(4), Money(5)]


@pytest.mark.parametrize(
    ("weights", "error"), [([], ValueError), ([0, 0], ValueError), ([1, -1], ValueError), ([0.5], TypeError), ([True], TypeError)]
)
def test_a_split_needs_weights_that_weigh_something(weights: list[int], error: type[Exception]) -> None:
    with pytest.raises(error):
        Money(100).allocate(weights)


@pytest.mark.parametrize(
    ("fen", "text"), [(123_450, "1,234.50"), (0, "0.00"), (7, "0.07"), (-7, "-0.07"), (-123_456_789, "-1,234,567.89"), (100, "1.00")]
)
def test_money_reads_as_on_chinese_papers(fen: int, text: str) -> None:
    assert str(Money(fen)) == text


def test_nothing_is_false_and_something_is_true() -> None:
    assert not ZERO
    assert Money(-1)
