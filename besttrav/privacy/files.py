"""Whose data, in which file: opening a person's sheet, keeping it by the clock, holding it against the clock.

A *file* is what is kept and forgotten together (an account, an application that may become a contract, a claim). A *sheet* is one person's
page in it, with a data key of its own. The vault row is written first and the record second; a sheet nobody came to use is swept after an
hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from besttrav.kernel import clock, ids
from besttrav.privacy.keeping import Keep
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import Clock, Hold


@dataclass(frozen=True, slots=True)
class Sheet:
    """A person's page in a file. `id` is what a row's `SheetField` holds."""

    id: UUID
    subject_id: UUID
    file_id: UUID


def open_sheet(*, keep: Keep, subject: UUID | None = None, file: UUID | None = None) -> Sheet:
    """Open a sheet with a fresh data key. Without `subject` it is somebody new; without `file`, a new file of class `keep`.

    A class whose period starts at creation has its clock running from today.
    """
    return open_sheets(keep=keep, subjects=[subject], file=file)[0]


def open_sheets(*, keep: Keep, subjects: Iterable[UUID | None], file: UUID | None = None, keeper: UUID | None = None) -> list[Sheet]:
    """Several people's sheets in one round trip; with `file`, all in that one.

    With `keeper`, a subject keeps them about others: what is in them is in that subject's copy, opens for purposes of one's own, and ends
    with that subject's account at the latest.
    """
    sheets = [Sheet(ids.new_id(), subject or ids.new_id(), file or ids.new_id()) for subject in subjects]
    store.open_sheets([store.NewSheet(keep, sheet.id, sheet.subject_id, sheet.file_id, keeper) for sheet in sheets])
    return sheets


def sheet_of(sheet: UUID) -> Sheet | None:
    """The subject and file of a sheet, or None for an unknown one."""
    card = store.cards_of([sheet]).get(sheet)
    return Sheet(card.sheet, card.subject, card.file) if card else None


def subjects_of(sheets: Iterable[UUID]) -> dict[UUID, UUID]:
    """Subject by sheet, in one query."""
    return {card.sheet: card.subject for card in store.cards_of(sheets).values()}


def become(file: UUID, keep: Keep, on: date) -> date:
    """Change a file's class, as when an application becomes a contract: the file and its keys stay, the class's clock takes over.

    Raises File.DoesNotExist. Returns the first day after the period.
    """
    ends_on = keep.ends_on(on)
    store.set_class(file, keep, started_on=on, ends_on=ends_on)
    return ends_on


def start_clock(file: UUID, keep: Keep, on: date) -> date:
    """The event that starts this class's period happened on `on` (a Beijing day). Returns the first day after the period.

    A file may have several clocks; the longest wins. A later event of the same class moves its clock.
    """
    ends_on = keep.ends_on(on)
    store.set_clock(file, keep, started_on=on, ends_on=ends_on)
    return ends_on


def start_clocks_of(sheets: Iterable[UUID], keep: Keep, on: date) -> date:
    """The same for the files of several sheets, in two statements. Returns the first day after the period."""
    ends_on = keep.ends_on(on)
    files = {card.file for card in store.cards_of(sheets).values()}
    clocks = [Clock(file_id=file, keep=keep.value, started_on=on, ends_on=ends_on) for file in files]
    Clock.objects.bulk_create(clocks, update_conflicts=True, unique_fields=["file", "keep"], update_fields=["started_on", "ends_on"])
    return ends_on


def start_clock_of(sheet: UUID, keep: Keep, on: date) -> date | None:
    """The same for the file this sheet is in. None for a sheet the vault does not know, which has no file to keep."""
    found = sheet_of(sheet)
    return start_clock(found.file_id, keep, on) if found else None


def hold(file: UUID, *, law: str, reason: str, owner: str, until: date) -> UUID:
    """Keep the file beyond every clock and request until a day. `reason` is a declared word, `owner` a staff number or job name."""
    return Hold.objects.create(file_id=file, law=law, reason=reason, owner=owner, ends_on=until).pk


def release(hold_id: UUID) -> None:
    """End a hold before its day."""
    Hold.objects.filter(pk=hold_id, released_at=None).update(released_at=clock.now())


def held(files: Iterable[UUID]) -> dict[UUID, Hold]:
    """The hold that lasts longest, by file, of those that stand today."""
    standing = Hold.objects.filter(file_id__in=list(files), released_at=None, ends_on__gt=clock.today()).order_by("ends_on")
    return {hold.file_id: hold for hold in standing}
