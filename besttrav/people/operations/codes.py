"""One-time codes: sent to a phone, bound to one browser, one purpose and five minutes, and counted whoever owns the phone."""

import hmac
import secrets
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from besttrav.contact import operations as contact
from besttrav.contact.templates import Template
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, phones, queries, traffic
from besttrav.people.limits import CODE, WATCH
from besttrav.people.models import Account, Challenge, CodePurpose
from besttrav.people.visitors import Visitor
from besttrav.privacy import files, marks
from besttrav.privacy.gate import find, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import SIGN_IN
from besttrav.privacy.queries import restored_since

CHECKER = Actor.job("people.codes")
WRONG, WRONG_AT_HOME = "code_wrong", "code_wrong_at_home"
_IN_A_ROW = {WRONG: CODE.tries_in_a_row, WRONG_AT_HOME: CODE.tries_in_a_row_at_home}
_WAIT_COUNTS = timedelta(seconds=WATCH.wait_counts)
HOUR, DAY, EVER = timedelta(hours=1), timedelta(days=1), timedelta(days=3650)


class TooSoon(Refusal):
    """The next code must wait. The same for every number, whether anybody has an account or not."""

    code = "too_soon"
    message = _("A code was sent a moment ago.")
    way_out = _("Wait a little, then ask for another one. The newest code counts.")


class TooMany(Refusal):
    code = "too_many"
    message = _("Too many codes were asked for or entered.")
    way_out = _("Try again tomorrow, or call us.")


class NoneLeft(Refusal):
    """The site's own budget of codes is used up; see settings. The same for every number."""

    code = "none_left"
    message = _("We cannot send codes just now, because unusually many were asked for.")
    way_out = _("Try again in an hour, or call us.")


class WaitFirst(Refusal):
    """Nobody is asked to read a picture or to run a program: whoever is new waits, and then asks again. See docs/adr/0011."""

    code = "wait_first"
    message = _("Unusually many codes are being asked for, so a browser we do not know waits a little before its first one.")

    def __init__(self, seconds: int) -> None:
        asks = ngettext("Wait %(seconds)d second, then ask again.", "Wait %(seconds)d seconds, then ask again.", seconds)
        super().__init__(way_out=asks % {"seconds": seconds})
        self.seconds = seconds


class CodeRefused(Refusal):
    """Wrong, too late, replaced, used, or asked for by another browser: from outside these look the same."""

    code = "code_refused"
    message = _("This code does not work.")
    way_out = _("Compare it with the newest message, or ask for a new code.")


def request(*, phone: str, purpose: CodePurpose, visitor: Visitor, actor: Actor, account: Account | None = None) -> Challenge:
    """Send a code. Known and unknown numbers take the same path to the same answer.

    Raises PhoneRefused, TooSoon, TooMany, WaitFirst or NoneLeft.

    The message belongs to a new subject: typing a number attaches nothing to its owner.
    """
    phone = phones.clean(phone)
    with alone_with(phone):
        _check_may_send(phone, visitor, account)
        with transaction.atomic():
            _replace_older(phone, purpose, account)
            challenge, code = _new_challenge(phone, purpose, visitor, account)
            contact.prepare(
                phone=phone,
                template=Template.CODE,
                values=_values(code, purpose, visitor.language),
                language=visitor.language,
                actor=actor,
                useless_after=challenge.expires_at,
            )
            record(actions.CODE_SENT, about=challenge, actor=actor, purpose=purpose.value)
        _note_sent(phone, visitor)
    return challenge


def check(*, challenge_id: UUID, code: str, purpose: CodePurpose, visitor: Visitor, actor: Actor) -> Challenge:
    """Prove the phone with the code. Raises CodeRefused or TooMany; every try is counted before the answer is known."""
    challenge = cast(
        Challenge | None, Challenge.objects.filter(id=challenge_id, purpose=purpose, browser_sha256=visitor.browser_sha256).first()
    )
    if challenge is None or not challenge.is_open(clock.now()) or restored_since(challenge.created_at):
        raise CodeRefused
    phone = phone_of(challenge)
    with alone_with(phone):
        _check_may_try(phone, visitor)
        is_right = _try(challenge, code, actor)
        if not is_right:
            _note_wrong(phone, visitor)
            raise CodeRefused
        for line in _IN_A_ROW:
            marks.forget(f"{line}_in_a_row", phone)
        marks.forget("code_unanswered", phone)
    return challenge


def end_restored(*, before: datetime) -> int:
    """Close every code and proof from before a restore. None of them works any more; this says so in the rows. Returns how many."""
    left = Challenge.objects.filter(created_at__lte=before, spent_at=None)
    unanswered: int = left.filter(proved_at=None, replaced_at=None).update(replaced_at=clock.now())
    unspent: int = left.filter(proved_at__isnull=False).update(spent_at=clock.now())
    return unanswered + unspent


