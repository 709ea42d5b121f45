"""What must be true whatever has crashed, was restored or is under way: one function each, and none of them changes anything.

Run by tests after every fault, by the restore drill, and nightly in production (`manage.py invariants`). What a job is still going to
finish is no violation, as long as the job or the decision that demands it is there. Envelopes are opened and let go at once: nothing is
shown to anybody.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection, models
from django.db.models import Q
from django.utils.module_loading import autodiscover_modules

from besttrav.journal import proof
from besttrav.privacy import consents, ledger
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.crypto.suites import Damaged
from besttrav.privacy.fields import PersonalField, fields_of, personal_models, sealed_bytes, sheets_of
from besttrav.privacy.models import ConsentEvent, Erasure, ErasureItem, ErasureState
from besttrav.privacy.sealing import place_of
from besttrav.privacy.vault import secrets, store
from besttrav.privacy.vault.connection import vault_cursor
from besttrav.privacy.vault.models import Epoch, EpochState, Sheet, SheetState

Invariant = Callable[[], Iterable[str]]

BATCH: Final = 2000
_all: dict[str, Invariant] = {}


def invariant(check: Invariant) -> Invariant:
    _all[check.__name__] = check
    return check


def violations(but: Collection[str] = ()) -> dict[str, list[str]]:
    """Every invariant that does not hold, with what breaks it: ids and counts, never a value. Those named in `but` are not asked."""
    found = {name: list(check()) for name, check in _everybodys().items() if name not in but}
    return {name: told for name, told in found.items() if told}


def names() -> list[str]:
    return list(_everybodys())


def _everybodys() -> dict[str, Invariant]:
    """Ours, and those of the rooms above, each in its own `invariants.py`."""
    autodiscover_modules("invariants")
    return _all


@invariant
def every_sheet_of_a_row_is_known_or_erased() -> Iterator[str]:
    for model, group, sheets in _sheets_of_rows():
        for unknown in sheets - store.owners_of(sheets).keys() - store.erased_among(sheets):
            yield f"{model._meta.label_lower}.{group} names the sheet {unknown}, which the vault does not know"


@invariant
def every_envelope_of_a_living_sheet_opens() -> Iterator[str]:
    for field, rows in _rows_by_field():
        cards = store.cards_of(sheet for row in rows if (sheet := field.owner_of(row)))
        for row in rows:
            card = cards.get(field.owner_of(row) or UUID(int=0))
            if card and card.state is not SheetState.SHREDDED and not _opens(field, row, card):
                yield f"{field.tag} of {row.pk} does not open"


@invariant
def what_was_erased_has_no_key_and_no_mark() -> Iterator[str]:
    yield from _told(
        "SELECT sheet FROM vault_tombstone WHERE EXISTS (SELECT 1 FROM vault_sheet_key key WHERE key.sheet = vault_tombstone.sheet)",
        "has a key",
    )
    yield from _told(
        "SELECT sheet FROM vault_tombstone WHERE EXISTS (SELECT 1 FROM vault_mark mark WHERE mark.sheet_id = vault_tombstone.sheet)",
        "has a mark",
    )
    yield from _told(
        "SELECT id FROM vault_sheet WHERE state = 'shredded' AND NOT EXISTS (SELECT 1 FROM vault_tombstone WHERE sheet = id)",
        "has no tombstone",
    )
    yield from _told("SELECT sheet FROM vault_tombstone JOIN vault_sheet ON id = sheet WHERE state <> 'shredded'", "is not called shredded")


@invariant
def every_living_sheet_has_its_key() -> Iterator[str]:
    yield from _told(
        "SELECT id FROM vault_sheet sheet WHERE state <> 'shredded' AND NOT EXISTS"
        " (SELECT 1 FROM vault_sheet_key key JOIN vault_epoch epoch ON epoch.number = key.epoch AND epoch.state <> 'ended'"
        " WHERE key.sheet = sheet.id)",
        "has no key",
    )


@invariant
def no_key_stands_without_its_sheet_and_no_digest_without_its_mark() -> Iterator[str]:
    yield from _told(
        "SELECT sheet FROM vault_sheet_key WHERE NOT EXISTS (SELECT 1 FROM vault_sheet WHERE id = sheet)", "is unknown and has a key"
    )
    yield from _told(
        "SELECT mark FROM vault_mark_digest WHERE NOT EXISTS (SELECT 1 FROM vault_mark WHERE id = mark)", "is a digest without a mark"
    )
    yield from _told(
        "SELECT id FROM vault_mark WHERE NOT EXISTS (SELECT 1 FROM vault_mark_digest WHERE mark = id)", "is a mark without a digest"
    )


@invariant
def every_searchable_value_is_found_by_its_mark() -> Iterator[str]:
    for field, rows in _rows_by_field(lambda field: field.searchable):
        cards = store.cards_of(sheet for row in rows if (sheet := field.owner_of(row)))
        for row in rows:
            card = cards.get(field.owner_of(row) or UUID(int=0))
            if card and card.cipher and card.state is not SheetState.SHREDDED:
                text = card.cipher.open(sealed_bytes(getattr(row, field.attname)), place_of(field, row.pk, card)).decode()
                if row.pk not in store.rows_marked(field.tag, text):
                    yield f"{field.tag} of {row.pk} is not found by its own value"


@invariant
def every_decision_is_carried_out_or_has_a_job() -> Iterator[str]:
    for erasure in Erasure.objects.filter(state=ErasureState.DECIDED):
        if not _has_job("privacy.finish_erasure", str(erasure.pk)):
            yield f"the erasure {erasure.pk} is decided, not done, and has no job"


@invariant
def every_certificate_is_true() -> Iterator[str]:
    done = ErasureItem.objects.filter(erasure__state=ErasureState.DONE)
    erased = set(done.filter(outcome="erase").values_list("sheet", flat=True))
    for sheet in store.not_erased(erased):
        yield f"the sheet {sheet} is certified as erased and is not"
    known = {decision.id for decision in ledger.decisions()}
    for erasure_id in Erasure.objects.filter(state=ErasureState.DONE).values_list("pk", flat=True):
        if erasure_id not in known:
            yield f"the erasure {erasure_id} is not in the ledger outside"


@invariant
def every_outside_decision_is_known_inside() -> Iterator[str]:
    for decision in ledger.decisions():
        for sheet in store.not_erased(decision.erased):
            if not Erasure.objects.filter(pk=decision.id, state=ErasureState.DECIDED).exists():
                yield f"the sheet {sheet} was erased by {decision.id}, and the vault does not know"


@invariant
def what_is_restricted_inside_is_what_was_decided_outside() -> Iterator[str]:
    """The vault's states carry no seal of their own: the ledger outside says what they must be. See docs/adr/0012."""
    wanted: dict[UUID, date] = {}
    for decision in ledger.decisions():
        wanted |= dict(decision.restricted)
    restricted = dict(Sheet.objects.filter(state=SheetState.RESTRICTED).values_list("pk", "restricted_until"))
    under_way = set(ErasureItem.objects.filter(erasure__state=ErasureState.DECIDED).values_list("sheet", flat=True))
    for sheet in restricted.keys() - wanted.keys() - under_way:
        yield f"the sheet {sheet} is restricted, and nobody decided it"
    for sheet in Sheet.objects.filter(state=SheetState.ACTIVE, pk__in=wanted.keys() - under_way).values_list("pk", flat=True):
        yield f"the sheet {sheet} was restricted, and the vault calls it open"
    for sheet in restricted.keys() & wanted.keys() - under_way:
        if restricted[sheet] != wanted[sheet]:
            yield f"the sheet {sheet} was restricted until another day"


