"""The vault's statements: sheets and their keys in, sheets and their keys out. One round trip each, whatever the number of people.

Two advisory locks order what must not interleave: copying to a new epoch excludes shredding, or a copy could bring a key back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, connections

from besttrav.kernel import clock, ids
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Unavailable
from besttrav.privacy.crypto.suites import SheetCipher, new_key
from besttrav.privacy.keeping import Keep
from besttrav.privacy.vault import epochs, secrets
from besttrav.privacy.vault.connection import Question, beside_copying, vault_cursor
from besttrav.privacy.vault.models import Circumstance, Epoch, EpochState, File, SheetState
from besttrav.privacy.vault.router import VAULT
from besttrav.privacy.vault.secrets import EpochSecrets


@dataclass(frozen=True, slots=True)
class NewSheet:
    """One person's page to be opened: a subject and a file, each new unless known, and who keeps it where that is somebody else."""

    keep: Keep
    sheet: UUID
    subject: UUID
    file: UUID
    keeper: UUID | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """What the vault says about a sheet right now. `cipher` is None when no living key is left."""

    sheet: UUID
    subject: UUID
    state: SheetState
    cipher: SheetCipher | None
    place: bytes
    """Sheet, subject and file: what envelopes are bound to."""
    may_be_closing: bool
    """Whether the record must be asked if an erasure was decided that is not carried out yet."""
    keeper: UUID | None

    def is_own_of(self, subject: UUID | None) -> bool:
        """Whether this is about them, or kept by them about somebody else."""
        return subject is not None and subject in (self.subject, self.keeper)

    @property
    def file(self) -> UUID:
        return UUID(bytes=self.place[32:])


def probable_epoch() -> EpochSecrets:
    """The epoch that took new keys when this process last looked. Statements that write under it check that it still does."""
    return secrets.newest() or open_epoch()


def open_epoch() -> EpochSecrets:
    """The epoch that takes new keys now. The first one is opened by whoever comes first."""
    from_row = _open_epoch_row()
    if from_row is None:
        epochs.begin()
        from_row = _open_epoch_row()
        assert from_row is not None
    return from_row


def _open_epoch_row() -> EpochSecrets | None:
    with vault_cursor() as cursor:
        cursor.execute("SELECT number, provider_key, secret, pepper FROM vault_epoch WHERE state = 'open'")
        row = cursor.fetchone()
    return secrets.unlock(row[0], row[1], bytes(row[2]), bytes(row[3])) if row else None


_OPEN_SHEETS = """
WITH epoch AS (SELECT number FROM vault_epoch WHERE number = %(epoch)s AND provider_key = %(provider_key)s AND state = 'open' FOR SHARE),
     wanted AS (SELECT * FROM unnest(%(sheets)s::uuid[], %(subjects)s::uuid[], %(files)s::uuid[], %(keeps)s::text[], %(keepers)s::uuid[],
                %(wrapped)s::bytea[]) AS wanted(sheet, subject, file, keep, keeper, wrapped), epoch),
     subjects AS (INSERT INTO vault_subject (id, created_at) SELECT DISTINCT subject, %(now)s::timestamptz FROM wanted ON CONFLICT DO
     NOTHING), files AS (INSERT INTO vault_file (id, keep, opened_at) SELECT DISTINCT ON (file) file, keep, %(now)s::timestamptz FROM
     wanted ON CONFLICT DO NOTHING), clocks AS (INSERT INTO vault_clock (id, file_id, keep, started_on, ends_on)
                SELECT gen_random_uuid(), file, keep, started, ends
                FROM unnest(%(clock_files)s::uuid[], %(clock_keeps)s::text[], %(clock_starts)s::date[], %(clock_ends)s::date[])
                AS clock(file, keep, started, ends), epoch ON CONFLICT DO NOTHING),
     sheets AS (INSERT INTO vault_sheet (id, subject_id, file_id, keeper, state, is_confirmed, created_at)
                SELECT sheet, subject, file, keeper, 'active', false, %(now)s::timestamptz FROM wanted)
INSERT INTO vault_sheet_key (epoch, sheet, wrapped) SELECT number, sheet, wrapped FROM wanted
"""


