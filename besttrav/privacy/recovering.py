"""After a restore: what was decided since the backup is carried out again, from the ledger outside, before anybody is served.

The two databases and the ledger can be of three different ages. The ledger is the newest, so it wins: a sheet it calls erased is shredded
again, its rows are emptied again, a certificate that the record has forgotten is written again, a withdrawal of consent holds again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction

from besttrav.kernel import jobs
from besttrav.privacy import consents, erasing, ledger
from besttrav.privacy.erasing import ERASE, RESTRICT
from besttrav.privacy.fields import personal_models, sheets_of
from besttrav.privacy.ledger import Decision
from besttrav.privacy.models import Erasure, ErasureItem, Restoration
from besttrav.privacy.vault import store

BATCH = 500
LOOK_BACK = 50


def is_behind() -> bool:
    """Whether a restore waits to be replayed, and nobody is served."""
    return store.is_behind()


def catch_up() -> int:
    """At every start: compare the newest outside decisions with the vault, and replay all of them when it does not know one.

    Costs one read of the file's end and two vault queries when all is well. Returns how many sheets were erased again.
    """
    newest = [decision for decision in ledger.newest(LOOK_BACK) if isinstance(decision, Decision)]
    if store.is_behind() or store.not_erased(sheet for decision in newest for sheet in decision.erased):
        return replay()
    return 0


def replay() -> int:
    """Carry out again every outside decision that one of the databases does not know, then let serving go on. Safe to repeat.

    Returns how many sheets were erased again.
    """
    erasing.finish_pending(older_than=timedelta(0))
    replayed = 0
    decisions = ledger.decisions()
    while batch := list(islice(decisions, BATCH)):
        replayed += _shred(batch)
        _restrict(batch)
        erasing.clear(sheet for decision in batch for sheet in decision.erased)
        _certify_again(batch)
    consents.replay(ledger.withdrawals())
    _tell_the_record()
    store.note_replayed()
    return replayed


def _tell_the_record() -> None:
    """Before anybody is served the record knows of the restore too: upper rooms ask it about every session, code and message."""
    restored_at = store.restored_at()
    if restored_at:
        Restoration.objects.get_or_create(at=restored_at)


def _shred(batch: Sequence[Decision]) -> int:
    lost = store.not_erased(sheet for decision in batch for sheet in decision.erased)
    for decision in batch:
        if again := [sheet for sheet in decision.erased if sheet in lost]:
            store.shred(again, decision=decision.id, decided_at=decision.decided_at)
    return len(lost)


def _restrict(batch: Iterable[Decision]) -> None:
    until: dict[UUID, date] = {}
    for decision in batch:
        until |= decision.restricted
    store.restrict(until)


def _certify_again(batch: Sequence[Decision]) -> None:
    """Write down again what an older record has forgotten; the job that finishes a decision writes the certificate."""
    wanted = {decision.id: decision for decision in batch if not decision.unused}
    for known in Erasure.objects.filter(pk__in=wanted).values_list("pk", flat=True):
        del wanted[known]
    owners = store.owners_of(sheet for decision in wanted.values() for sheet in decision.sheets)
    for decision in wanted.values():
        _write_again(decision, owners)


def _write_again(decision: Decision, owners: dict[UUID, tuple[UUID, str]]) -> None:
    subjects = {owners[sheet][0] for sheet in decision.sheets if sheet in owners}
    outcomes: list[tuple[UUID, str, date | None]] = [(sheet, ERASE, None) for sheet in decision.erased]
    outcomes += [(sheet, RESTRICT, until) for sheet, until in decision.restricted]
    with transaction.atomic():
        erasure, is_new = Erasure.objects.get_or_create(
            pk=decision.id,
            defaults={
                "subject": subjects.pop() if len(subjects) == 1 else None,
                "because": "replayed",
                "decided_at": decision.decided_at,
            },
        )
        if is_new:
            ErasureItem.objects.bulk_create(
                ErasureItem(erasure=erasure, sheet=sheet, outcome=outcome, until=until, keep=owners[sheet][1])
                for sheet, outcome, until in outcomes
                if sheet in owners
            )
            jobs.defer("privacy.finish_erasure", erasure_id=str(erasure.pk))


def lost_sheets() -> set[UUID]:
    """Sheets that rows point to and no vault knows: who came after the backup of a vault that was lost."""
    lost: set[UUID] = set()
    for model in personal_models():
        for group in sheets_of(model):
            sheets = model._default_manager.exclude(**{group.attname: None}).values_list(group.attname, flat=True).distinct().iterator()
            while page := set(islice(sheets, 5000)):
                lost |= page - store.owners_of(page).keys() - store.erased_among(page)
    return lost