@invariant
def erased_rows_are_empty() -> Iterator[str]:
    """But for those of an erasure whose job will come."""
    for field, rows in _rows_by_field():
        sheets = {field.owner_of(row): row.pk for row in rows}
        for sheet in store.erased_among(sheet for sheet in sheets if sheet):
            if field.null and not _will_be_cleared(sheet):
                yield f"{field.tag} of {sheets[sheet]} still holds the envelope of an erased sheet"


@invariant
def consents_follow_from_their_ledger() -> Iterator[str]:
    latest: dict[tuple[UUID, str, str], str] = {}
    for event in ConsentEvent.objects.order_by("id").iterator():
        latest[event.subject, event.code, event.detail] = event.result
    for (subject, code, detail), result in latest.items():
        if consents.is_given(subject, Consent[code], detail) != (result == "given"):
            yield f"the consent {code} of {subject} is not what its last event says"


@invariant
def one_epoch_is_open_and_ended_ones_have_lost_their_key() -> Iterator[str]:
    states = dict(Epoch.objects.values_list("provider_key", "state"))
    if states and list(states.values()).count(EpochState.OPEN) != 1:
        yield "there is not exactly one open epoch"
    if len([state for state in states.values() if state == EpochState.CLOSING]) > 1:
        yield "two epochs are closing at once"
    alive = set(secrets.key_service().references())
    for reference, state in states.items():
        if state != EpochState.ENDED and reference not in alive:
            yield f"the key {reference} of a living epoch is gone"
        if state == EpochState.ENDED and reference in alive:
            yield f"the key {reference} of an ended epoch is still there"


@invariant
def the_journal_verifies() -> Iterator[str]:
    report = proof.verify()
    yield from (str(problem) for problem in report.problems)


def _sheets_of_rows() -> Iterator[tuple[type[models.Model], str, set[UUID]]]:
    for model in personal_models():
        for group in sheets_of(model):
            rows = model._default_manager.exclude(**{group.attname: None}).order_by("pk").values_list("pk", group.attname)
            for page in _pages(rows):
                yield model, group.name, {sheet for _, sheet in page}


def _rows_by_field(wanted: Callable[[PersonalField], bool] = lambda field: True) -> Iterator[tuple[PersonalField, list[Any]]]:
    for model in personal_models():
        for field in filter(wanted, fields_of(model)):
            rows = model._default_manager.exclude(**{f"{field.name}__isnull": True}).order_by("pk").only("pk", field.of, field.name)
            for page in _pages(rows):
                yield field, page


def _pages(rows: "models.QuerySet[Any, Any]") -> Iterator[list[Any]]:
    """By key, so that rows saved meanwhile move nothing."""
    last: UUID | None = None
    while page := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        yield page
        newest = page[-1]
        last = newest[0] if isinstance(newest, tuple) else newest.pk


def _opens(field: PersonalField, row: models.Model, card: store.Card) -> bool:
    if card.cipher is None:
        return False
    try:
        card.cipher.open(sealed_bytes(getattr(row, field.attname)), place_of(field, row.pk, card))
    except Damaged:
        return False
    return True


def _will_be_cleared(sheet: UUID) -> bool:
    erasures = Erasure.objects.filter(Q(items__sheet=sheet))
    return any(erasure.state == ErasureState.DECIDED or _has_job("privacy.clear_rows", str(erasure.pk)) for erasure in erasures)


def _has_job(name: str, erasure_id: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs"
            " WHERE task_name = %s AND args->>'erasure_id' = %s AND status IN ('todo', 'doing'))",
            [name, erasure_id],
        )
        return bool(cursor.fetchone()[0])


def _told(statement: str, what: str) -> list[str]:
    with vault_cursor() as cursor:
        cursor.execute(f"{statement} LIMIT 20")
        return [f"{id} {what}" for (id,) in cursor.fetchall()]
