"""Forgetting: the plan shown before, the decision, the shredding, the certificate. All of the plan or nothing, crash or not.

The order is what makes it safe: decision and job commit in the record, and the gate refuses from then on; the decision is written outside
both databases; the vault is shredded, which may be repeated; the certificate comes last. Whatever a crash leaves, `finish` finishes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import record
from besttrav.kernel import clock, ids, jobs
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.privacy import actions, files, ledger
from besttrav.privacy.fields import fields_of, personal_models, sheets_of
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import Erasure, ErasureItem, ErasureState
from besttrav.privacy.queries import sheets_decided_on
from besttrav.privacy.vault import store
from besttrav.privacy.vault.models import Clock, Epoch, EpochState, File, Hold, Sheet, SheetState

ERASE, RESTRICT, KEEP = "erase", "restrict", "keep"


class NothingToErase(Refusal):
    code = "nothing_to_erase"
    message = _("There is nothing left that could be erased.")


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What would happen to one file: gone now, stored only until a day under a law, or kept for a hold."""

    sheet: UUID
    file: UUID
    keep: Keep
    outcome: str
    law: str = ""
    until: date | None = None


def plan(subject: UUID, keeps: Iterable[Keep] | None = None) -> list[PlanItem]:
    """What erasing this person would do, file by file, before anybody confirms. `keeps` narrows it to some classes."""
    wanted = set(keeps) if keeps is not None else set(Keep)
    sheets = [
        (sheet, file, Keep(keep))
        for sheet, _, file, state, keep in store.sheets_of_subjects([subject])
        if state != SheetState.SHREDDED and Keep(keep) in wanted
    ]
    held = files.held(file for _, file, _ in sheets)
    ends = dict(Clock.objects.filter(file_id__in=[file for _, file, _ in sheets]).values_list("file_id").annotate(end=Max("ends_on")))
    return [_item(sheet, file, keep, held, ends) for sheet, file, keep in sheets]


def _item(sheet: UUID, file: UUID, keep: Keep, held: dict[UUID, Hold], ends: dict[UUID, date]) -> PlanItem:
    if file in held:
        return PlanItem(sheet, file, keep, KEEP, held[file].law, held[file].ends_on)
    if keep.rules.asked == "restrict":
        return PlanItem(sheet, file, keep, RESTRICT, keep.rules.source, ends.get(file))
    return PlanItem(sheet, file, keep, ERASE)


def erase(*, subject: UUID, actor: Actor, because: str, keeps: Iterable[Keep] | None = None) -> Erasure:
    """Decide to erase what can be erased of this person and restrict what the law keeps. The gate refuses all of it when this returns.

    Carried out right after the transaction commits, and by a job if that is interrupted. Raises NothingToErase.
    """
    return _decide(plan(subject, keeps), subject=subject, actor=actor, because=because)


def _decide(items: Sequence[PlanItem], *, subject: UUID | None, actor: Actor, because: str) -> Erasure:
    if not any(item.outcome == ERASE or item.outcome == RESTRICT for item in items):
        raise NothingToErase
    with transaction.atomic():
        erasure = Erasure.objects.create(subject=subject, because=because, decided_at=clock.now())
        ErasureItem.objects.bulk_create(
            ErasureItem(erasure=erasure, sheet=item.sheet, outcome=item.outcome, keep=item.keep.value, law=item.law, until=item.until)
            for item in items
        )
        record(actions.ERASURE_DECIDED, about=erasure, actor=actor, subject=subject, files=len(items), reason=because)
        jobs.defer("privacy.finish_erasure", erasure_id=str(erasure.pk))
        # Last before the commit: from here on whoever opens one of these sheets asks the record whether this was decided.
        crashpoint("erasure.announcing")
        store.announce([item.sheet for item in items if item.outcome != KEEP], decision=erasure.pk)
        transaction.on_commit(lambda: finish(erasure_id=erasure.pk), robust=True)
    return erasure


def finish(*, erasure_id: UUID) -> None:
    """Carry a decision out, or the rest of it. Safe to repeat and to run twice at once."""
    items = list(ErasureItem.objects.filter(erasure_id=erasure_id, erasure__state=ErasureState.DECIDED).select_related("erasure"))
    if not items:
        return
    crashpoint("erasure.decided")
    erasure = items[0].erasure
    erased = [item.sheet for item in items if item.outcome == ERASE]
    restricted = {item.sheet: item.until or date.max for item in items if item.outcome == RESTRICT}
    ledger.append(ledger.Decision(erasure.pk, erasure.decided_at, tuple(erased), tuple(restricted.items())))
    crashpoint("erasure.written_outside")
    epoch = store.shred(erased, decision=erasure.pk, decided_at=erasure.decided_at)
    crashpoint("erasure.shredded")
    store.restrict(restricted, decision=erasure.pk)
    crashpoint("erasure.restricted")
    _certify(erasure, epoch, len(erased), len(restricted))


def _certify(erasure: Erasure, epoch: int, erased: int, restricted: int) -> None:
    done = {
        "state": ErasureState.DONE,
        "done_at": clock.now(),
        "epoch": epoch,
        "everywhere_on": clock.today() + timedelta(days=settings.EPOCH_DAYS + settings.KEYRING_COPY_DAYS),
    }
    with transaction.atomic():
        # Of two who finish at once, the second waits here for the first and finds nothing left to do.
        if not Erasure.objects.filter(pk=erasure.pk, state=ErasureState.DECIDED).update(**done):
            return
        record(
            actions.ERASURE_DONE,
            about=erasure,
            actor=Actor.job("privacy.finish_erasure"),
            subject=erasure.subject,
            erased=erased,
            restricted=restricted,
            epoch=epoch,
        )
        jobs.defer("privacy.clear_rows", erasure_id=str(erasure.pk))
    crashpoint("erasure.certified")


