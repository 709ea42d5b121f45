"""Saved travellers as pages list them: masked, at the cost of one question to each database however many they are."""

from dataclasses import dataclass

from besttrav.catalogue.offer import DocumentType
from besttrav.kernel.actors import Actor
from besttrav.people import queries
from besttrav.people.models import Account, SavedTraveller
from besttrav.privacy.gate import masked

_SHOWN = ("name", "identity_number", "other_number", "birth_date")


@dataclass(frozen=True, slots=True)
class Kept:
    """One of the list: the row, and masks of what tells people apart."""

    row: SavedTraveller
    name: str
    born: str
    documents: list[tuple[object, str]]


def masked_list(account: Account | None, actor: Actor) -> list[Kept]:
    """Whoever is in the account's list; nobody without an account."""
    if account is None:
        return []
    rows = list(queries.travellers_of(account))
    return [_kept(row, masks) for row, masks in zip(rows, masked(rows, _SHOWN, actor=actor), strict=True)]


def _kept(row: SavedTraveller, masks: dict[str, str]) -> Kept:
    numbers = ((row.identity_kind, masks["identity_number"]), (row.other_kind, masks["other_number"]))
    return Kept(row, masks["name"], masks["birth_date"], [(DocumentType(kind).label, number) for kind, number in numbers if number])
