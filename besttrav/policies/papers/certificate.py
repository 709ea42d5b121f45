"""The English certificate for visa use: who is insured, where, from which day to which, for how much, and whom to call."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import Money
from besttrav.policies import verification
from besttrav.policies.papers import setting
from besttrav.policies.papers.words import Both, Broker, english_date, yuan

_FOLDER = Path(__file__).parent
_RULES = tomllib.loads((_FOLDER / "schengen.toml").read_text(encoding="utf-8"))
SCHENGEN_STATES: tuple[str, ...] = tuple(_RULES["states"])
MINIMUM_EUROS: int = _RULES["minimum_euros"]


class NotForSchengen(Refusal):
    """What was bought does not meet what the visa code asks, so no paper of ours says that it does."""

    code = "not_for_schengen"
    message = _("This insurance does not meet the rules for a Schengen visa, so we cannot certify that it does.")
    way_out = _("Choose a plan that says it is fit for a Schengen visa.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traveller:
    """An insured person. `name_latin` stands exactly as in the passport; `medical` is this person's sum for medical care. Somebody insured
    by another document has a dash for a passport; where nobody has one, the certificate has no column of dashes."""

    name_latin: str
    name: str
    passport: str
    birth_date: date
    medical: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """Another line of the cover, with the sum for each person."""

    name: Both
    sum: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a euro cost, so that a sum in yuan can be told in euros: `fen` for one euro, and `source` in English."""

    fen: int
    on: date
    source: str

    def euros(self, amount: Money) -> int:
        """Whole euros, rounded down: a certificate never promises more than there is."""
        return amount.fen // self.fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the certificate says. `repatriation` is the sum for each person; None says that the plan pays it within the medical sum."""

    policy_number: str
    issued_on: date
    insurer: Both
    product: Both
    plan: Both
    holder: Both
    travellers: tuple[Traveller, ...]
    first_day: date
    last_day: date
    territory: Both
    covers_all_schengen_states: bool
    repatriation: Money | None
    benefits: tuple[Benefit, ...]
    deductible: Money
    rate: Rate
    emergency_number: str
    emergency_note: str
    broker: Broker
    verification_address: str
    verification_code: str


def shortfalls(facts: Certificate) -> tuple[str, ...]:
    """What the visa code asks and this cover lacks: `territory`, `medical`, `repatriation`, `deductible`. Empty when it meets them all."""
    lowest = min(traveller.medical for traveller in facts.travellers)
    return tuple(
        what
        for what, is_short in (
            ("territory", not facts.covers_all_schengen_states),
            ("medical", facts.rate.euros(lowest) < MINIMUM_EUROS),
            ("repatriation", facts.repatriation is not None and facts.rate.euros(facts.repatriation) < MINIMUM_EUROS),
            ("deductible", bool(facts.deductible)),
        )
        if is_short
    )


def certificate(facts: Certificate, *, at: datetime) -> bytes:
    """The certificate as PDF/A, with the same bytes for the same facts and moment.

    Raises NotForSchengen when the plan is for all Schengen states and falls short of the visa code all the same, and CannotPrint.
    Where the plan is for elsewhere, the paper names its territory and makes no statement about the visa code.
    """
    if facts.covers_all_schengen_states and shortfalls(facts):
        raise NotForSchengen
    return setting.print_paper(_FOLDER / "certificate.typ", _data(facts), at=at)


