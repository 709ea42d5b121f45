"""Who is in a contract. While applying, people are written anew at every change: a typing mistake leaves no trace, and nobody's consent
slips over to somebody else who was typed in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from besttrav.kernel.money import ZERO, Money
from besttrav.policies.models import Party
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person:
    """Somebody as they were typed in. `beneficiary_of` is the place in the list, from 0, of the insured person this one is paid for."""

    name: str
    identity_kind: str
    identity_number: str
    is_holder: bool = False
    is_insured: bool = False
    is_organisation: bool = False
    relation: str = ""
    passport_name: str = ""
    identity_ends: date | None = None
    birth_date: date | None = None
    sex: str = ""
    nationality: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    contact: str = ""
    occupation: str = ""
    age: int | None = None
    death_elsewhere: Money = ZERO
    beneficiary_of: int | None = None
    share: int | None = None
    share_order: int | None = None

    def __repr__(self) -> str:
        return "Person()"


SEALED = ("name", "passport_name", "identity_number", "birth_date", "sex", "nationality", "phone", "email", "address", "contact")


def write(*, contract: UUID, file: UUID, people: Sequence[Person], holder_subject: UUID | None = None) -> list[Party]:
    """Put these people into a contract that has nobody. Needs the caller's transaction; costs the same for one person and for many.

    Everybody is somebody new, but for a holder who is signed in: typing a number attaches nothing to its owner.
    """
    sheets = files.open_sheets(keep=Keep.QUOTE, subjects=[holder_subject if person.is_holder else None for person in people], file=file)
    parties = [_party(contract, place, person, sheet.id) for place, (person, sheet) in enumerate(zip(people, sheets, strict=True))]
    for party, person in zip(parties, people, strict=True):
        party.beneficiary_of = None if person.beneficiary_of is None else parties[person.beneficiary_of]
    return cast(list[Party], Party.objects.bulk_create(parties))


def _party(contract: UUID, place: int, person: Person, sheet: UUID) -> Party:
    sealed: dict[str, object] = {name: value for name in (*SEALED, "identity_ends") if (value := getattr(person, name))}
    return Party(
        contract=contract,
        position=place + 1,
        person=sheet,
        is_holder=person.is_holder,
        is_insured=person.is_insured,
        is_organisation=person.is_organisation,
        share=person.share,
        share_order=person.share_order,
        relation=person.relation,
        identity_kind=person.identity_kind,
        age=person.age,
        occupation=person.occupation,
        death_elsewhere_fen=person.death_elsewhere.fen,
        **sealed,
    )
