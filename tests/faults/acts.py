"""What people and jobs do while processes are killed: each act is one function, played in a process of its own on a house of its own.

Acts keep a diary outside the databases: what they were about to do, and what they were told is done. Recovery is held to it.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from besttrav.contact.models import Message
from besttrav.journal import operations as journal
from besttrav.kernel import clock, jobs
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.people.models import CodePurpose
from besttrav.people.operations import accounts, codes, sessions
from besttrav.people.queries import living_session
from besttrav.people.visitors import Visitor, new_token
from besttrav.privacy import backups, consents, erasing, files, invariants, recovering, tidying, turning
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.gate import Closed, find, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import NOTIFY, OWN_ACCESS, SERVE
from besttrav.privacy.vault import epochs
from tests.jobs import run_due_jobs
from tests.sample.models import Journey

MEI = Actor.staff(id=UUID("11111111-1111-7111-8111-111111111111"), number="0417", roles=frozenset({"service"}))
SHOWN = ShownText(version="2026-12", sha256="0" * 64)


def themselves(subject: str | UUID) -> Actor:
    return Actor.person(id=UUID(str(subject)), subject=UUID(str(subject)))


# The diary.


def diary() -> Path:
    return Path(settings.ERASURE_LEDGER).parent.parent / "diary"


def note(*words: object) -> None:
    """One line. The kernel has it when this returns, so it outlives us."""
    descriptor = os.open(diary(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, (" ".join(str(word) for word in words) + "\n").encode())
    os.close(descriptor)


def noted(*kinds: str) -> list[list[str]]:
    try:
        lines = [line.split() for line in diary().read_text().splitlines()]
    except FileNotFoundError:
        return []
    return [words for words in lines if words[0] in kinds]


# What people do.


def sign_up(amount: str = "1") -> None:
    """Somebody arrives with a companion, agrees, and changes their number a moment later."""
    for _ in range(int(amount)):
        buyer, companion = files.open_sheet(keep=Keep.QUOTE), files.open_sheet(keep=Keep.QUOTE)
        first, second = (f"{prefix}{buyer.id.int % 10**8:08d}" for prefix in ("129", "128"))
        with transaction.atomic():
            journey = Journey.objects.create(buyer=buyer.id, companion=companion.id, name="林月", phone=first, companion_name="高晨")
            consents.give(
                subject=buyer.subject_id, code=Consent.K01, text=SHOWN, page="sign_in", way="tap", actor=themselves(buyer.subject_id)
            )
        note("signed", journey.pk, buyer.subject_id, f"+86{first}")
        note("changing", journey.pk, f"+86{second}")
        with transaction.atomic():
            journey.phone = second
            journey.save(update_fields=["phone"])
        note("changed", journey.pk, f"+86{second}")


def come_in(phone: str) -> str:
    """Somebody opens an account by phone and code. Returns the token of their session; the message with the code waits for its job."""
    settings.INVENTED_PHONES = "12"
    visitor = Visitor(browser=new_token(), device="", network="203.0.113.7", agent="", language="zh-hans")
    challenge = codes.request(phone=phone, purpose=CodePurpose.SIGN_IN, visitor=visitor, actor=Actor.visitor())
    message = reveal_one(Message.objects.latest("created_at"), "values", purpose=NOTIFY, actor=Actor.job("contact.send"))
    proved = codes.check(
        challenge_id=challenge.id,
        code=json.loads(message["values"])["code"],
        purpose=CodePurpose.SIGN_IN,
        visitor=visitor,
        actor=Actor.visitor(),
    )
    return accounts.register(challenge=proved, visitor=visitor, agreed_to=SHOWN).token


def sign_out(token: str) -> None:
    session = living_session(token, of_staff=False, now=clock.now())
    assert session
    sessions.end(session=session, actor=Actor.visitor(), why="own_wish")


def is_in(token: str) -> bool:
    return living_session(token, of_staff=False, now=clock.now()) is not None


def erase(*subjects: str) -> None:
    for subject in subjects:
        note("erasing", subject)
        erasing.erase(subject=UUID(subject), actor=themselves(subject), because="asked")
        note("erased", subject)


def withdraw(subject: str) -> None:
    consents.withdraw(subject=UUID(subject), code=Consent.K01, page="privacy", way="tap", actor=themselves(subject))


def has_agreed(subject: str) -> bool:
    return consents.is_given(UUID(subject), Consent.K01)


def live() -> None:
    """A busy afternoon, until somebody ends it: arrivals, readings, erasures, seals, one after the other for ever."""
    while True:
        try:
            sign_up()
            signed = noted("signed")
            dice = time.monotonic_ns()
            _, row, subject, _ = signed[dice % len(signed)]
            reveal_one(Journey.objects.get(pk=row), "name", "phone", purpose=OWN_ACCESS, actor=themselves(subject))
            if dice % 2:
                erase(subject)
            journal.seal()
        except Refusal:
            pass  # Others have erased this person meanwhile.


# What jobs and operators do.


def work() -> None:
    """The real worker, until somebody ends it."""
    from django.core.management import call_command

    call_command("procrastinate", "worker", "--fetch-job-polling-interval", "0.1")


def seal() -> int:
    return journal.seal()


def rotate() -> dict[str, Any]:
    number = turning.rotate()
    backup = backups.back_up(Path(settings.BACKUPS))
    return {"open": number, "ended": turning.end_old(), "folder": str(backup.folder), "seconds": backup.seconds}


def turn() -> list[int]:
    """A rotation whose backup is only said to be checked: making one would take most of the time."""
    epochs.mark_backup_verified(turning.rotate())
    return turning.end_old()


def turn_for_ever() -> None:
    while True:
        turn()


def back_up() -> dict[str, Any]:
    backup = backups.back_up(Path(settings.BACKUPS))
    return {"folder": str(backup.folder), "seconds": backup.seconds, "epoch": backup.manifest.epoch}


def restore(source: str, only: str = "") -> dict[str, Any]:
    done = backups.restore(Path(source), only=only or None)
    return {"replayed": done.replayed, "lost": done.lost, "healed": done.healed, "seconds": done.seconds, "set_aside": done.set_aside}


def answer_theft() -> list[int]:
    return turning.answer_theft(Path(settings.BACKUPS))


def tidy() -> int:
    return tidying.sweep_stray_marks(older_than=timedelta(0)) + erasing.sweep_unused(older_than=timedelta(0))


# What comes after a fault.


def recover() -> dict[str, int]:
    """What a start does, and then every job until none is left, stalled ones and those that wait for another try as well."""
    caught_up = recovering.catch_up()
    epochs.destroy_ended()
    jobs.retry_stalled(silent_for=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    ran = run_due_jobs()
    journal.seal()
    return {"caught_up": caught_up, "jobs": ran}


def check() -> dict[str, list[str]]:
    """Every invariant, and the diary: who signed up and did not ask to go is there, and who was told to be erased is not."""
    found = invariants.violations()
    if wrong := list(_against_the_diary()):
        found["the_diary"] = wrong
    return found


def _against_the_diary() -> Iterator[str]:
    asked = {subject for _, subject in noted("erasing")}
    told = {subject for _, subject in noted("erased")}
    phones = {row: {phone} for _, row, _, phone in noted("signed")}
    for kind, row, phone in noted("changing", "changed"):
        phones[row] = {phone} if kind == "changed" else phones[row] | {phone}
    for _, row, subject, _ in noted("signed"):
        yield from _check_person(row, phones[row], asked=subject in asked, told=subject in told)


def _check_person(row: str, phones: set[str], *, asked: bool, told: bool) -> Iterator[str]:
    journey = Journey.objects.filter(pk=row).first()
    if journey is None:
        yield f"{row} signed up and is not there"
        return
    text = _phone(journey)
    found = {phone for phone in phones if find(Journey, purpose=SERVE, actor=MEI, phone=phone).filter(pk=row).exists()}
    if told and (text or found):
        yield f"{row} was told to be erased and is still there"
    if not asked and text not in phones:
        yield f"{row} did not ask to go and reads {'another number' if text else 'nothing'}"
    if found != ({text} if text else set()):
        yield f"{row} is found by {len(found)} numbers and {'reads' if text else 'does not read'}"


def _phone(journey: Journey) -> str | None:
    try:
        return reveal_one(journey, "phone", purpose=SERVE, actor=MEI).phone or None
    except Closed:
        return None


def is_unavailable() -> bool:
    """Whether nobody can be read now."""
    try:
        reveal_one(Journey.objects.order_by("pk")[:1].get(), "phone", purpose=SERVE, actor=MEI)
    except Unavailable:
        return True
    return False


_PEOPLE: list[Callable[..., Any]] = [sign_up, erase, withdraw, has_agreed, live, come_in, sign_out, is_in]
_OPERATORS: list[Callable[..., Any]] = [work, seal, rotate, turn, turn_for_ever, back_up, restore, answer_theft, tidy]
_CHECKERS: list[Callable[..., Any]] = [recover, check, is_unavailable]
ACTS = {act.__name__: act for act in [*_PEOPLE, *_OPERATORS, *_CHECKERS]}
