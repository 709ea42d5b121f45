"""Proving what was written: everything (`verify`), one entry, and bundles that others check without us (`dev/verify_journal.py`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from besttrav.journal import heads, merkle, seals
from besttrav.journal.heads import Head, head
from besttrav.journal.models import Batch, Entry
from besttrav.journal.signing import is_signed, trusted_keys
from besttrav.journal.streams import first_id_of, month_of, months_later
from besttrav.journal.verifying import Problem, Report, verify, verify_month
from besttrav.kernel import ids
from besttrav.kernel.errors import Refusal

__all__ = ["Head", "Inclusion", "NotSealedYet", "Problem", "Report", "export_bundle", "head", "verify", "verify_entry", "verify_month"]

BUNDLE: Final = "besttrav-journal-bundle/1"


class NotSealedYet(Refusal):
    """The entry is younger than the last seal."""

    code = "not_sealed_yet"
    message = _("This entry has not been sealed yet.")
    way_out = _("Try again in a few seconds.")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That one entry is in a signed batch: its columns, where it stands, and the siblings up to the root. It names no neighbour."""

    columns: Mapping[str, Any]
    header: Mapping[str, Any]
    signature: bytes
    index: int
    path: list[bytes]

    def holds(self, keys: Mapping[str, bytes] | None = None) -> bool:
        """Whether the entry leads to the root of a batch that one of the keys signed; without keys, one of those we trust."""
        leaf = merkle.leaf(seals.entry_digest(self.columns))
        found = merkle.root_from(leaf, self.index, self.header["entries"], self.path)
        key = (trusted_keys() if keys is None else keys).get(self.header["key_id"])
        return found == bytes.fromhex(self.header["root"]) and is_signed(seals.head_digest(self.header), self.signature, key)


def verify_entry(id: UUID) -> Inclusion:
    """The proof that this entry was sealed, to be asked whether it holds. Raises Entry.DoesNotExist or NotSealedYet."""
    entry = Entry.objects.get(id=id)
    batch = Batch.objects.filter(stream=entry.stream, month=_month_of(entry), low__lte=entry.tick, high__gt=entry.tick).first()
    if batch is None:
        raise NotSealedYet
    together = list(_entries_of(batch).values_list("id", "digest"))
    index = [id for id, _digest in together].index(entry.id)
    path = merkle.path([merkle.leaf(bytes(digest)) for _id, digest in together], index)
    return Inclusion(entry.columns, batch.header, bytes(batch.signature), index, path)


def export_bundle(entries: Iterable[UUID] | None = None, *, batches: range | None = None) -> dict[str, Any]:
    """What others check without us, as JSON: single entries with their proofs, a range of whole batches, or without either everything.

    A proof of single entries names no others. With it go the headers up to the next head that was written outside.
    """
    if entries is not None:
        return _bundle_of_entries([verify_entry(id) for id in entries])
    chosen = Batch.objects.order_by("number")
    if batches is not None:
        chosen = chosen.filter(number__gte=batches.start, number__lt=batches.stop)
    whole = {str(batch.number): [entry.columns for entry in _entries_of(batch)] for batch in chosen if batch.dropped_at is None}
    return {
        "format": BUNDLE,
        "everything": batches is None,
        "headers": [_exported(batch) for batch in chosen],
        "batches": whole,
        "proofs": [],
    }


def _bundle_of_entries(inclusions: list[Inclusion]) -> dict[str, Any]:
    numbers = {inclusion.header["number"] for inclusion in inclusions}
    headers = Batch.objects.filter(number__in=_up_to_next_head(numbers)).order_by("number")
    return {
        "format": BUNDLE,
        "everything": False,
        "headers": [_exported(batch) for batch in headers],
        "batches": {},
        "proofs": [
            {
                "batch": inclusion.header["number"],
                "entry": inclusion.columns,
                "index": inclusion.index,
                "path": [sibling.hex() for sibling in inclusion.path],
            }
            for inclusion in inclusions
        ],
    }


def _up_to_next_head(numbers: set[int]) -> set[int]:
    outside = sorted(head.number for head in heads.written())
    return {number for first in numbers for number in range(first, next((head for head in outside if head >= first), first) + 1)}


def _exported(batch: Batch) -> dict[str, Any]:
    dropped_at = seals.moment(batch.dropped_at) if batch.dropped_at else None
    return {"header": batch.header, "signature": bytes(batch.signature).hex(), "dropped_at": dropped_at}


def _entries_of(batch: Batch) -> QuerySet[Entry]:
    """The entries of a batch, in the order of its leaves."""
    in_month = Entry.objects.filter(stream=batch.stream, id__gte=first_id_of(batch.month), id__lt=first_id_of(months_later(batch.month, 1)))
    return in_month.filter(tick__gte=batch.low, tick__lt=batch.high).order_by("id")


def _month_of(entry: Entry) -> Any:
    return month_of(ids.minted_at(entry.id))
