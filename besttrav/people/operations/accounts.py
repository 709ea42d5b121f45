"""Accounts of customers: signing in and registering are one flow, and whoever takes over a number never sees its former owner's data."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.contact import operations as contact
from besttrav.contact.templates import Template
from besttrav.journal.operations import move, record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, queries
from besttrav.people.limits import CUSTOMER
from besttrav.people.models import Account, AccountState, Challenge, CodePurpose, Session, Trust
from besttrav.people.operations import codes, devices, sessions
from besttrav.people.visitors import Visitor, new_token
from besttrav.privacy import consents, erasing, files, marks
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.gate import Unreadable, find, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import SIGN_IN

KEEPER = Actor.job("people.accounts")


class NumberTaken(Refusal):
    """Told only to somebody who has just proved that they hold the number."""

    code = "number_taken"
    message = _("Another account uses this number.")
    way_out = _("Sign in with it instead, or close that account first.")


class NotFreshlyProved(Refusal):
    code = "not_freshly_proved"
    message = _("Please confirm that it is you.")
    way_out = _("We send a code to your number.")


class StillSettling(Refusal):
    code = "still_settling"
    message = _("Your number was changed less than a day ago, without a code to the old one, so this is closed for a day.")
    way_out = _("Try again tomorrow. If you did not change the number, call us at once.")


class NotTrusted(Refusal):
    code = "not_trusted"
    message = _("This number was silent for a long time and this device is new, so what belongs to the account stays closed.")
    way_out = _("Start a new account, or call us to prove that the old one is yours.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the tokens its browser keeps; `__repr__` shows neither.

    Without `device` the browser keeps no mark of ours: nobody who signs in with it has agreed to be recognised.
    """

    session: Session
    token: str
    device: str

    def __repr__(self) -> str:
        return f"SignedIn({self.session.id})"


def sign_in(*, challenge: Challenge, visitor: Visitor) -> SignedIn | None:
    """Enter with a proved phone. None means nobody has an account with it: `register`, with consent, while the proof lasts."""
    phone = codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.SIGN_IN)
    with _alone_with(phone):
        account = _account_of(phone)
        if account is None:
            return None
        with transaction.atomic():
            codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.SIGN_IN)
            return _enter(account, phone, visitor)


def register(*, challenge: Challenge, visitor: Visitor, agreed_to: ShownText) -> SignedIn:
    """Open an account for a proved phone. The person agreed to the basic functions of the policy they were shown: K01, nothing else."""
    phone = codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.SIGN_IN)
    with _alone_with(phone):
        if _account_of(phone):
            raise NumberTaken
        with transaction.atomic():
            codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.SIGN_IN)
            return _open_account(phone, visitor, agreed_to)


def start_afresh(*, session: Session, visitor: Visitor, agreed_to: ShownText) -> SignedIn:
    """A new owner of a recycled number starts an account of their own. The former owner's account and its data stay out of reach for it.

    Nobody can come back to the former account by itself, so it counts as closed from today: its clock runs, and its owner has until it
    ends to prove to us that it is theirs.
    """
    former = session.account
    if former is None or session.trust != Trust.LOW:
        raise NotTrusted
    phone = reveal_one(former, "phone", purpose=SIGN_IN, actor=KEEPER).phone
    with _alone_with(phone), transaction.atomic():
        move(former, AccountState.PASSED_ON, actor=KEEPER, because="number_recycled", subject=former.subject)
        sessions.end_all(owner=former, actor=KEEPER, why="number_recycled")
        files.start_clock_of(former.holder, Keep.ACCOUNT, clock.today())
        return _open_account(phone, visitor, agreed_to)


def change_phone(*, account: Account, challenge: Challenge, session: Session, visitor: Visitor, actor: Actor) -> None:
    """Another number signs in from now on. The new one is proved by code, the old one is told, every other session ends.

    A person who lost their phone cannot prove the old one, so a trusted session is enough: the message to the old number is the alarm.
    For a day after such a change the new number signs in but is no fresh proof, or a browser left open would be enough for everything.
    """
    _require_trust(session)
    phone = codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.CHANGE_PHONE)
    with _alone_with(phone):
        if _account_of(phone):
            raise NumberTaken
        old = reveal_one(account, "phone", purpose=SIGN_IN, actor=KEEPER).phone
        with transaction.atomic():
            codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.CHANGE_PHONE)
            account.phone = phone
            if not session.is_freshly_proved(clock.now()):
                account.settled_at = clock.now() + timedelta(seconds=CUSTOMER.settling)
            account.save(update_fields=["phone", "settled_at"])
            record(actions.PHONE_CHANGED, about=account, actor=actor, subject=account.subject)
            sessions.end_all(owner=account, actor=actor, why="phone_changed", but=session)
            _tell(old, Template.PHONE_CHANGED, account, visitor.language)


