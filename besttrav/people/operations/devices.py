"""Recognising a browser again: a random mark in a cookie, only after its owner agreed, seen and changed and forgotten on one page.

With it we warn the person of other browsers only, and a stranger's wrong codes do not shut the owner's browser out. Without it every
sign-in is told. Nothing about the device itself is read: the mark is ours, minted at random, and only its digest is kept.
"""

from django.db import transaction
from django.db.models import QuerySet

from besttrav.journal.operations import record
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions
from besttrav.people.models import Account, Session
from besttrav.people.visitors import digest, new_token
from besttrav.privacy import consents
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText


class NotAgreed(Refusal):
    """A new mark was asked for where none may be kept."""

    code = "not_agreed"


def may_recognise(account: Account) -> bool:
    """Whether the account's owner agreed to cookies that are not necessary, of which this mark is one."""
    return consents.is_given(account.subject, Consent.K12)


def recognise(*, account: Account, session: Session, agreed_to: ShownText, actor: Actor) -> str:
    """The person agrees to be recognised in this browser. Returns the mark for its cookie."""
    with transaction.atomic():
        consents.give(subject=account.subject, code=Consent.K12, text=agreed_to, page="devices", way="button", actor=actor)
        return _mark(session, actor)


def renew(*, account: Account, session: Session, actor: Actor) -> str:
    """Another mark for this browser; the old one is forgotten wherever it stands. Raises NotAgreed."""
    if not may_recognise(account):
        raise NotAgreed
    with transaction.atomic():
        if session.device_sha256:
            _unmark(account.sessions.filter(device_sha256=session.device_sha256))
            session.refresh_from_db()
        return _mark(session, actor)


def stop(*, account: Account, actor: Actor) -> None:
    """Take the consent back: no browser of this account is recognised any more."""
    with transaction.atomic():
        consents.withdraw(subject=account.subject, code=Consent.K12, page="devices", way="button", actor=actor)
        forget(account=account)


def forget(*, account: Account) -> None:
    """Forget every mark of this account. Safe to run twice."""
    with transaction.atomic():
        _unmark(account.sessions.exclude(device_sha256=""))


def _mark(session: Session, actor: Actor) -> str:
    token = new_token()
    _set(session, digest(token))
    record(actions.DEVICE_MARKED, about=session, actor=actor, subject=session.owner_subject)
    return token


def _unmark(marked: "QuerySet[Session, Session]") -> None:
    for session in marked.select_for_update(of=("self",)):
        _set(session, "")


def _set(session: Session, sha256: str) -> None:
    """Bound again only if it was: a row that somebody changed is not made good by us."""
    was_bound = session.is_bound
    session.device_sha256 = sha256
    if was_bound:
        session.bind()
    session.save(update_fields=["device_sha256", "bond"])