def open_sheets(wanted: Sequence[NewSheet]) -> list[SheetCipher]:
    """Write subjects, files, sheets and fresh data keys in one statement, and return the keys ready to seal with.

    The epoch row is locked for sharing, so no key is written into an epoch that is being closed.
    """
    keys = [new_key() for _ in wanted]
    epoch = probable_epoch()
    while _insert_sheets(epoch, wanted, keys) < len(wanted):
        epoch = open_epoch()
    crashpoint("sheet.opened")
    return [secrets.cipher_of(key) for key in keys]


def _insert_sheets(epoch: EpochSecrets, wanted: Sequence[NewSheet], keys: Sequence[bytes]) -> int:
    today = clock.today()
    clocked = {new.file: new.keep for new in wanted if new.keep.starts_at_creation}
    with vault_cursor() as cursor:
        cursor.execute(
            _OPEN_SHEETS,
            {
                "epoch": epoch.number,
                "provider_key": epoch.provider_key,
                "now": clock.now(),
                "sheets": [new.sheet for new in wanted],
                "subjects": [new.subject for new in wanted],
                "files": [new.file for new in wanted],
                "keeps": [new.keep.value for new in wanted],
                "keepers": [new.keeper for new in wanted],
                "wrapped": [epoch.wrap(key, new.sheet) for key, new in zip(keys, wanted, strict=True)],
                "clock_files": list(clocked),
                "clock_keeps": [keep.value for keep in clocked.values()],
                "clock_starts": [today] * len(clocked),
                "clock_ends": [keep.ends_on(today) for keep in clocked.values()],
            },
        )
        return int(cursor.rowcount)


_SET_CLOCK = """
INSERT INTO vault_clock (id, file_id, keep, started_on, ends_on)
VALUES (gen_random_uuid(), %(file)s, %(keep)s, %(started_on)s, %(ends_on)s)
ON CONFLICT (file_id, keep) DO UPDATE SET started_on = excluded.started_on, ends_on = excluded.ends_on
"""


def set_clock(file: UUID, keep: Keep, *, started_on: date, ends_on: date) -> None:
    """Let the clock of this class run in a file, or move it."""
    with vault_cursor() as cursor:
        cursor.execute(_SET_CLOCK, {"file": file, "keep": keep.value, "started_on": started_on, "ends_on": ends_on})


_SET_CLASS = """
WITH file AS (SELECT id, keep FROM vault_file WHERE id = %(file)s FOR UPDATE),
     stopped AS (DELETE FROM vault_clock clock USING file
                 WHERE clock.file_id = file.id AND clock.keep = file.keep AND file.keep <> %(keep)s),
     started AS (INSERT INTO vault_clock (id, file_id, keep, started_on, ends_on)
                 SELECT gen_random_uuid(), id, %(keep)s, %(started_on)s, %(ends_on)s FROM file
                 ON CONFLICT (file_id, keep) DO UPDATE SET started_on = excluded.started_on, ends_on = excluded.ends_on)
UPDATE vault_file SET keep = %(keep)s FROM file WHERE vault_file.id = file.id
"""


def set_class(file: UUID, keep: Keep, *, started_on: date, ends_on: date) -> None:
    """Give a file another class and the clock of that one, in the place of the clock it had. Raises File.DoesNotExist."""
    with vault_cursor() as cursor:
        cursor.execute(_SET_CLASS, {"file": file, "keep": keep.value, "started_on": started_on, "ends_on": ends_on})
        if not cursor.rowcount:
            raise File.DoesNotExist


_IS_BEHIND = "EXISTS (SELECT 1 FROM vault_circumstance WHERE restored_at IS NOT NULL AND coalesce(replayed_at < restored_at, true))"
# LATERAL and LIMIT keep the plan to two index look-ups a sheet, whatever the planner believes about tables that just grew.
_CARDS = Question(
    "cards",
    f"""
SELECT uuid_send(sheet.id) || uuid_send(sheet.subject_id) || uuid_send(sheet.file_id), sheet.state::text,
       CASE WHEN sheet.decision IS NOT NULL THEN 'decided' END, newest.number::text, newest.provider_key::text, newest.wrapped,
       (SELECT min(number) FROM vault_epoch WHERE state <> 'ended')::text, CASE WHEN {_IS_BEHIND} THEN 'behind' END,
       uuid_send(sheet.keeper)
FROM vault_sheet sheet
LEFT JOIN LATERAL (
    SELECT epoch.number, epoch.provider_key, key.wrapped FROM vault_sheet_key key JOIN vault_epoch epoch ON epoch.number = key.epoch
    WHERE key.sheet = sheet.id AND epoch.state <> 'ended' ORDER BY key.epoch DESC LIMIT 1
) newest ON true
WHERE sheet.id = ANY($1::uuid[])
""",  # noqa: S608  # the condition above
)


