"""What the house asks of a channel that takes payments.

No call raises for anything the outside does: what cannot be known is UNKNOWN, and the caller asks before it repeats. All calls but
`refund` may be repeated at will, and `refund` with the same number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from besttrav.kernel.money import Money


class Result(StrEnum):
    """What became of a command."""

    OK = "ok"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Where a payment stands at the channel. PAID stays PAID when it is refunded; ABSENT may still be paid before its time is over."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Return(StrEnum):
    """Where a refund stands at the channel.

    LATER: not accepted now, and may be with the same number (the balance does not suffice). STUCK: the channel cannot pay the money out
    and a person must say where it goes. REFUSED: never accepted under this number, and nothing moved. FAILED: accepted, and given up.
    """

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STUCK = "stuck"
    LATER = "later"
    REFUSED = "refused"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Prepay:
    """One attempt to be paid. `number` is ours for ever; `scene` is a code of `models.Scene`.

    `payer_address` is the network address of the payer's browser, which some channels want; it is passed on and kept nowhere.
    """

    number: str
    scene: str
    amount: Money
    description: str
    expires_at: datetime
    return_url: str
    payer_address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """`address` is where the person pays, or the text of the QR code they scan; it works until `valid_until`. `code` says why not."""

    result: Result
    address: str = ""
    valid_until: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the channel says about a payment. `reference` is its own number of it.

    `is_ours` is false when the receipt names another merchant or app; `fen` counts in `currency`, and is money only when that is CNY.
    """

    standing: Standing
    fen: int = 0
    currency: str = "CNY"
    is_ours: bool = True
    reference: str = ""
    paid_at: datetime | None = None
    code: str = ""

    def is_exactly(self, amount: Money) -> bool:
        """Whether this is our receipt over the whole amount and no other."""
        return self.is_ours and self.currency == "CNY" and self.fen == amount.fen


@dataclass(frozen=True, slots=True)
class PayBack:
    """One decision to refund. `number` belongs to the decision for ever; the channel refunds once under it, however often it is asked."""

    number: str
    payment: str
    reference: str
    amount: Money
    paid: Money
    reason: str


@dataclass(frozen=True, slots=True)
class RefundFound:
    """What the channel says about a refund; `fen` is None where it does not say."""

    standing: Return
    fen: int | None = None
    reference: str = ""
    done_at: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a callback is answered with, in the channel's own form."""

    status: int
    content: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback after verification. `event` is the channel's id of what happened, the same in every repetition.

    One that is not genuine names nothing and is answered with `reply`; a genuine one only after it was stored.
    """

    is_genuine: bool
    reply: Reply
    event: str = ""
    kind: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One movement of a day's bill: a payment, or with `refund` a refund. `fen` is what moved, `fee_fen` what the channel kept."""

    number: str
    refund: str
    fen: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """A day's movements as the channel booked them. ABSENT: there were none that day; UNKNOWN: not ready, or not whole; ask again later."""

    standing: Standing
    lines: tuple[BillLine, ...] = ()


class Channel(Protocol):
    """A way to be paid. Times are aware; amounts are fen."""

    def prepay(self, order: Prepay) -> Prepared:
        """Where the person can pay. The same order again is the same payment; REJECTED means that it will never be payable."""
        ...

    def query(self, number: str) -> Found:
        """Where the payment of our number stands."""
        ...

    def close(self, number: str) -> Found:
        """Let nobody pay it any more: CLOSED, PAID when that came first, ABSENT when it was never begun there, UNKNOWN."""
        ...

    def refund(self, order: PayBack) -> RefundFound:
        """Ask for money to go back. PROCESSING means accepted and not done."""
        ...

    def query_refund(self, number: str, payment: str) -> RefundFound:
        """Where the refund of our number, of the payment of our number, stands."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Verify a callback over its raw bytes. Calls nobody, whatever it is given; header names are compared without case."""
        ...

    def bill(self, day: date) -> Bill:
        """The bill of a Beijing day, ready on the next one."""
        ...