def finish_pending(*, older_than: timedelta = timedelta(minutes=1)) -> int:
    """Finish every decision that is not carried out though it is no longer new, whatever became of its job. Returns how many."""
    decided = Erasure.objects.filter(state=ErasureState.DECIDED, decided_at__lte=clock.now() - older_than)
    pending = list(decided.order_by("id").values_list("pk", flat=True))
    for erasure_id in pending:
        finish(erasure_id=erasure_id)
    return len(pending)


def clear_rows(*, erasure_id: UUID, batch: int = 1000) -> int:
    """Empty the envelopes nobody can open any more, in batches. What the rows say without a person stays with its file's rules."""
    return clear(ErasureItem.objects.filter(erasure_id=erasure_id, outcome=ERASE).values_list("sheet", flat=True), batch=batch)


def clear_late_rows(*, since: timedelta = timedelta(days=3)) -> int:
    """Empty what a transaction that was under way when its sheet was erased has saved since. Nobody can open it as it is."""
    recent = Erasure.objects.filter(state=ErasureState.DONE, done_at__gte=clock.now() - since)
    return clear(ErasureItem.objects.filter(erasure__in=recent, outcome=ERASE).values_list("sheet", flat=True))


def clear(erased: Iterable[UUID], *, batch: int = 1000) -> int:
    """Empty every envelope of these sheets. Returns how many rows."""
    sheets = list(erased)
    cleared = 0
    for model in personal_models():
        for group in sheets_of(model):
            values = {field.attname: None for field in fields_of(model) if field.of == group.attname and field.null}
            rows = model._default_manager.filter(**{f"{group.attname}__in": sheets})
            while pks := _still_full(rows, values, batch):
                cleared += model._default_manager.filter(pk__in=pks).update(**values)
                crashpoint("erasure.cleared")
    return cleared


def _still_full(rows: "QuerySet[Any]", values: dict[str, None], batch: int) -> list[UUID]:
    if not values:
        return []
    full = reduce(or_, (Q(**{f"{name}__isnull": False}) for name in values))
    return list(rows.filter(full).values_list("pk", flat=True)[:batch])


def sweep(*, limit: int = 1000) -> int:
    """Erase the files whose last clock has run out and that no hold keeps. Returns how many sheets; call again while it is not zero."""
    today = clock.today()
    standing = Hold.objects.filter(file=OuterRef("pk"), released_at=None, ends_on__gt=today)
    due = (
        File.objects.annotate(end=Max("clocks__ends_on"))
        .filter(end__lte=today)
        .filter(sheets__state__in=[SheetState.ACTIVE, SheetState.RESTRICTED])
        .exclude(Exists(standing))
        .order_by("end")
        .values_list("pk", flat=True)
        .distinct()[:limit]
    )
    sheets = list(Sheet.objects.filter(file_id__in=list(due)).exclude(state=SheetState.SHREDDED).select_related("file"))
    decided = sheets_decided_on(sheet.pk for sheet in sheets)
    items = [_expired(sheet) for sheet in sheets if sheet.pk not in decided]
    if items:
        _decide(items, subject=None, actor=Actor.job("privacy.sweep"), because="period_over")
    return len(items)


def _expired(sheet: Sheet) -> PlanItem:
    keep = Keep(sheet.file.keep)
    return PlanItem(sheet.pk, sheet.file_id, keep, ERASE, keep.rules.source)


def sweep_unused(*, older_than: timedelta = timedelta(hours=1)) -> int:
    """Confirm the sheets a row points to, and erase those that nobody came to use: what a crash between vault and record leaves.

    After a restore of either database a missing row proves nothing, so sheets opened before it are left alone.
    """
    border = settled_before(older_than)
    unconfirmed = Sheet.objects.filter(is_confirmed=False, created_at__lt=border).exclude(state=SheetState.SHREDDED)
    wanted = list(unconfirmed.values_list("pk", flat=True)[:5000])
    used = _used(wanted)
    Sheet.objects.filter(pk__in=used).update(is_confirmed=True)
    restored_at = store.restored_at()
    unused = Sheet.objects.filter(pk__in=set(wanted) - used)
    if restored_at:
        unused = unused.filter(created_at__gt=restored_at)
    decision = ledger.Decision(ids.new_id(), clock.now(), tuple(unused.values_list("pk", flat=True)), unused=True)
    if decision.erased:
        ledger.append(decision)
        store.shred(decision.erased, decision=decision.id, decided_at=decision.decided_at)
    return len(decision.erased)


def settled_before(older_than: timedelta) -> datetime:
    """Before this, what was written in the vault first has its row in the record or never will: no transaction of then is running."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        oldest: datetime = cursor.fetchone()[0]
    return min(clock.now() - older_than, oldest)


def _used(sheets: Sequence[UUID]) -> set[UUID]:
    used: set[UUID] = set()
    for model in personal_models():
        for group in sheets_of(model):
            used.update(model._default_manager.filter(**{f"{group.attname}__in": sheets}).values_list(group.attname, flat=True))
    return used


def everywhere_on(erasure: Erasure) -> date | None:
    """From which day no copy opens: the planned day until the epoch has really ended, then the real one.

    An epoch that lives longer than planned, because no backup could be checked, moves the day: what has not happened is not told as past.
    """
    if erasure.epoch is None or erasure.everywhere_on is None:
        return None
    copies = timedelta(days=settings.KEYRING_COPY_DAYS)
    epoch = Epoch.objects.filter(number=erasure.epoch, state=EpochState.ENDED).first()
    if epoch is None or epoch.ended_at is None:
        return max(erasure.everywhere_on, clock.today() + copies)
    return epoch.ended_at.astimezone(clock.BEIJING).date() + copies