class _CardRow(NamedTuple):
    place: bytes
    state: bytes
    decided: bytes | None
    epoch: bytes | None
    provider_key: bytes
    wrapped: bytes
    oldest: bytes | None
    vault_is_behind: bytes | None
    keeper: bytes | None


def cards_of(sheets: Iterable[UUID]) -> dict[UUID, Card]:
    """What the vault knows of these sheets, keys unwrapped, in one query. A sheet it does not know is absent.

    Raises Unavailable from a restore until the decisions taken since the backup are carried out again: nobody is served from the past.
    """
    wanted = {sheet.bytes: sheet for sheet in sheets}
    if not wanted:
        return {}
    rows = [_CardRow(*row) for row in _CARDS.about(list(wanted.values()))]
    if rows:
        if rows[0].vault_is_behind:
            raise Unavailable("vault", "restored, and the decisions since the backup are not replayed yet")
        if rows[0].oldest is None:
            secrets.forget_all_but(())  # Every epoch has ended: what a secret in memory still opened is no more.
        else:
            secrets.forget_before(int(rows[0].oldest))
    return {(sheet := wanted[row.place[:16]]): _card(sheet, row) for row in rows}


def _card(sheet: UUID, row: _CardRow) -> Card:
    state = _STATES[row.state]
    cipher, is_shredded = None, state is SheetState.SHREDDED
    if row.epoch is not None and not is_shredded:
        living = secrets.unlocked(row.provider_key.decode()) or _from_key_service(int(row.epoch))
        cipher = secrets.cipher_of(living.unwrap(row.wrapped, sheet)) if living else None
    subject, keeper = UUID(bytes=row.place[16:32]), UUID(bytes=bytes(row.keeper)) if row.keeper else None
    return Card(sheet, subject, state, cipher, row.place, row.decided is not None and not is_shredded, keeper)


_STATES = {state.value.encode(): state for state in SheetState}


def living_epochs() -> list[EpochSecrets]:
    """The secrets of every epoch that is not ended, newest first. Those of ended ones are dropped from memory on the way."""
    with vault_cursor() as cursor:
        cursor.execute("SELECT number, provider_key FROM vault_epoch WHERE state <> 'ended' ORDER BY number DESC")
        living = cursor.fetchall()
    secrets.forget_all_but(provider_key for _, provider_key in living)
    return [secret for number, provider_key in living if (secret := secrets.unlocked(provider_key) or _from_key_service(number))]


def _from_key_service(number: int) -> EpochSecrets | None:
    epoch = Epoch.objects.filter(number=number).exclude(state=EpochState.ENDED).first()
    return secrets.unlock(epoch.number, epoch.provider_key, bytes(epoch.secret), bytes(epoch.pepper)) if epoch else None


def sheets_of_subjects(subjects: Iterable[UUID]) -> list[tuple[UUID, UUID, UUID, str, str]]:
    """(sheet, subject, file, state, retention class) of everything ever opened about these subjects, or kept by them about others."""
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT sheet.id, sheet.subject_id, sheet.file_id, sheet.state, file.keep FROM vault_sheet sheet"
            " JOIN vault_file file ON file.id = sheet.file_id WHERE sheet.subject_id = ANY(%s) OR sheet.keeper = ANY(%s) ORDER BY sheet.id",
            [list(subjects)] * 2,
        )
        return list(cursor.fetchall())


def announce(sheets: Sequence[UUID], *, decision: UUID) -> None:
    """Let everybody who asks for these sheets ask the record too, whether this decision was taken. Harmless when it was not."""
    with vault_cursor() as cursor:
        cursor.execute("UPDATE vault_sheet SET decision = %s WHERE id = ANY(%s)", [decision, list(sheets)])


