"""Amounts of yuan as integer fen: added without loss, rounded once and by name, split without losing a fen."""

import decimal
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

# Wide enough for any amount and rate of ours; Inexact is trapped, so the named rounding is the only one there is.
_EXACT = decimal.Context(prec=80, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow])


class Rounding(Enum):
    """How the one rounding from Decimal to fen is done. Clauses and partner contracts name one of these."""

    HALF_UP = decimal.ROUND_HALF_UP
    HALF_EVEN = decimal.ROUND_HALF_EVEN
    DOWN = decimal.ROUND_DOWN
    UP = decimal.ROUND_UP


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in Chinese yuan, counted in whole fen. Floats and truth values are refused, other currencies do not exist.

    Add lists with `sum(amounts, ZERO)`.
    """

    fen: int

    def __post_init__(self) -> None:
        _refuse_unless_integer(self.fen, "an amount of fen")

    @classmethod
    def yuan(cls, amount: Decimal, rounding: Rounding) -> "Money":
        """The amount given in yuan, rounded to fen by name."""
        return cls(_whole(_product(amount, Decimal(100)), rounding))

    def times(self, rate: Decimal, rounding: Rounding) -> "Money":
        """This amount multiplied by a rate, a share or a factor, rounded to fen by name."""
        return Money(_whole(_product(Decimal(self.fen), rate), rounding))

    def allocate(self, weights: Sequence[int]) -> "list[Money]":
        """Split in proportion to the weights, in their order; the parts add up to this amount exactly.

        The fen left over go one by one to the largest remainders, the earlier first. A negative amount splits as its opposite does.
        """
        total = _total_of(weights)
        sign = -1 if self.fen < 0 else 1
        shares = [divmod(abs(self.fen) * weight, total) for weight in weights]
        parts = [whole for whole, _ in shares]
        by_remainder = sorted(range(len(shares)), key=lambda place: -shares[place][1])
        for place in by_remainder[: abs(self.fen) - sum(parts)]:
            parts[place] += 1
        return [Money(sign * part) for part in parts]

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen) if isinstance(other, Money) else NotImplemented

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen) if isinstance(other, Money) else NotImplemented

    def __mul__(self, count: int) -> "Money":
        _refuse_unless_integer(count, "a count")
        return Money(self.fen * count)

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __abs__(self) -> "Money":
        return Money(abs(self.fen))

    def __bool__(self) -> bool:
        return self.fen != 0

    def __str__(self) -> str:
        """As Chinese pages and papers write it: 1,234.50, without the sign of the currency."""
        whole, fen = divmod(abs(self.fen), 100)
        return f"{'-' if self.fen < 0 else ''}{whole:,}.{fen:02}"


def _refuse_unless_integer(value: object, what: str) -> None:
    if type(value) is not int:
        raise TypeError(f"{what} is an integer, not {type(value).__name__}")


def _product(amount: Decimal, factor: Decimal) -> Decimal:
    for value in (amount, factor):
        if not isinstance(value, Decimal):
            raise TypeError(f"money is calculated in Decimal, not {type(value).__name__}")
        if not value.is_finite():
            raise ValueError("money is a finite number")
    return _EXACT.multiply(amount, factor)


def _whole(fen: Decimal, rounding: Rounding) -> int:
    return int(fen.to_integral_value(rounding=rounding.value))


def _total_of(weights: Sequence[int]) -> int:
    for weight in weights:
        _refuse_unless_integer(weight, "a weight")
        if weight < 0:
            raise ValueError("a weight is not negative")
    total = sum(weights)
    if not total:
        raise ValueError("something must weigh more than nothing")
    return total


ZERO = Money(0)