def _data(facts: Certificate) -> dict[str, object]:
    return {
        "policy_number": facts.policy_number,
        "issued_on": english_date(facts.issued_on),
        "insurer": facts.insurer.as_data(),
        "product": facts.product.as_data(),
        "plan": facts.plan.as_data(),
        "holder": facts.holder.as_data(),
        "first_day": english_date(facts.first_day),
        "last_day": english_date(facts.last_day),
        "days": (facts.last_day - facts.first_day).days + 1,
        "territory": _territory(facts).as_data(),
        "purpose": _purpose(facts).as_data(),
        "travellers": [_traveller(one) for one in facts.travellers],
        "differ": len({one.medical for one in facts.travellers}) > 1,
        "benefits": _benefits(facts),
        "deductible": _deductible(facts),
        "rate_note": f"Sums in yuan (CNY). Euros for comparison, rounded down, at CNY {Money(facts.rate.fen)} for EUR 1 "
        f"({facts.rate.source}, {english_date(facts.rate.on)}).",
        "statements": list(_statements(facts)),
        "emergency_number": facts.emergency_number,
        "emergency_note": facts.emergency_note,
        "with_passports": any(one.passport.isalnum() for one in facts.travellers),
        "broker": facts.broker.as_data(),
        "seal": {"zh": "证明专用", "en": "Certificate copy"},
        "qr": verification.qr_svg(facts.verification_address),
        "verification_address_short": facts.verification_address.split("//")[-1].rsplit("/", 2)[0],
        "verification_code": verification.grouped(facts.verification_code),
        "micro": f"{facts.policy_number} · CERTIFICATE OF INSURANCE · {facts.broker.name_en} · ",
    }


def _traveller(one: Traveller) -> dict[str, str]:
    return {
        "name_latin": one.name_latin,
        "name": one.name,
        "passport": one.passport,
        "birth_date": english_date(one.birth_date),
        "medical": f"CNY {yuan(one.medical)}",
    }


def _territory(facts: Certificate) -> Both:
    if not facts.covers_all_schengen_states:
        return facts.territory
    return Both(en="All Schengen member states", zh=f"申根区全部成员国（{facts.territory.zh}）")


def _purpose(facts: Certificate) -> Both:
    if facts.covers_all_schengen_states:
        return Both(en="for an application for a Schengen visa", zh="申根签证申请用保险证明")
    return Both(en="for a visa application", zh="签证申请用保险证明")


def _benefits(facts: Certificate) -> list[dict[str, object]]:
    medical = [one.medical for one in facts.travellers]
    lowest, highest = min(medical), max(medical)
    sums = f"CNY {yuan(lowest)}" if lowest == highest else f"CNY {yuan(lowest)} to {yuan(highest)}"
    repatriation = f"CNY {yuan(facts.repatriation)}" if facts.repatriation is not None else "within the medical sum"
    return [
        _line(
            Both(en="Medical expenses, urgent care and hospital treatment", zh="医疗费用、紧急救治与住院"),
            sums,
            facts.rate.euros(lowest),
            True,
        ),
        _line(
            Both(en="Repatriation for medical reasons and of mortal remains", zh="医疗送返与遗体送返"),
            repatriation,
            facts.rate.euros(facts.repatriation if facts.repatriation is not None else lowest),
            True,
        ),
        *(_line(one.name, f"CNY {yuan(one.sum)}", facts.rate.euros(one.sum), False) for one in facts.benefits),
    ]


def _deductible(facts: Certificate) -> dict[str, str]:
    if not facts.deductible:
        return {"sum": "None", "euros": "EUR 0"}
    euros = -(-facts.deductible.fen // facts.rate.fen)  # rounded up: what the insured person bears is never told too small
    return {"sum": f"CNY {yuan(facts.deductible)}", "euros": f"EUR {euros:,}"}


def _line(name: Both, sums: str, euros: int, required: bool) -> dict[str, object]:
    return {**name.as_data(), "sum": sums, "euros": f"EUR {euros:,}", "required": required}


def _statements(facts: Certificate) -> tuple[str, ...]:
    payer = "Medical bills are settled by the assistance company with the hospital, or repaid to the insured person."
    if not facts.covers_all_schengen_states:
        return (payer,)
    lowest = min(one.medical for one in facts.travellers)
    return (
        f"The cover meets {_RULES['law']}: at least EUR {MINIMUM_EUROS:,} for each person (here EUR {facts.rate.euros(lowest):,}), valid "
        "in the territory of all Schengen member states, for repatriation for medical reasons, urgent medical attention, emergency "
        "hospital treatment and death.",
        f"Schengen member states: {', '.join(SCHENGEN_STATES)}.",
        payer,
    )