_SHRED = """
WITH wanted AS (SELECT unnest(%(sheets)s::uuid[]) AS sheet),
     epoch AS (SELECT coalesce(max(number), 0) AS number FROM vault_epoch WHERE state <> 'ended'),
     keys AS (DELETE FROM vault_sheet_key key USING wanted WHERE key.sheet = wanted.sheet),
     marks AS (DELETE FROM vault_mark mark USING wanted WHERE mark.sheet_id = wanted.sheet RETURNING mark.id),
     digests AS (DELETE FROM vault_mark_digest digest USING marks WHERE digest.mark = marks.id),
     tombstones AS (INSERT INTO vault_tombstone (sheet, decision, decided_at, shredded_at)
                    SELECT sheet, %(decision)s::uuid, %(decided_at)s::timestamptz, %(now)s::timestamptz FROM wanted ON CONFLICT DO NOTHING),
     sheets AS (UPDATE vault_sheet SET state = 'shredded', shredded_at = %(now)s::timestamptz, shredded_in = epoch.number
                FROM wanted, epoch WHERE id = wanted.sheet AND state <> 'shredded')
SELECT number FROM epoch
"""


def shred(sheets: Sequence[UUID], *, decision: UUID, decided_at: datetime) -> int:
    """Destroy the keys and marks of these sheets in every living epoch, leave tombstones, and return the epoch it happened in.

    Safe to repeat. Old copies of the vault still hold the wrapped keys until that epoch ends.
    """
    with beside_copying() as cursor:
        # Whoever adds a mark holds its sheet: what they add is seen below, and who comes later finds the sheet closed.
        cursor.execute("SELECT 1 FROM vault_sheet WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [list(sheets)])
        cursor.execute(_SHRED, {"sheets": list(sheets), "decision": decision, "decided_at": decided_at, "now": clock.now()})
        return int(cursor.fetchone()[0])


def restrict(sheets: Mapping[UUID, date], *, decision: UUID | None = None) -> None:
    """Put sheets in the state "store and protect only" until the given days. Safe to repeat; never wakes a shredded sheet.

    A later decision about the same sheets stays announced.
    """
    if not sheets:
        return
    with vault_cursor() as cursor:
        cursor.execute(
            "UPDATE vault_sheet SET state = 'restricted', restricted_until = wanted.until, decision = NULLIF(decision, %s)"
            " FROM unnest(%s::uuid[], %s::date[]) AS wanted(sheet, until) WHERE id = wanted.sheet AND state <> 'shredded'",
            [decision, list(sheets), list(sheets.values())],
        )


@dataclass(frozen=True, slots=True, repr=False)
class NewMark:
    """A cleaned value to be found again: by the row that holds it, or for itself alone."""

    kind: str
    text: str
    sheet: UUID | None = None
    row: UUID | None = None
    ends_at: datetime | None = None


_PUT_MARKS = """
WITH epoch AS (SELECT number FROM vault_epoch WHERE number = %(epoch)s AND provider_key = %(provider_key)s AND state = 'open' FOR SHARE),
     living AS (SELECT id FROM vault_sheet WHERE id = ANY(%(sheets)s::uuid[]) AND state = 'active' ORDER BY id FOR SHARE),
     wanted AS (SELECT * FROM unnest(%(marks)s::uuid[], %(kinds)s::text[], %(sheets)s::uuid[], %(rows)s::uuid[], %(ends)s::timestamptz[],
                %(digests)s::bytea[], %(sealed)s::bytea[]) AS wanted(mark, kind, sheet, row_id, ends_at, digest, sealed), epoch
                WHERE (SELECT count(*) FROM living) = %(people)s),
     marks AS (INSERT INTO vault_mark (id, kind, sheet_id, "row", created_at, ends_at)
               SELECT mark, kind, sheet, row_id, %(now)s::timestamptz, ends_at FROM wanted),
     digests AS (INSERT INTO vault_mark_digest (epoch, mark, digest, sealed) SELECT number, mark, digest, sealed FROM wanted)
SELECT EXISTS (SELECT 1 FROM epoch), (SELECT count(*) FROM living) = %(people)s
"""


class SheetNotActive(Exception):
    """A mark was to be put on a sheet that is restricted or erased."""


def put_marks(wanted: Sequence[NewMark]) -> None:
    """Add marks in one statement, all or none; raises SheetNotActive when one of their sheets is not open any more.

    The sheets are locked for sharing, so no mark slips onto one that is being erased.
    """
    if not wanted:
        return
    marks = [ids.new_id() for _ in wanted]
    epoch = probable_epoch()
    while not _insert_marks(epoch, wanted, marks):
        epoch = open_epoch()
    crashpoint("marks.put")


def _insert_marks(epoch: EpochSecrets, wanted: Sequence[NewMark], marks: Sequence[UUID]) -> bool:
    """False when the epoch is not the open one any more."""
    hashes = [epoch.hash(new.kind, new.text) for new in wanted]
    with vault_cursor() as cursor:
        cursor.execute(
            _PUT_MARKS,
            {
                "epoch": epoch.number,
                "provider_key": epoch.provider_key,
                "people": len({new.sheet for new in wanted if new.sheet}),
                "now": clock.now(),
                "marks": list(marks),
                "kinds": [new.kind for new in wanted],
                "sheets": [new.sheet for new in wanted],
                "rows": [new.row for new in wanted],
                "ends": [new.ends_at for new in wanted],
                "digests": [epoch.digest(h) for h in hashes],
                "sealed": [epoch.marks.seal(h, mark.bytes) for h, mark in zip(hashes, marks, strict=True)],
            },
        )
        is_open, are_living = cursor.fetchone()
    if is_open and not are_living:
        raise SheetNotActive
    return bool(is_open)


def marks_of(places: Iterable[tuple[UUID, str]]) -> list[UUID]:
    """The marks by which these rows are found now, each by row and kind."""
    places = list(places)
    with vault_cursor() as cursor:
        cursor.execute(
            'SELECT id FROM vault_mark WHERE ("row", kind) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))',
            [[row for row, _ in places], [kind for _, kind in places]],
        )
        return [mark for (mark,) in cursor.fetchall()]


def drop_marks(marks: Iterable[UUID]) -> int:
    """Forget these marks in every epoch."""
    with beside_copying() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM vault_mark WHERE id = ANY(%s) RETURNING id)"
            " DELETE FROM vault_mark_digest USING gone WHERE mark = gone.id",
            [list(marks)],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark by which a row is found."""

    mark: UUID
    kind: str
    row: UUID
    created_at: datetime


def placed_marks(*, after: UUID, before: datetime, limit: int) -> list[PlacedMark]:
    """The marks of rows, in order of their ids, that are older than a moment."""
    with vault_cursor() as cursor:
        cursor.execute(
            'SELECT id, kind, "row", created_at FROM vault_mark'
            ' WHERE "row" IS NOT NULL AND id > %s AND created_at < %s ORDER BY id LIMIT %s',
            [after, before, limit],
        )
        return [PlacedMark(*row) for row in cursor.fetchall()]


def ended_marks(*, limit: int) -> list[UUID]:
    """Marks whose time is over."""
    with vault_cursor() as cursor:
        cursor.execute("SELECT id FROM vault_mark WHERE ends_at <= %s ORDER BY ends_at LIMIT %s", [clock.now(), limit])
        return [mark for (mark,) in cursor.fetchall()]


def hashes_of_marks(marks: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keyed hash behind each mark, from whichever living epoch holds it."""
    living = {epoch.number: epoch for epoch in living_epochs()}
    with vault_cursor() as cursor:
        cursor.execute("SELECT epoch, mark, sealed FROM vault_mark_digest WHERE mark = ANY(%s)", [list(marks)])
        return {mark: living[epoch].marks.open(bytes(sealed), mark.bytes) for epoch, mark, sealed in cursor.fetchall() if epoch in living}