def spend(*, challenge: Challenge, visitor: Visitor, purpose: CodePurpose) -> None:
    """Use a proof up; runs in the caller's transaction. Raises CodeRefused when it was used, is too old or is another browser's."""
    locked = Challenge.objects.select_for_update().get(id=challenge.id)
    _require_proof(locked, visitor, purpose)
    locked.spent_at = clock.now()
    locked.save(update_fields=["spent_at"])


def proved_phone(*, challenge: Challenge, visitor: Visitor, purpose: CodePurpose) -> str:
    """The number this browser proved to hold. Raises CodeRefused before anything could be learned about a number it only typed."""
    _require_proof(challenge, visitor, purpose)
    return phone_of(challenge)


def phone_of(challenge: Challenge) -> str:
    """The number a challenge was sent to, opened to sign its owner in."""
    return reveal_one(challenge, "phone", purpose=SIGN_IN, actor=CHECKER).phone


def alone_with(phone: str) -> AbstractContextManager[None]:
    """One request at a time per number: what is counted cannot be overtaken."""
    return marks.locked("code", phone)


def is_closed(phone: str) -> bool:
    """Whether wrong entries have closed this number, to strangers or to its owner's own browsers, until somebody opens it again."""
    return any(marks.count(f"{line}_in_a_row", phone) >= most for line, most in _IN_A_ROW.items())


def forget_wrong(phone: str) -> None:
    """Begin to count anew: the wrong entries in a row, and today's."""
    for line in _IN_A_ROW:
        marks.forget(f"{line}_in_a_row", phone)
        marks.forget(line, phone)


def phone_of_account(account: Account) -> str:
    """The number an account signs in with: proved when it was set."""
    return reveal_one(account, "phone", purpose=SIGN_IN, actor=CHECKER).phone


def _require_proof(challenge: Challenge, visitor: Visitor, purpose: CodePurpose) -> None:
    if challenge.purpose != purpose or challenge.browser_sha256 != visitor.browser_sha256 or not challenge.is_proof(clock.now()):
        raise CodeRefused
    if not hmac.compare_digest(challenge.code_digest, proof_of(challenge)):
        raise CodeRefused
    if restored_since(challenge.created_at):  # It may have been spent after the backup.
        raise CodeRefused


def _check_may_send(phone: str, visitor: Visitor, account: Account | None) -> None:
    now = clock.now()
    sent = marks.times("code_sent", phone, since=now - DAY)
    if len(sent) >= CODE.sent_a_day or _is_closed_for(phone, visitor):
        raise TooMany
    unanswered = marks.times("code_unanswered", phone, since=now - DAY)
    if sent and now - sent[-1] < CODE.jittered_wait_after(len(unanswered), sent[-1]):
        raise TooSoon
    if sum(at >= now - HOUR for at in sent) >= CODE.sent_an_hour:
        raise TooSoon
    _check_neighbours(phone, visitor)
    _check_the_whole_site(phone, visitor, is_known=account is not None or bool(queries.recognised(visitor)))


