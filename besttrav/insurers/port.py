"""What the house asks of an insurer, and everything an insurer may answer.

Commands hold people in the clear for the moment of sending. They print their numbers only, so that no log, trace or failed test can
tell whom they are about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from besttrav.kernel.money import Money
from besttrav.kernel.period import Period


class _Silent:
    """Prints its kind and nothing of what it holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Numbered:
    """Prints its number: one of ours, made of a random id."""

    __slots__ = ()
    number: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number})"


# What is sent


class IdentityKind(StrEnum):
    """The papers a person or an organisation is known by. Permits are named after who holds them."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    RESIDENCE_PERMIT = "residence_permit"  # of residents of Hong Kong, Macao and Taiwan
    FOREIGN_RESIDENCE_CARD = "foreign_residence_card"
    HOUSEHOLD_BOOK = "household_book"
    BIRTH_CERTIFICATE = "birth_certificate"
    CREDIT_CODE = "credit_code"  # of an organisation


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Relation(StrEnum):
    """What somebody is to the person they stand under: an insured person to the holder, a beneficiary to the insured person."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    SIBLING = "sibling"
    DEPENDANT = "dependant"
    EMPLOYEE = "employee"
    PARTICIPANT = "participant"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity(_Silent):
    """A paper and its number, as printed on it."""

    kind: IdentityKind
    number: str
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person(_Silent):
    """A person, or an organisation where `identity` is a credit code; then `contact` is who acts for it.

    `passport_name` is written as in the passport, SURNAME GIVEN NAMES. What was not asked for is empty.
    """

    name: str
    identity: Identity
    passport_name: str = ""
    birth_date: date | None = None
    sex: Sex | None = None
    nationality: str = ""  # ISO 3166, two letters
    phone: str = ""  # as +8612900001234
    email: str = ""
    address: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Beneficiary(_Silent):
    """Who is paid on death, in this order; the shares of one order, in whole per cent, make 100."""

    person: Person
    relation: Relation
    order: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Insured(_Silent):
    """One insured person, with what each coverage pays for them at most. Without beneficiaries the law says who is paid.

    `relation` is what the person is to the holder. `answers` are to questions of the product, by the insurer's codes.
    """

    person: Person
    relation: Relation
    premium: Money
    sums: Mapping[str, Money]
    occupation: str = ""
    occupation_class: int | None = None
    beneficiaries: tuple[Beneficiary, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A text that the holder confirmed: the name and version of it, and when."""

    text: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submit(_Numbered):
    """Insure these people. `product`, `plan`, `area` and the coverages are codes of the insurer; `trip` is what else the product asks.

    `premium` is the sum of what the insured people cost.
    """

    number: str
    product: str
    plan: str
    area: str
    period: Period
    premium: Money
    holder: Person
    insured: tuple[Insured, ...]
    trip: Mapping[str, str] = field(default_factory=dict)
    confirmations: tuple[Confirmation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cancel(_Numbered):
    """End the policy that `submission` became from `on` on, or take the submission back where it has not become one."""

    number: str
    submission: str
    policy_number: str
    because: str
    on: date


Command = Submit | Cancel


# What is answered


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EchoedPerson(_Silent):
    """An insured person, or the holder, as the insurer understood them. What it does not repeat is None."""

    name: str
    identity_kind: IdentityKind | None
    identity_number: str
    passport_name: str | None = None
    birth_date: date | None = None
    sums: Mapping[str, Money] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Echo(_Silent):
    """What the insurer says it has insured: compared with what it was sent before anybody is told."""

    product: str
    plan: str
    area: str
    period: Period
    holder: EchoedPerson
    insured: tuple[EchoedPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Issued(_Silent):
    """There is a policy under our number, and this is what it says."""

    policy_number: str
    premium: Money
    echo: Echo


@dataclass(frozen=True, slots=True)
class Declined:
    """The insurer will not, for a reason of its own: a code of a-z 0-9 _ . - that is one of theirs made ours."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cancelled(_Silent):
    """There is no policy any more, or never will be one. `refund` is what the insurer gives back, None where it does not say."""

    policy_number: str = ""
    refund: Money | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The insurer has it and has not decided."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The insurer has never heard of our number, or has not heard of it yet."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say. `surely_unsent` where not one byte of the request has left."""

    code: str = "no_answer"
    surely_unsent: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Document(_Silent):
    """The e-policy, as it came: not checked yet."""

    content: bytes


Outcome = Issued | Declined | Cancelled | Waiting | Absent | Unknown


# Callbacks


class Forged(Exception):
    """A callback that does not prove where it comes from, or is too old. Says which check failed, and nothing of the content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the insurer wants to hear when its callback was taken."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A proven hint that something changed under our number. What changed is asked, not believed."""

    event_id: str
    number: str
    reply: Reply


# The port


class Endorsement(StrEnum):
    """The changes to a living policy that an insurer can be asked for by wire."""

    CORRECT_PERSON = "correct_person"
    CHANGE_PERIOD = "change_period"
    CHANGE_CONTACT = "change_contact"
    ADD_PEOPLE = "add_people"
    REMOVE_PEOPLE = "remove_people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """How an insurer writes the statements of its books: a CSV file with a head.

    `columns` are its heads of our five columns: number (of the policy), kind, premium, commission and day; others are left alone. `kinds`
    are its words for our kinds of transaction. Amounts are yuan, or whole fen; where `is_signed` is false, what goes back in `returns`
    carries no sign of its own.
    """

    columns: Mapping[str, str]
    kinds: Mapping[str, str]
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    in_fen: bool = False
    is_signed: bool = True
    returns: frozenset[str] = frozenset({"cancel"})
    day: str = "%Y-%m-%d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an insurer can do, and how long its own books may lag behind what it has taken: until then "absent" proves nothing.

    `statement` is None where it sends none that can be read by a machine.
    """

    endorsements: frozenset[Endorsement] = frozenset()
    lag: timedelta = timedelta(minutes=1)
    most_people: int = 200
    statement: Statement | None = None


class Insurer(Protocol):
    """No call raises for anything the outside does: what cannot be known is `Unknown`. Only a callback can be `Forged`."""

    @property
    def capabilities(self) -> Capabilities: ...

    def perform(self, command: Command) -> Outcome:
        """Hand a command over once. The insurer is asked to treat the same number as the same command, and is not relied upon for it."""
        ...

    def ask(self, submission: str) -> Outcome:
        """What became of the submission with our number, cancellation included. Never `Unknown` where the insurer answered clearly."""
        ...

    def fetch_document(self, submission: str, policy_number: str) -> Document | Waiting | Absent | Unknown:
        """The e-policy. `Waiting` while the insurer still makes it."""
        ...

    def read_callback(self, path: str, headers: Mapping[str, str], body: bytes) -> Callback:
        """Prove a callback and say what it is about. Raises Forged. Headers are looked up by their lower-case names."""
        ...
