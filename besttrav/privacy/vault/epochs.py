"""Key epochs: begin the next one, carry the living over, end the old one. Only an epoch's end is shredding.

Measured before this was designed: of keys deleted in PostgreSQL, 140 of 150 stayed readable in the table file and all in WAL and dumps. So
an erased key dies everywhere only when the provider key that wraps its epoch is destroyed, and that may happen only after a backup of the
vault under the new epoch has been restored and checked: otherwise losing the vault would lose everyone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from besttrav.kernel import clock
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.privacy.crypto.suites import new_key
from besttrav.privacy.vault import secrets
from besttrav.privacy.vault.connection import COPY_LOCK, ROTATION_LOCK, vault_cursor
from besttrav.privacy.vault.models import Epoch, EpochState
from besttrav.privacy.vault.router import VAULT
from besttrav.privacy.vault.secrets import EpochSecrets

BATCH = 5_000
Progress = Callable[[int, int], None]


class BackupNotVerified(Refusal):
    code = "backup_not_verified"
    message = "The old keys stay until a backup of the vault under the new epoch has been restored and checked."
    way_out = "Run `make backup`; it restores and checks what it wrote."


def begin() -> int:
    """Open the next epoch for new keys and close the present one to them. Returns its number. Safe against others beginning at once."""
    with transaction.atomic(using=VAULT), vault_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROTATION_LOCK])
        current = Epoch.objects.filter(state=EpochState.OPEN).first()
        if current and Epoch.objects.filter(state=EpochState.CLOSING).exists():
            return current.number  # A rotation is under way: it is finished before the next begins.
        number = (Epoch.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
        _make_partitions(number)
        provider_key = secrets.key_service().create(f"epoch-{number}")
        crashpoint("epoch.key_made")
        pepper = _present_secrets(current).pepper if current else secrets.new_pepper()
        secret, sealed_pepper = secrets.lock_away(number, provider_key, new_key(), pepper)
        if current:
            Epoch.objects.filter(number=current.number).update(state=EpochState.CLOSING)
        Epoch.objects.create(number=number, state=EpochState.OPEN, provider_key=provider_key, secret=secret, pepper=sealed_pepper)
    crashpoint("epoch.begun")
    return number


def carry_over(progress: Progress | None = None) -> int:
    """Copy every living key and mark from the closing epoch into the open one. Returns how many. Resumes where a crash left it.

    Reads go on meanwhile: each batch excludes shredding for a fraction of a second, nothing else.
    """
    old, new = _closing(), Epoch.objects.get(state=EpochState.OPEN)
    if old is None:
        return 0
    before, after = _present_secrets(old), _present_secrets(new)
    total = _count(old.number)
    done = 0
    for what in (_KEYS, _MARKS):
        last: UUID | None = UUID(int=0)
        while last is not None:
            last, carried = _carry_batch(what, before, after, last)
            crashpoint("epoch.carried")
            done += carried
            if progress:
                progress(done, total)
        _let_the_planner_look(what.table, after.number)
    return done


def mark_backup_verified(number: int, at: datetime | None = None) -> None:
    """Note that a backup holding this epoch was restored and its keys opened."""
    Epoch.objects.filter(number=number).update(backup_verified_at=at or clock.now())


def end_old() -> list[int]:
    """End every closing epoch: drop its partitions and destroy its provider key, everywhere and for good. Returns the numbers.

    Raises BackupNotVerified while no backup under the open epoch has been checked, and refuses to lose anybody who was not carried over.
    """
    current = Epoch.objects.get(state=EpochState.OPEN)
    ended = []
    for epoch in Epoch.objects.filter(state=EpochState.CLOSING):
        if current.backup_verified_at is None:
            raise BackupNotVerified
        carry_over()
        crashpoint("epoch.closing")
        with transaction.atomic(using=VAULT), vault_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COPY_LOCK])
            # Everybody who reads keys would queue behind us while we wait for somebody's dump to end. The next run tries again.
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            if _left_behind(epoch.number, current.number):
                raise RuntimeError("keys are left behind in the closing epoch")
            for table in ("vault_sheet_key", "vault_mark_digest"):
                cursor.execute(f"DROP TABLE IF EXISTS {table}_{epoch.number}")
            Epoch.objects.filter(number=epoch.number).update(state=EpochState.ENDED, ended_at=clock.now(), secret=b"", pepper=b"")
        crashpoint("epoch.dropped")
        destroy_ended()
        crashpoint("epoch.destroyed")
        ended.append(epoch.number)
    return ended


def destroy_ended() -> list[str]:
    """Destroy provider keys that no living epoch uses: finishes what a crash between the vault and the key service left."""
    living = set(Epoch.objects.exclude(state=EpochState.ENDED).values_list("provider_key", flat=True))
    service = secrets.key_service()
    known = set(Epoch.objects.values_list("provider_key", flat=True))
    gone = [reference for reference in service.references() if reference in known and reference not in living]
    for reference in gone:
        service.destroy(reference)
    secrets.forget_all_but(living)
    return gone


def rotate(progress: Progress | None = None) -> int:
    """Begin the next epoch and carry everybody over. The old epoch ends later, by `end_old`, once a backup is verified."""
    number = begin()
    carry_over(progress)
    return number


def _closing() -> Epoch | None:
    return Epoch.objects.filter(state=EpochState.CLOSING).order_by("number").first()


def _present_secrets(epoch: Epoch) -> EpochSecrets:
    return secrets.unlock(epoch.number, epoch.provider_key, bytes(epoch.secret), bytes(epoch.pepper))


def _make_partitions(number: int) -> None:
    with vault_cursor() as cursor:
        for table in ("vault_sheet_key", "vault_mark_digest"):
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table}_{number} PARTITION OF {table} FOR VALUES IN ({number})")


def _let_the_planner_look(table: str, number: int) -> None:
    """Plans made while the new partition was empty are made anew, by every connection."""
    with vault_cursor() as cursor:
        cursor.execute(f"ANALYZE {table}_{number}")


def _count(number: int) -> int:
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM vault_sheet_key WHERE epoch = %s) + (SELECT count(*) FROM vault_mark_digest WHERE epoch = %s)",
            [number, number],
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Carried:
    """What goes over into the next epoch: a table, the column that names its rows, what is sealed in it, and how that is sealed anew."""

    table: str
    name: str
    sealed: str
    written: str
    seal_anew: Callable[[EpochSecrets, EpochSecrets, bytes, bytes], tuple[bytes, ...]]


def _key_anew(before: EpochSecrets, after: EpochSecrets, sheet: bytes, wrapped: bytes) -> tuple[bytes, ...]:
    return (after.keys.seal(before.keys.open(wrapped, sheet), sheet),)


def _mark_anew(before: EpochSecrets, after: EpochSecrets, mark: bytes, sealed: bytes) -> tuple[bytes, ...]:
    h = before.marks.open(sealed, mark)
    return after.digest(h), after.marks.seal(h, mark)


_KEYS = _Carried("vault_sheet_key", "sheet", "wrapped", "epoch, sheet, wrapped", _key_anew)
_MARKS = _Carried("vault_mark_digest", "mark", "sealed", "epoch, mark, digest, sealed", _mark_anew)


def _carry_batch(what: _Carried, before: EpochSecrets, after: EpochSecrets, last: UUID) -> tuple[UUID | None, int]:
    """Carry the next rows after `last` over, but those carried before a crash. Returns the last, or None at the end, and how many."""
    with transaction.atomic(using=VAULT), vault_cursor() as django_cursor:
        cursor = django_cursor.connection.cursor(binary=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COPY_LOCK])
        cursor.execute(
            f"SELECT uuid_send({what.name}), {what.sealed} FROM {what.table}"  # noqa: S608  # names of our own tables
            f" WHERE epoch = %s AND {what.name} > %s ORDER BY {what.name} LIMIT %s",
            [before.number, last, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return None, 0
        until = UUID(bytes=rows[-1][0])
        cursor.execute(
            f"SELECT uuid_send({what.name}) FROM {what.table} WHERE epoch = %s AND {what.name} > %s AND {what.name} <= %s",  # noqa: S608  # names of our own tables
            [after.number, last, until],
        )
        carried = {name for (name,) in cursor.fetchall()}
        number = after.number.to_bytes(4)
        with cursor.copy(f"COPY {what.table} ({what.written}) FROM STDIN (FORMAT binary)") as copy:
            # In binary a number and an id are their bytes, so none of them is made into an object and back.
            copy.set_types(["bytea"] * (what.written.count(",") + 1))
            for name, sealed in rows:
                if name not in carried:
                    copy.write_row((number, name, *what.seal_anew(before, after, name, sealed)))
        return until, len(rows)


def _left_behind(old: int, new: int) -> bool:
    with vault_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT sheet FROM vault_sheet_key WHERE epoch = %s EXCEPT SELECT sheet FROM vault_sheet_key WHERE epoch = %s)"
            " OR EXISTS (SELECT mark FROM vault_mark_digest WHERE epoch = %s EXCEPT SELECT mark FROM vault_mark_digest WHERE epoch = %s)",
            [old, new, old, new],
        )
        return bool(cursor.fetchone()[0])
