"""What the house asks of a carrier of text messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Result(StrEnum):
    """What became of a message, as far as the carrier can tell."""

    OK = "ok"
    REJECTED = "rejected"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reference` is the carrier's own id of the message, `code` its reason in its own words' short form."""

    result: Result
    reference: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class SendText:
    """One message. `number` is our own id of it, the same for ever; `values` fill the template."""

    number: str
    phone: str
    template: str
    language: str
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"SendText({self.number}, {self.template})"


@dataclass(frozen=True, slots=True)
class LookUp:
    """Which message: our number, where it went and on which Beijing day."""

    number: str
    phone: str
    day: date

    def __repr__(self) -> str:
        return f"LookUp({self.number})"


class Carrier(Protocol):
    """Neither call raises for anything the outside does: what cannot be known is `Result.UNKNOWN`."""

    def send(self, message: SendText) -> Outcome:
        """Hand the message over once. OK means taken, REJECTED that it will never be delivered, UNKNOWN that nobody knows: look it up."""
        ...

    def look_up(self, question: LookUp) -> Outcome:
        """What became of the message with our number. ABSENT means the carrier has never heard of it."""
        ...
