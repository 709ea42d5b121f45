"""Beginning and ending sessions. The token itself exists in the browser only."""

from datetime import datetime, timedelta

from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import actions
from besttrav.people.models import Account, Session, StaffMember, Trust
from besttrav.people.visitors import Visitor, device_name, digest, new_token
from besttrav.privacy import files
from besttrav.privacy.keeping import Keep

SEEN_EVERY = timedelta(seconds=60)


def begin(*, owner: Account | StaffMember, visitor: Visitor, trust: Trust, device: str = "") -> tuple[Session, str]:
    """A new session and its token, which is told to the browser and nobody else. A member of staff has one session at a time."""
    token, now = new_token(), clock.now()
    sheet = files.open_sheet(keep=Keep.LOG, subject=owner.subject)
    with transaction.atomic():
        if isinstance(owner, StaffMember) and trust is Trust.FULL:
            end_all(owner=owner, actor=Actor.job("people.sessions"), why="newer_session")
        session = Session(
            account=owner if isinstance(owner, Account) else None,
            staff=owner if isinstance(owner, StaffMember) else None,
            log=sheet.id,
            network=visitor.network,
            browser=device_name(visitor.agent),
            token_sha256=digest(token),
            device_sha256=digest(device) if device else "",
            trust=trust,
            created_at=now,
            last_seen_at=now,
            proved_at=now,
        )
        session.bind()
        session.save()
    return session, token


def seen(*, session: Session) -> None:
    """Keep the session and its account awake; at most one write a minute. A low-trust session does not wake the account."""
    now = clock.now()
    if now - session.last_seen_at < SEEN_EVERY:
        return
    Session.objects.filter(id=session.id, ended_at=None).update(last_seen_at=now)
    if session.account_id and session.is_trusted:
        Account.objects.filter(id=session.account_id).update(last_seen_at=now)
    session.last_seen_at = now


def prove(*, session: Session, actor: Actor, way: str) -> None:
    """Its owner proved again who they are: what needs a fresh proof is open for a few minutes."""
    with transaction.atomic():
        session.proved_at = clock.now()
        session.save(update_fields=["proved_at"])
        record(actions.IDENTITY_PROVED, about=session, actor=actor, subject=session.owner_subject, way=way)


def end(*, session: Session, actor: Actor, why: str) -> None:
    """Sign out here. The token is worthless from now on."""
    with transaction.atomic():
        if Session.objects.filter(id=session.id, ended_at=None).update(ended_at=clock.now()):
            record(actions.SESSION_ENDED, about=session, actor=actor, subject=session.owner_subject, why=why)


def end_all(*, owner: Account | StaffMember, actor: Actor, why: str, but: Session | None = None) -> int:
    """Sign out everywhere, or everywhere else. Returns how many sessions ended."""
    with transaction.atomic():
        others = owner.sessions.filter(ended_at=None)
        ended: int = (others.exclude(id=but.id) if but else others).update(ended_at=clock.now())
        if ended:
            record(actions.SESSIONS_ENDED, about=owner, actor=actor, subject=owner.subject, why=why, sessions=ended)
    return ended


def end_restored(*, before: datetime) -> int:
    """Close every session from before a restore. None of them opens anything any more; this says so in the rows. Returns how many."""
    ended: int = Session.objects.filter(created_at__lte=before, ended_at=None).update(ended_at=clock.now())
    return ended
