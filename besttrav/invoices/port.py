"""What the house asks of whoever issues an insurer's invoices, and everything that may be answered.

In China the seller issues the invoice, and the seller of a policy is its insurer: the fully digitalised invoice (数电票) comes from the
insurer, or from a platform that issues on its behalf. Tax rate and item are the seller's own matter and not told.

A command holds a buyer in the clear for the moment of sending, and prints its number only.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from besttrav.kernel.money import Money

# What is sent


class _Numbered:
    """Prints its number: one of ours, made of a random id."""

    __slots__ = ()
    number: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Issue(_Numbered):
    """A blue invoice over `amount`, tax included. `tax_number` is empty for a person. With `email` the issuer sends it there as well."""

    number: str
    policy_number: str
    amount: Money
    title: str
    tax_number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reverse(_Numbered):
    """A red invoice that takes the blue one back, whole. `blue` is our number of it and `official_number` the tax office's."""

    number: str
    blue: str
    official_number: str
    amount: Money


Command = Issue | Reverse


# What is answered


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Issued:
    """There is an invoice under our number, and this is what it says: of a red one the amount it takes back, and which one `reverses`."""

    official_number: str
    amount: Money
    title: str
    tax_number: str
    reverses: str = ""

    def __repr__(self) -> str:
        return "Issued()"


@dataclass(frozen=True, slots=True)
class Declined:
    """The issuer will not, for a reason of its own: a code of a-z 0-9 _ . - that is one of theirs made ours."""

    code: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The issuer has it and is not done."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The issuer has never heard of our number, or has not heard of it yet."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say. `surely_unsent` where not one byte of the request has left."""

    code: str = "no_answer"
    surely_unsent: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """The paper as it came, a PDF: not checked yet."""

    content: bytes

    def __repr__(self) -> str:
        return "Document()"


Outcome = Issued | Declined | Waiting | Absent | Unknown


# The port


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an issuer does. `any_title`: whether a private policyholder may have the invoice in the name of an organisation, which is each
    insurer's own rule. `lag`: how long its books may be behind what it has taken; until then "absent" proves nothing."""

    any_title: bool = True
    lag: timedelta = timedelta(minutes=1)


class Invoicing(Protocol):
    """No call raises for anything the outside does: what cannot be known is `Unknown`."""

    @property
    def capabilities(self) -> Capabilities: ...

    def perform(self, command: Command) -> Outcome:
        """Hand a command over once. The issuer is asked to treat the same number as the same command, and is not relied upon for it."""
        ...

    def ask(self, number: str) -> Outcome:
        """What became of the command with our number. Never `Unknown` where the issuer answered clearly."""
        ...

    def fetch(self, number: str) -> Document | Waiting | Absent | Unknown:
        """The paper of an issued invoice. `Waiting` while it is still made."""
        ...
