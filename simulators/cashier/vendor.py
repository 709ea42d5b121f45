"""What a simulated channel adds to what all have in common: its protocol, its notices, its words and its colour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from simulators.cashier.books import Books, Event, Trade
from simulators.cashier.faults import Fault, Script


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call of the vendor's interface as it came; `name` and `number` are what faults are addressed by."""

    name: str
    number: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Look:
    """How the cashier calls itself and which colour it wears."""

    zh: str
    en: str
    colour: str


class Vendor(Protocol):
    books: Books
    script: Script
    look: Look
    retries: tuple[int, ...]

    def call_of(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call | None:
        """Which call of the interface this is; None for none."""
        ...

    def perform(self, call: Call, fault: Fault | None) -> Answer:
        """Verify and answer a call. Of the faults only those that change the answer's content or signature are given."""
        ...

    def cashier_token(self, method: str, path: str, query: str, body: bytes) -> str | Answer | None:
        """The trade whose cashier is shown at an address of the vendor's own; an Answer that refuses, None for another address."""
        ...

    def notice(self, event: Event) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notice, signed now."""
        ...

    def forged(self, kind: str, event: Event) -> tuple[dict[str, str], bytes]:
        """A notice that must be refused. Raises ValueError for a kind it does not know."""
        ...

    def is_thanks(self, status: int, body: bytes) -> bool: ...

    def event_of_payment(self, trade: Trade) -> None: ...

    def event_of_refund(self, number: str) -> None: ...

    def way_back(self, trade: Trade) -> str:
        """Where the person returns to; empty for nowhere."""
        ...

    def rotate(self) -> None:
        """Begin to sign with a new key."""
        ...