def _check_neighbours(phone: str, visitor: Visitor) -> None:
    """Limits shared by many numbers: one browser, one network, one row of numbers."""
    now = clock.now()
    if Challenge.objects.filter(browser_sha256=visitor.browser_sha256, created_at__gt=now - HOUR).count() >= CODE.sent_an_hour_browser:
        raise TooMany
    if marks.count("code_sent_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, since=now - HOUR) >= CODE.sent_an_hour_network:
        raise TooMany
    if marks.count("code_sent_segment", phones.segment(phone), since=now - DAY) >= CODE.sent_a_day_segment:
        raise TooMany


def _check_the_whole_site(phone: str, visitor: Visitor, *, is_known: bool) -> None:
    """What is left for everybody. Who is signed in, or did in this browser before, is served from the reserve and waits for nobody."""
    if traffic.is_spent(1.0 if is_known else 1 - WATCH.reserved_share):
        raise NoneLeft
    if not is_known and traffic.is_suspicious():
        _require_waiting(phone, visitor)


def _require_waiting(phone: str, visitor: Visitor) -> None:
    """The first request begins the wait, for this browser and this number; one of a few places its network has in an hour."""
    now = clock.now()
    asked = marks.times("code_waiting", f"{visitor.browser_sha256} {phone}", kind=Kind.DEVICE, since=now - _WAIT_COUNTS)
    of_network = marks.times("code_waiting_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, since=now - HOUR)
    if not asked:
        if len(of_network) >= WATCH.waiting_an_hour_network:
            raise TooMany
        marks.note("code_waiting_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, life=HOUR)
        marks.note("code_waiting", f"{visitor.browser_sha256} {phone}", kind=Kind.DEVICE, life=_WAIT_COUNTS)
        asked, of_network = [now], [*of_network, now]
    place = max(1, sum(at <= asked[0] for at in of_network))
    left = WATCH.wait_as(place) - (now - asked[0])
    if left > timedelta(0):
        raise WaitFirst(ceil(left.total_seconds()))


def _check_may_try(phone: str, visitor: Visitor) -> None:
    now = clock.now()
    if _is_closed_for(phone, visitor):
        raise TooMany
    if marks.count(_wrong(phone, visitor), phone, since=now - DAY) >= CODE.tries_a_day:
        raise TooMany
    here = _here(phone, visitor)
    if marks.count("code_wrong_here", here, kind=Kind.NETWORK_ADDRESS, since=now - DAY) >= CODE.tries_a_day_network:
        raise TooMany
    if marks.count("code_wrong_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, since=now - HOUR) >= CODE.tries_an_hour_network:
        raise TooMany


def _wrong(phone: str, visitor: Visitor) -> str:
    """The mark this browser's wrong entries count under: the owner's own browser has one of its own, so that no stranger who goes on
    entering wrong codes for a number shuts its owner out."""
    return WRONG_AT_HOME if queries.is_device_of(phone, visitor) else WRONG


def _is_closed_for(phone: str, visitor: Visitor) -> bool:
    line = _wrong(phone, visitor)
    return marks.count(f"{line}_in_a_row", phone) >= _IN_A_ROW[line]


def _here(phone: str, visitor: Visitor) -> str:
    return f"{visitor.neighbourhood} {phone}"


def _note_sent(phone: str, visitor: Visitor) -> None:
    marks.note("code_sent", phone, life=DAY)
    marks.note("code_unanswered", phone, life=DAY)
    marks.note("code_sent_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, life=HOUR)
    marks.note("code_sent_segment", phones.segment(phone), life=DAY)


def _note_wrong(phone: str, visitor: Visitor) -> None:
    line = _wrong(phone, visitor)
    marks.note(line, phone, life=DAY)
    marks.note(f"{line}_in_a_row", phone, life=EVER)
    marks.note("code_wrong_here", _here(phone, visitor), kind=Kind.NETWORK_ADDRESS, life=DAY)
    marks.note("code_wrong_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, life=HOUR)


def _replace_older(phone: str, purpose: CodePurpose, account: Account | None) -> None:
    """Only those for the same thing: whoever asks to sign in with somebody's number must not undo the code they are buying with."""
    older = find(Challenge, phone=phone, purpose=SIGN_IN, actor=CHECKER)
    older.filter(purpose=purpose, account=account, replaced_at=None, proved_at=None).update(replaced_at=clock.now())


def _new_challenge(phone: str, purpose: CodePurpose, visitor: Visitor, account: Account | None) -> tuple[Challenge, str]:
    code = f"{secrets.randbelow(10**CODE.digits):0{CODE.digits}d}"
    now = clock.now()
    challenge = Challenge(
        holder=files.open_sheet(keep=Keep.CODE).id,
        phone=phone,
        account=account,
        purpose=purpose,
        browser_sha256=visitor.browser_sha256,
        created_at=now,
        expires_at=now + timedelta(seconds=CODE.life),
    )
    challenge.code_digest = _digest(challenge, code)
    challenge.save()
    return challenge, code


def _try(challenge: Challenge, code: str, actor: Actor) -> bool:
    """Count this try and say whether it was right, in one transaction under the row's lock."""
    with transaction.atomic():
        locked = Challenge.objects.select_for_update().get(id=challenge.id)
        now = clock.now()
        if not locked.is_open(now):
            raise CodeRefused
        is_right = hmac.compare_digest(_digest(locked, code), locked.code_digest)
        if is_right:
            locked.proved_at = challenge.proved_at = now
            locked.code_digest = challenge.code_digest = proof_of(locked)
            record(actions.CODE_RIGHT, about=locked, actor=actor, purpose=locked.purpose)
        else:
            locked.tries += 1
            record(actions.CODE_WRONG, about=locked, actor=actor, purpose=locked.purpose, tries=locked.tries)
        locked.save(update_fields=["proved_at", "code_digest", "tries"])
    return is_right


def proof_of(challenge: Challenge) -> str:
    """What stands in place of the code's digest once it was entered: a proof that nobody who can merely write to the record can make."""
    assert challenge.proved_at is not None
    return _digest(challenge, f"proved {challenge.proved_at.timestamp()}")


def _digest(challenge: Challenge, code: str) -> str:
    """Keyed apart from everything else and bound to this row. The sheet stands for the phone: the record keeps no hash of a number."""
    key = sha256(b"one-time codes\0" + settings.CODE_KEY.encode()).digest()
    bound = f"{challenge.holder}|{challenge.account_id}|{challenge.purpose}|{challenge.browser_sha256}|{challenge.id}|{code}"
    return hmac.new(key, bound.encode(), sha256).hexdigest()


def _values(code: str, purpose: CodePurpose, language: str) -> dict[str, str]:
    with override(language):
        action = str(purpose.label)
    return {"code": code, "action": action, "minutes": str(CODE.life // 60), "domain": settings.CODE_DOMAIN}