def rows_marked(kind: str, *texts: str) -> list[UUID]:
    """The rows found by any of these cleaned values, looked up in every living epoch, in one search."""
    digests = [(epoch.number, epoch.digest(epoch.hash(kind, text))) for epoch in living_epochs() for text in texts]
    with vault_cursor() as cursor:
        cursor.execute(
            'SELECT DISTINCT mark."row" FROM vault_mark mark JOIN vault_mark_digest digest ON digest.mark = mark.id'
            " JOIN unnest(%s::int[], %s::bytea[]) AS wanted(epoch, digest) ON digest.epoch = wanted.epoch AND digest.digest = wanted.digest"
            ' WHERE mark.kind = %s AND mark."row" IS NOT NULL',
            [[number for number, _ in digests], [digest for _, digest in digests], kind],
        )
        return [row for (row,) in cursor.fetchall()]


def times_marked(kind: str, text: str) -> list[datetime]:
    """When this cleaned value was marked, oldest first; marks that have ended do not count."""
    digests = [(epoch.number, epoch.digest(epoch.hash(kind, text))) for epoch in living_epochs()]
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT mark.id, mark.created_at FROM vault_mark mark JOIN vault_mark_digest digest ON digest.mark = mark.id"
            " JOIN unnest(%s::int[], %s::bytea[]) AS wanted(epoch, digest) ON digest.epoch = wanted.epoch AND digest.digest = wanted.digest"
            " WHERE mark.kind = %s AND (mark.ends_at IS NULL OR mark.ends_at > %s) ORDER BY mark.created_at",
            [[number for number, _ in digests], [digest for _, digest in digests], kind, clock.now()],
        )
        return [at for _, at in cursor.fetchall()]


