"""The consent ledger: append-only, so what holds now is derived and every earlier answer stays provable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from besttrav.journal.operations import Draft, record, record_all
from besttrav.kernel import clock, jobs
from besttrav.kernel.actors import Actor, ActorKind
from besttrav.kernel.statements import insert_all, straight
from besttrav.privacy import actions, ledger
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.models import ConsentEvent


@dataclass(frozen=True, slots=True)
class ShownText:
    """What the person was shown when they chose: its version, language and the SHA-256 of the exact text."""

    version: str
    sha256: str
    language: str = "zh-hans"


def give(*, subject: UUID, code: Consent, text: ShownText, page: str, way: str, actor: Actor, detail: str = "") -> UUID:
    """Write down that the subject agreed. `page` and `way` are codes ("sign_in", "tap"); `detail` names a channel or recipient."""
    return _append(subject=subject, code=code, result="given", text=text, page=page, way=way, actor=actor, detail=detail)


@dataclass(frozen=True, slots=True)
class Given:
    """One consent of one person, for `give_all`."""

    subject: UUID
    code: Consent
    detail: str = ""
    way: str = field(kw_only=True)


def give_all(answers: Sequence[Given], *, text: ShownText, page: str, actor: Actor) -> None:
    """Write down several consents that were given in one step, each one an event of its own. Needs the caller's transaction."""
    now = clock.now()
    events = [
        ConsentEvent(
            subject=answer.subject,
            code=answer.code.name,
            detail=_declared_detail(answer.code, answer.detail),
            result="given",
            text_version=text.version,
            text_sha256=text.sha256,
            language=text.language,
            page=page,
            way=answer.way,
            actor_kind=actor.kind,
            actor_id=actor.id,
            at=now,
        )
        for answer in answers
    ]
    insert_all(events)
    record_all(
        [
            Draft(actions.CONSENT["given"], actor, event, event.subject, {"code": event.code.lower(), "page": page, "way": event.way})
            for event in events
        ]
    )


def refuse(*, subject: UUID, code: Consent, text: ShownText, page: str, way: str, actor: Actor, detail: str = "") -> UUID:
    """Write down that the subject was asked and said no."""
    return _append(subject=subject, code=code, result="refused", text=text, page=page, way=way, actor=actor, detail=detail)


def withdraw(*, subject: UUID, code: Consent, page: str, way: str, actor: Actor, detail: str = "") -> UUID:
    """Take the consent back, as easily as it was given (article 15): the gate refuses from the next request and job on.

    A job writes it outside both databases as well, so that a restore from a backup does not give it again.
    """
    with transaction.atomic():
        hold([subject])
        event = _append(
            subject=subject, code=code, result="withdrawn", text=ShownText("", ""), page=page, way=way, actor=actor, detail=detail
        )
        jobs.defer("privacy.keep_withdrawal", event_id=str(event))
    return event


def hold(subjects: Iterable[UUID]) -> None:
    """Nobody of these withdraws until the caller's transaction ends; whoever is just withdrawing is waited for, and seen."""
    with connection.cursor() as cursor:
        # One after the other in one order: two who hold some of the same people must not wait for each other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('privacy.consents:' || subject, 0)) FROM unnest(%s::text[]) AS held (subject)",
            [sorted(str(subject) for subject in subjects)],
        )


def keep_withdrawal(*, event_id: UUID) -> None:
    """Write a withdrawal into the ledger outside."""
    event = ConsentEvent.objects.get(pk=event_id)
    ledger.append(ledger.Withdrawal(event.id, event.at, event.subject, event.code, event.detail))


def replay(withdrawals: Iterable[ledger.Withdrawal]) -> int:
    """Write down again what an older record does not know to be withdrawn. Under its own id it stands where it stood among the answers."""
    by_id = {withdrawal.id: withdrawal for withdrawal in withdrawals}
    for known in ConsentEvent.objects.filter(pk__in=by_id).values_list("pk", flat=True):
        del by_id[known]
    ConsentEvent.objects.bulk_create(
        (
            ConsentEvent(
                id=lost.id,
                subject=lost.subject,
                code=lost.code,
                detail=lost.detail,
                result="withdrawn",
                page="replayed",
                way="replayed",
                actor_kind=ActorKind.JOB,
                at=lost.withdrawn_at,
            )
            for lost in by_id.values()
        ),
        ignore_conflicts=True,
    )
    return len(by_id)


def is_given(subject: UUID, code: Consent, detail: str = "") -> bool:
    """Whether the consent holds at this moment."""
    return (subject, code) in given([subject], [code], detail)


def given(subjects: Iterable[UUID], codes: Iterable[Consent], detail: str = "") -> set[tuple[UUID, Consent]]:
    """Which of these consents hold now, in one query."""
    wanted = [code.name for code in codes]
    if not wanted:
        return set()
    latest = straight(connection, _LATEST, [list(subjects), wanted, detail])
    return {(subject, Consent[code]) for subject, code, result in latest if result == "given"}


_LATEST = """
SELECT DISTINCT ON (subject, code) subject, code, result FROM privacy_consentevent
 WHERE subject = ANY(%s) AND code = ANY(%s) AND detail = %s ORDER BY subject, code, id DESC
"""


def _append(*, subject: UUID, code: Consent, result: str, text: ShownText, page: str, way: str, actor: Actor, detail: str) -> UUID:
    with transaction.atomic():
        event = ConsentEvent.objects.create(
            subject=subject,
            code=code.name,
            detail=_declared_detail(code, detail),
            result=result,
            text_version=text.version,
            text_sha256=text.sha256,
            language=text.language,
            page=page,
            way=way,
            actor_kind=actor.kind,
            actor_id=actor.id,
            at=clock.now(),
        )
        record(actions.CONSENT[result], about=event, actor=actor, subject=subject, code=code.name.lower(), page=page, way=way)
    return event.id


def _declared_detail(code: Consent, detail: str) -> str:
    if detail and code.value.channels and detail not in code.value.channels:
        raise ValueError(f"{code.name} has the channels {', '.join(code.value.channels)}")
    return detail
