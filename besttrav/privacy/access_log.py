"""The access log the Cybersecurity Law demands (article 23(3), at least six months), sealed under the visitor's own sheet.

A signed-in person has a log file of their own per month; everybody else shares one per day, under a key that dies with that day's period.
"""

from uuid import UUID

from django.db import IntegrityError, transaction

from besttrav.kernel import clock
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import AccessEntry, LogSheet
from besttrav.privacy.sealing import SheetClosed


def note(*, subject: UUID | None, method: str, status: int, page: str, address: str, browser: str, language: str) -> None:
    """Write one visit down. `page` is the path without its query; long values are cut."""
    visit = {
        "method": method[:8],
        "status": status,
        "page": page[:200],
        "address": address[:45],
        "browser": browser[:200],
        "language": language[:35],
    }
    stretch = clock.today().isoformat()[: 7 if subject else 10]
    try:
        AccessEntry.objects.create(visitor=_sheet(subject, stretch), **visit)
    except SheetClosed:
        AccessEntry.objects.create(visitor=_sheet_after_closing(subject, stretch), **visit)


# The crowd's sheet of today, which a process looks up once and not for every visit. It is a hint: whoever writes under it asks the vault.
_crowd: dict[str, UUID] = {}


def _sheet(subject: UUID | None, stretch: str) -> UUID:
    if subject is None and stretch in _crowd:
        return _crowd[stretch]
    return _hinted(subject, stretch, _known(subject, stretch) or _open(subject, stretch))


def _sheet_after_closing(subject: UUID | None, stretch: str) -> UUID:
    """They had their data erased this month and are still here: what was logged before stays closed, this begins anew. Or the hint was
    of a sheet that is no longer the one in use."""
    hint, known = None if subject else _crowd.pop(stretch, None), _known(subject, stretch)
    if known is None:
        return _hinted(subject, stretch, _open(subject, stretch))
    return _hinted(subject, stretch, known if hint and known != hint else _replace(subject, stretch))


def _hinted(subject: UUID | None, stretch: str, sheet: UUID) -> UUID:
    if subject is None:
        _crowd.clear()
        _crowd[stretch] = sheet
    return sheet


def _known(subject: UUID | None, stretch: str) -> UUID | None:
    return LogSheet.objects.filter(subject=subject, stretch=stretch).values_list("sheet", flat=True).first()


def _replace(subject: UUID | None, stretch: str) -> UUID:
    sheet = files.open_sheet(keep=Keep.LOG, subject=subject).id
    LogSheet.objects.filter(subject=subject, stretch=stretch).update(sheet=sheet)
    return sheet


def _open(subject: UUID | None, stretch: str) -> UUID:
    sheet = files.open_sheet(keep=Keep.LOG, subject=subject).id
    try:
        with transaction.atomic():
            LogSheet.objects.create(subject=subject, stretch=stretch, sheet=sheet)
    except IntegrityError:  # Somebody else's first visit of this stretch came in between; the sheet opened here is swept.
        return LogSheet.objects.values_list("sheet", flat=True).get(subject=subject, stretch=stretch)
    return sheet