def prove_again(*, challenge: Challenge, session: Session, visitor: Visitor, actor: Actor) -> None:
    """The code sent to the account's own number arrived: what needs a fresh proof is open for five minutes."""
    if session.account is None or challenge.account_id != session.account_id:
        raise codes.CodeRefused
    with transaction.atomic():
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.PROVE)
        sessions.prove(session=session, actor=actor, way="code")


def request_proof(*, account: Account, visitor: Visitor, actor: Actor) -> Challenge:
    """Send a code to the account's own number. Raises StillSettling for a day after it was changed without proof of the old one."""
    if account.is_settling(clock.now()):
        raise StillSettling
    phone = reveal_one(account, "phone", purpose=SIGN_IN, actor=KEEPER).phone
    return codes.request(phone=phone, purpose=CodePurpose.PROVE, visitor=visitor, actor=actor, account=account)


def close(*, account: Account, session: Session, visitor: Visitor, actor: Actor) -> None:
    """Close the account: what no law keeps is erased at once, the rest is locked away until its day. Needs a fresh proof."""
    _require_trust(session)
    if not session.is_freshly_proved(clock.now()):
        raise NotFreshlyProved
    phone = reveal_one(account, "phone", purpose=SIGN_IN, actor=KEEPER).phone
    with transaction.atomic():
        move(account, AccountState.CLOSING, actor=actor, because="own_wish", subject=account.subject)
        sessions.end_all(owner=account, actor=actor, why="account_closed")
        _tell(phone, Template.ACCOUNT_CLOSED, None, visitor.language)
        erasing.erase(subject=account.subject, actor=actor, because="account_closed")
        move(account, AccountState.CLOSED, actor=actor, because="erased", subject=account.subject)


def _account_of(phone: str) -> Account | None:
    accounts = find(Account, phone=phone, purpose=SIGN_IN, actor=KEEPER)
    account = accounts.filter(state=AccountState.ACTIVE).first()
    if account and not _is_its_holders(account):
        raise Unreadable
    return account


def _is_its_holders(account: Account) -> bool:
    """Whether the vault says the same about whose account it is: somebody who can write to the record might have put another subject
    there."""
    sheet = files.sheet_of(account.holder)
    return sheet is not None and sheet.subject_id == account.subject


def _alone_with(phone: str) -> AbstractContextManager[None]:
    """One account per number: nobody else looks and inserts meanwhile."""
    return marks.locked("account", phone)


def _enter(account: Account, phone: str, visitor: Visitor) -> SignedIn:
    is_known = account in queries.recognised(visitor)
    trust = Trust.LOW if account.is_silent(clock.now()) and not is_known else Trust.FULL
    signed_in = _begin(account, visitor, trust, is_new_device=not is_known)
    if trust is Trust.FULL:
        account.last_seen_at = clock.now()
        account.save(update_fields=["last_seen_at"])
        if not is_known:
            _tell(phone, Template.NEW_DEVICE, account, visitor.language)
    return signed_in


def _open_account(phone: str, visitor: Visitor, agreed_to: ShownText) -> SignedIn:
    sheet = files.open_sheet(keep=Keep.ACCOUNT)
    account = Account.objects.create(holder=sheet.id, subject=sheet.subject_id, phone=phone)
    actor = Actor.person(id=account.id, subject=account.subject)
    record(actions.REGISTERED, about=account, actor=actor, subject=account.subject)
    consents.give(subject=account.subject, code=Consent.K01, text=agreed_to, page="sign_up", way="checkbox", actor=actor)
    return _begin(cast(Account, account), visitor, Trust.FULL, is_new_device=True)


def _begin(account: Account, visitor: Visitor, trust: Trust, *, is_new_device: bool) -> SignedIn:
    device = (visitor.device or new_token()) if trust is Trust.FULL and devices.may_recognise(account) else ""
    session, token = sessions.begin(owner=account, visitor=visitor, trust=trust, device=device)
    actor = Actor.person(id=account.id, subject=account.subject, session=session.id)
    record(actions.SIGNED_IN, about=session, actor=actor, subject=account.subject, trust=trust.value, new_device=is_new_device)
    return SignedIn(session, token, device or (visitor.device if queries.recognised(visitor) else ""))


def _tell(phone: str, template: Template, account: Account | None, language: str) -> None:
    """A closed account's last message belongs to nobody, so that it outlives the erasure it tells about."""
    values = {"moment": clock.now().astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"), "hotline": settings.OPERATOR["hotline"]}
    subject = account.subject if account else None
    contact.prepare(phone=phone, template=template, values=values, language=language, actor=KEEPER, subject=subject)


def _require_trust(session: Session) -> None:
    if not session.is_trusted:
        raise NotTrusted
