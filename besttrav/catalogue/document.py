"""Between frozen values and plain ones: how a product is written in TOML, and the canonical text a version is kept as.

Amounts stand in yuan in TOML, because people write it, and in fen in the canonical text. Whatever is unknown, missing or of another
type is refused with its place: `plans[2].name.en`.
"""

import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, cast

from besttrav.catalogue.offer import Benefit, Offer, Version
from besttrav.kernel.money import Money


class Malformed(ValueError):
    """A value is not what its place wants. Says the place and what is wrong."""

    def __init__(self, place: str, because: str) -> None:
        self.place = place
        self.because = because
        super().__init__(f"{place or 'the document'}: {because}")


def written(offer: Offer) -> str:
    """The canonical text of an offer: sorted keys, no spaces, amounts in fen. The version it is kept under is no part of it."""
    plain = _plain(replace(offer, version=Version()))
    del plain["version"]
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str, version: Version) -> Offer:
    """The offer a canonical text tells."""
    return replace(cast(Offer, build(Offer, json.loads(text), fen)), version=version)


def fen(value: object, place: str) -> Money:
    """An amount as the canonical text has it."""
    if type(value) is not int or value < 0:
        raise Malformed(place, "an amount is a whole number of fen")
    return Money(value)


def yuan(value: object, place: str) -> Money:
    """An amount as people write it: 300_000 or "1.50"."""
    try:
        amount = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")):
        raise Malformed(place, 'an amount is yuan, as 300_000 or "1.50"')
    return Money(int(amount * 100))


Amount = Callable[[object, str], Money]


def build(wanted: Any, value: object, amount: Amount, place: str = "") -> Any:
    """The value as the wanted type, a dataclass or what may stand in one."""
    if wanted is Money:
        return amount(value, place)
    if wanted is Benefit:
        return _benefit(value, amount, place)
    if is_dataclass(wanted):
        return _record(wanted, value, amount, place)
    origin = typing.get_origin(wanted)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise Malformed(place, "a list is wanted")
        one = typing.get_args(wanted)[0]
        return tuple(build(one, item, amount, f"{place}[{number}]") for number, item in enumerate(value, 1))
    if origin in (types.UnionType, typing.Union):
        one = next(kind for kind in typing.get_args(wanted) if kind is not type(None))
        return None if value is None else build(one, value, amount, place)
    return _simple(wanted, value, place)


def _record(wanted: Any, value: object, amount: Amount, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise Malformed(place, "a table is wanted")
    known = _types(wanted)
    if odd := sorted(value.keys() - known.keys()):
        raise Malformed(_at(place, odd[0]), "nobody knows this entry")
    if missing := [name for name in _required(wanted) if name not in value]:
        raise Malformed(_at(place, missing[0]), "is missing")
    return wanted(**{name: build(known[name], item, amount, _at(place, name)) for name, item in value.items()})


def _benefit(value: object, amount: Amount, place: str) -> Benefit:
    if value == "actual":
        return Benefit(is_actual_cost=True)
    return Benefit() if value == "none" else Benefit(amount(value, place))


def _simple(wanted: Any, value: object, place: str) -> Any:
    try:
        if wanted is date:
            return value if isinstance(value, date) else date.fromisoformat(_exactly(str, value))
        if wanted is Decimal:
            return Decimal(str(_exactly(str, value)))
        if isinstance(wanted, type) and issubclass(wanted, StrEnum):
            return wanted(_exactly(str, value))
        return _exactly(wanted, value)
    except (TypeError, ValueError, InvalidOperation):
        said = _SAID.get(wanted) or f"one of {', '.join(wanted)}"
        raise Malformed(place, f"{value!r} is not {said}") from None


def _exactly(wanted: type, value: object) -> Any:
    if type(value) is not wanted:
        raise TypeError
    return value


_SAID = {str: "a text", int: "a whole number", bool: "true or false", date: "a day", Decimal: 'a factor, as "1.5"'}


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


@cache
def _types(wanted: type) -> dict[str, Any]:
    hints = typing.get_type_hints(wanted)
    return {one.name: hints[one.name] for one in fields(wanted)}


@cache
def _required(wanted: type) -> list[str]:
    return [one.name for one in fields(wanted) if one.default is MISSING and one.default_factory is MISSING]


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.fen
    if isinstance(value, Benefit):
        return "actual" if value.is_actual_cost else "none" if value.sum is None else value.sum.fen
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