def forget_marks(kind: str, text: str) -> None:
    """Forget that this cleaned value was marked."""
    digests = [(epoch.number, epoch.digest(epoch.hash(kind, text))) for epoch in living_epochs()]
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT mark.id FROM vault_mark mark JOIN vault_mark_digest digest ON digest.mark = mark.id"
            " JOIN unnest(%s::int[], %s::bytea[]) AS wanted(epoch, digest) ON digest.epoch = wanted.epoch AND digest.digest = wanted.digest"
            " WHERE mark.kind = %s",
            [[number for number, _ in digests], [digest for _, digest in digests], kind],
        )
        found = [mark for (mark,) in cursor.fetchall()]
    drop_marks(found)


@contextmanager
def values_locked(kind: str, *texts: str) -> Iterator[None]:
    """Nobody else works on these values meanwhile: what makes "one account per number" true without a unique column anywhere.

    Several are taken in one order: two who want some of the same never wait for each other.
    """
    epoch = open_epoch()
    keys = sorted({int.from_bytes(epoch.hash(kind, text)[:8], signed=True) for text in texts})
    try:
        with vault_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(key) FROM unnest(%s::bigint[]) AS wanted (key)", [keys])
        yield
    finally:
        _give_back(keys)


def _give_back(keys: list[int]) -> None:
    try:
        with connections[VAULT].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(key) FROM unnest(%s::bigint[]) AS held (key)", [keys])
    except DatabaseError:
        # A broken connection or transaction gives the locks back by ending.
        connections[VAULT].close()


def restored_at() -> datetime | None:
    """When this vault or its record was last restored from a backup, if ever."""
    return Circumstance.objects.filter(pk=1).values_list("restored_at", flat=True).first()


def note_restore() -> None:
    """Remember that the two databases may have drifted apart up to now. Nobody is served until `note_replayed`."""
    Circumstance.objects.update_or_create(pk=1, defaults={"restored_at": clock.now(), "replayed_at": None})


def note_replayed() -> None:
    """Remember that every decision known outside has been carried out again: serving may go on."""
    Circumstance.objects.update_or_create(pk=1, defaults={"replayed_at": clock.now()})


def is_behind() -> bool:
    """Whether a restore waits for the decisions taken since its backup."""
    with vault_cursor() as cursor:
        cursor.execute(f"SELECT {_IS_BEHIND}")
        return bool(cursor.fetchone()[0])


def not_erased(sheets: Iterable[UUID]) -> set[UUID]:
    """Which of these sheets have no tombstone here, or have a key in spite of it: what an older copy of the vault does not know."""
    wanted = list(sheets)
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT sheet FROM unnest(%s::uuid[]) AS wanted (sheet)"
            " WHERE NOT EXISTS (SELECT 1 FROM vault_tombstone tombstone WHERE tombstone.sheet = wanted.sheet)"
            " OR EXISTS (SELECT 1 FROM vault_sheet_key key WHERE key.sheet = wanted.sheet)",
            [wanted],
        )
        return {sheet for (sheet,) in cursor.fetchall()}


def owners_of(sheets: Iterable[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Subject and retention class by sheet."""
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT sheet.id, sheet.subject_id, file.keep FROM vault_sheet sheet JOIN vault_file file ON file.id = sheet.file_id"
            " WHERE sheet.id = ANY(%s)",
            [list(sheets)],
        )
        return {sheet: (subject, keep) for sheet, subject, keep in cursor.fetchall()}


def erased_among(sheets: Iterable[UUID]) -> set[UUID]:
    """Which of these sheets were erased."""
    with vault_cursor() as cursor:
        cursor.execute("SELECT sheet FROM vault_tombstone WHERE sheet = ANY(%s)", [list(sheets)])
        return {sheet for (sheet,) in cursor.fetchall()}
