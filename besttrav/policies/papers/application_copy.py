"""Our own copy of an application (投保单副本): everything that was declared, answered, read, confirmed and signed, and what it cost."""

import re
import struct
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import ZERO, Money
from besttrav.policies import verification
from besttrav.policies.papers import setting
from besttrav.policies.papers.words import Broker, chinese_date, english_date

Language = Literal["zh", "en"]

_TEMPLATE = Path(__file__).parent / "application_copy.typ"
_PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_SIGNATURE = 200_000  # bytes; a drawn signature takes five to thirty thousand
_STROKES = re.compile(r"M\d{1,4} \d{1,4}(?: ?[ML]\d{1,4} \d{1,4})*")  # nothing else may come into a picture that we set
_WIDEST_SIGNATURE = 3_000  # pixels; what a phone's screen draws at three pixels a point is under half of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of what was declared: what it is called on the page and what was entered, both in the language of the paper."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the contract. `role` in words; `facts` in the order in which they were asked."""

    role: str
    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insured:
    """A row of the table of insured people. What a product does not ask is empty."""

    name: str
    name_latin: str
    document: str
    number: str
    birth_date: date | None
    sex: str
    relation: str
    premium: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    name: str
    sum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumLine:
    """What makes up the premium, as the rating told it."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question as it was shown, whom it is about, and what was answered."""

    about: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A document or a consent that was actively confirmed. `digest` is the hash of the text that was shown, in hexadecimal digits."""

    title: str
    version: str
    digest: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How it was signed: a PNG of what was drawn, its strokes as a path (`M10 10 L20 25`), or the name that was typed."""

    signer: str
    signed_at: datetime
    drawn: bytes = b""
    strokes: str = ""
    typed: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.drawn, self.strokes, self.typed))) != 1:
            raise ValueError("a signature is drawn or typed, one of the two")
        if self.strokes and not (len(self.strokes) <= LARGEST_SIGNATURE and _STROKES.fullmatch(self.strokes)):
            raise ValueError("strokes are points joined by lines, and nothing else")
        if self.drawn and not _is_modest_png(self.drawn):
            raise ValueError("a drawn signature is a PNG of a modest size")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCopy:
    """What the copy says. Texts are in the language it is set in; only labels are the template's."""

    application_number: str
    order_number: str
    submitted_at: datetime
    insurer: str
    product: str
    filing: str
    plan: str
    first_day: date
    last_day: date
    trip: tuple[Fact, ...]
    holder: Person
    insured: tuple[Insured, ...]
    beneficiaries: tuple[Person, ...]
    statutory_beneficiaries: bool
    covers: tuple[Cover, ...]
    premium_lines: tuple[PremiumLine, ...]
    premium: Money
    answers: tuple[Answer, ...]
    documents: tuple[Confirmation, ...]
    consents: tuple[Confirmation, ...]
    signature: Signature | None
    broker: Broker
    verification_address: str
    verification_code: str

    def __post_init__(self) -> None:
        for lines in (self.premium_lines, self.insured):
            amounts = [one.amount if isinstance(one, PremiumLine) else one.premium for one in lines]
            if sum(amounts, ZERO) != self.premium:
                raise ValueError("the lines of a premium add up to it")


def is_path(signature: str) -> bool:
    """Whether a stored signature is strokes, and not a typed name."""
    return bool(_STROKES.fullmatch(signature))


def application_copy(facts: ApplicationCopy, *, at: datetime, language: Language) -> bytes:
    """The copy as PDF/A, the same bytes for the same facts, moment and language. Raises CannotPrint."""
    return setting.print_paper(_TEMPLATE, _data(facts, language, at), at=at)


def _data(facts: ApplicationCopy, language: Language, at: datetime) -> dict[str, object]:
    return {
        "language": language,
        "application_number": facts.application_number,
        "order_number": facts.order_number,
        "submitted_at": _moment(facts.submitted_at, language),
        "made_at": _moment(at, language),
        "insurer": facts.insurer,
        "product": facts.product,
        "filing": facts.filing,
        "plan": facts.plan,
        "first_day": _day(facts.first_day, language),
        "last_day": _day(facts.last_day, language),
        "days": (facts.last_day - facts.first_day).days + 1,
        "trip": [_fact(one) for one in facts.trip],
        "holder": _person(facts.holder),
        "insured": [_insured(one, language) for one in facts.insured],
        "beneficiaries": [_person(one) for one in facts.beneficiaries],
        "statutory_beneficiaries": facts.statutory_beneficiaries,
        "covers": [{"name": one.name, "sum": one.sum} for one in facts.covers],
        "premium_lines": [{"name": one.name, "amount": str(one.amount)} for one in facts.premium_lines],
        "premium": str(facts.premium),
        "answers": [{"about": one.about, "question": one.question, "answer": one.answer} for one in facts.answers],
        "documents": [_confirmation(one, language) for one in facts.documents],
        "consents": [_confirmation(one, language) for one in facts.consents],
        "signature": _signature(facts.signature, language),
        "broker": facts.broker.as_data(),
        "qr": verification.qr_svg(facts.verification_address),
        "verification_address_short": facts.verification_address.split("//")[-1].rsplit("/", 2)[0],
        "verification_code": verification.grouped(facts.verification_code),
    }


def _fact(one: Fact) -> dict[str, str]:
    return {"label": one.label, "value": one.value}


def _person(one: Person) -> dict[str, object]:
    return {"role": one.role, "name": one.name, "facts": [_fact(fact) for fact in one.facts]}


def _insured(one: Insured, language: Language) -> dict[str, str]:
    return {
        "name": one.name,
        "name_latin": one.name_latin,
        "document": one.document,
        "number": one.number,
        "birth_date": f"{one.birth_date:%Y-%m-%d}" if one.birth_date else "",
        "sex": one.sex,
        "relation": one.relation,
        "premium": str(one.premium),
    }


def _confirmation(one: Confirmation, language: Language) -> dict[str, str]:
    return {
        "title": one.title,
        "version": one.version,
        "digest": one.digest[:16],
        "confirmed_at": _moment(one.confirmed_at, language),
    }


def _signature(one: Signature | None, language: Language) -> dict[str, object] | None:
    if one is None:
        return None
    # Typst reads no base 64; a list of numbers is what its JSON makes bytes of.
    return {
        "signer": one.signer,
        "signed_at": _moment(one.signed_at, language),
        "typed": one.typed,
        "drawn": list(one.drawn),
        "strokes": _strokes(one.strokes),
    }


def _strokes(path: str) -> str:
    """The strokes as a picture that fits them, as dark as ink."""
    if not path:
        return ""
    points = [int(number) for number in re.findall(r"\d+", path)]
    left, top = min(points[::2]), min(points[1::2])
    width, height = max(points[::2]) - left, max(points[1::2]) - top
    pen = max(2, max(width, height) // 90)
    box = f"{left - pen} {top - pen} {width + 2 * pen} {height + 2 * pen}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{path}" fill="none" stroke="#14211f" '
        f'stroke-width="{pen}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def _day(day: date, language: Language) -> str:
    return chinese_date(day) if language == "zh" else english_date(day)


def _moment(moment: datetime, language: Language) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _is_modest_png(drawn: bytes) -> bool:
    """Looked at before it is opened: a small file may unfold into a huge picture."""
    if not drawn.startswith(_PNG) or len(drawn) > LARGEST_SIGNATURE or len(drawn) < 33:
        return False
    width, height = struct.unpack(">II", drawn[16:24])
    return bool(0 < width <= _WIDEST_SIGNATURE and 0 < height <= _WIDEST_SIGNATURE)
