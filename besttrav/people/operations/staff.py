"""Staff: invited by an administrator, enrolled with a password and a second factor, signed in with both. No self-service recovery."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import move, record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import actions, passwords, totp
from besttrav.people.bonds import bond, fits
from besttrav.people.limits import STAFF
from besttrav.people.models import FactorReset, ResetState, Session, StaffMember, StaffState, Trust
from besttrav.people.operations import granting, sessions
from besttrav.people.operations.granting import SamePerson
from besttrav.people.purposes import STAFF_SIGN_IN
from besttrav.people.visitors import Visitor, digest
from besttrav.privacy import files, marks
from besttrav.privacy.gate import reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.queries import restored_since

PORTER = Actor.job("people.staff")
INVITATION_LIFE = timedelta(hours=24)
HOUR = timedelta(hours=1)


class SignInRefused(Refusal):
    """Unknown number, wrong password, wrong code, pause or lock: the same answer for all."""

    code = "sign_in_refused"
    message = _("These details do not sign anybody in.")
    way_out = _("Check them and try again. After several wrong entries there is a pause of a quarter of an hour.")


class InvitationRefused(Refusal):
    code = "invitation_refused"
    message = _("This invitation is not valid, or not any more.")
    way_out = _("Ask an administrator for a new one.")


class StaffNumberTaken(Refusal):
    code = "staff_number_taken"
    message = _("This staff number belongs to somebody already.")
    way_out = _("Choose another one. For a lost password, device or invitation ask for a reset instead.")


class ResetAsked(Refusal):
    code = "reset_asked"
    message = _("A reset was asked for already.")
    way_out = _("Another administrator has to confirm it.")


@dataclass(frozen=True, slots=True)
class Entered:
    """A session and the token for its browser's cookie."""

    session: Session
    token: str

    def __repr__(self) -> str:
        return f"Entered({self.session.id})"


def invite(*, number: str, name: str, actor: Actor) -> tuple[StaffMember, str]:
    """Open a staff account without any role. Returns it with the invitation code, which is shown once. Raises StaffNumberTaken."""
    if StaffMember.objects.filter(number=number).exists():
        raise StaffNumberTaken
    sheet = files.open_sheet(keep=Keep.STAFF)
    with transaction.atomic():
        staff = StaffMember(number=number, holder=sheet.id, subject=sheet.subject_id, name=name)
        _invite(staff, digest(invitation := secrets.token_hex(8)))
        staff.save()
        record(actions.STAFF_INVITED, about=staff, actor=actor, subject=staff.subject)
    return staff, invitation


def enrol(*, number: str, invitation: str, password: str, visitor: Visitor) -> Entered:
    """Accept an invitation with a password of one's own; the second factor comes next. Raises InvitationRefused or PasswordRefused."""
    staff = StaffMember.objects.filter(number=number).first()
    if staff is None or not staff.is_invited(clock.now()) or not fits(staff.invitation_sha256, _bound(staff, _kept_of(invitation))):
        raise InvitationRefused
    if staff.invitation_ends_at is None or restored_since(staff.invitation_ends_at - INVITATION_LIFE):
        raise InvitationRefused  # It may have been accepted after the backup.
    passwords.check_new(password, has_second_factor=True, about=(number,))
    with transaction.atomic():
        staff.password_hash = passwords.hashed(password)
        staff.totp_secret = b64encode(totp.new_secret()).decode()
        staff.totp_step = 0
        staff.save(update_fields=["password_hash", "totp_secret", "totp_step"])
        record(actions.STAFF_ENROLLED, about=staff, actor=PORTER, subject=staff.subject, way="password")
        # Whoever began with this invitation before would otherwise be shown the new secret.
        sessions.end_all(owner=staff, actor=PORTER, why="enrolled_again")
        session, token = sessions.begin(owner=staff, visitor=visitor, trust=Trust.PENDING)
    return Entered(session, token)


def confirm_app(*, session: Session, code: str, visitor: Visitor) -> Entered:
    """The authenticator app shows the right code, so the account is ready. Raises SignInRefused."""
    staff = _pending(session, StaffState.INVITED)
    with transaction.atomic():
        entered = _ready(staff, session, visitor, way="app") if _brings(staff, code) else None
    return _let_in(entered)


def sign_in(*, number: str, password: str, visitor: Visitor) -> Entered:
    """The first factor. The session it begins can do nothing but bring the second. Raises SignInRefused, for every number alike after
    many wrong passwords from one network: one guess on each account is an attack as well.
    """
    _check_network(visitor)
    staff = StaffMember.objects.filter(number=number).first()
    # Outside the lock, because it is slow on purpose; and for a number nobody has, so that it takes as long.
    is_right = passwords.fits(password, staff.password_hash if staff else "")
    if not is_right:
        marks.note("staff_wrong_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, life=HOUR)
    if staff is None or not staff.may_sign_in:
        raise SignInRefused
    with transaction.atomic():
        entered = Entered(*sessions.begin(owner=staff, visitor=visitor, trust=Trust.PENDING)) if _knows(staff, is_right) else None
    return _let_in(entered)


def bring_code(*, session: Session, code: str, visitor: Visitor) -> Entered:
    """The second factor from the app. The pending session ends and a new one with a new token begins. Raises SignInRefused."""
    staff = _pending(session, StaffState.ACTIVE)
    with transaction.atomic():
        entered = _enter(staff, session, visitor, way="app") if _brings(staff, code) else None
    return _let_in(entered)


def prove_with_code(*, session: Session, code: str, actor: Actor) -> None:
    """Step up: the code of the app again opens what needs a fresh proof for five minutes. Raises SignInRefused."""
    assert session.staff is not None
    with transaction.atomic():
        is_right = _brings(session.staff, code)
        if is_right:
            sessions.prove(session=session, actor=actor, way="app")
    if not is_right:
        raise SignInRefused


def app_secret(staff: StaffMember) -> bytes:
    """The secret shared with the app, opened to sign its owner in."""
    return b64decode(reveal_one(staff, "totp_secret", purpose=STAFF_SIGN_IN, actor=PORTER).totp_secret)


def ask_reset(*, staff: StaffMember, actor: Actor) -> tuple[FactorReset, str]:
    """Somebody lost their password or device, or let their invitation run out: one administrator asks. Raises SamePerson or ResetAsked.

    Returns it with the first half of the new invitation code, shown once; it is worth nothing before somebody else has confirmed.
    """
    if actor.id is None or actor.id == staff.id:
        raise SamePerson
    with transaction.atomic():
        if FactorReset.objects.filter(staff=_locked(staff), state=ResetState.ASKED).exists():
            raise ResetAsked
        half = _new_half()
        reset = FactorReset.objects.create(staff=staff, asked_by_id=actor.id, half_sha256=digest(half))
        record(actions.RESET_ASKED, about=reset, actor=actor, subject=staff.subject)
    return reset, half


def confirm_reset(*, reset: FactorReset, actor: Actor) -> str:
    """Another administrator confirms: every factor and session is gone, and a new invitation begins.

    Returns the second half of its code, shown once. Only the member gets both, and enrols with "first-second".
    """
    if actor.id in {reset.asked_by_id, reset.staff_id}:
        raise SamePerson
    with transaction.atomic():
        FactorReset.objects.filter(id=reset.id, state=ResetState.ASKED).update(decided_by_id=actor.id)
        move(reset, ResetState.DONE, actor=actor, because="confirmed", subject=reset.staff.subject)
        staff = reset.staff
        move(staff, StaffState.INVITED, actor=actor, because="factors_reset", subject=staff.subject)
        half = _new_half()
        _invite(staff, _joined(reset.half_sha256, half))
        staff.password_hash, staff.totp_secret = "", None
        staff.wrong_tries, staff.wrong_codes, staff.paused_until = 0, 0, None
        staff.save()
        sessions.end_all(owner=staff, actor=actor, why="factors_reset")
    return half


def leave(*, staff: StaffMember, actor: Actor) -> None:
    """Their last day: no sign-in any more, at once. Roles go with it."""
    if actor.id == staff.id:
        raise SamePerson
    with transaction.atomic():
        move(staff, StaffState.LEFT, actor=actor, because="left", subject=staff.subject)
        granting.take_all_back(staff=staff, actor=actor, because="left")
        sessions.end_all(owner=staff, actor=actor, why="left")
        files.start_clock_of(staff.holder, Keep.STAFF, clock.today())


def _check_network(visitor: Visitor) -> None:
    wrong = marks.count("staff_wrong_network", visitor.neighbourhood, kind=Kind.NETWORK_ADDRESS, since=clock.now() - HOUR)
    if wrong >= STAFF.wrong_an_hour_network:
        raise SignInRefused


def _invite(staff: StaffMember, sha256: str) -> None:
    staff.invitation_sha256 = _bound(staff, sha256)
    staff.invitation_ends_at = clock.now() + INVITATION_LIFE


def _bound(staff: StaffMember, sha256: str) -> str:
    """Under a key of the site's: whoever can only write to the record invites nobody to somebody's roles."""
    return bond("invitations", staff.id, sha256)


def _new_half() -> str:
    """48 random bits: whoever holds the other half cannot guess this one within a day."""
    return secrets.token_hex(6)


def _kept_of(invitation: str) -> str:
    """What is made of an invitation code before it is bound to its member: the same from a whole one and from two halves."""
    first, hyphen, second = "".join(invitation.split()).partition("-")
    return _joined(digest(first), second) if hyphen else digest(first)


def _joined(first_sha256: str, second: str) -> str:
    return digest(f"{first_sha256}{digest(second)}")


def _pending(session: Session, state: StaffState) -> StaffMember:
    staff = session.staff
    if staff is None or session.trust != Trust.PENDING or staff.state != state or staff.is_paused(clock.now()):
        raise SignInRefused
    return staff


# A factor is tried and a wrong one counted under one lock, and the refusal is raised after the commit: of many guesses at once no more
# are heard than of those one after the other.


def _knows(staff: StaffMember, is_right: bool) -> bool:
    """The password counts. A right one does not end the count: that takes both factors."""
    locked = _locked(staff)
    if locked.is_paused(clock.now()):
        return False
    if not is_right:
        _count_wrong(locked, "password")
    return is_right


def _brings(staff: StaffMember, code: str) -> bool:
    """The code of the app counts, and opens once: its time step is remembered."""
    locked = _locked(staff)
    if locked.is_paused(clock.now()) or locked.totp_secret is None:
        return False
    step = totp.matching_step(app_secret(locked), code, clock.now(), after=locked.totp_step)
    if step is None:
        _count_wrong(locked, "app")
        return False
    locked.totp_step, locked.wrong_tries, locked.wrong_codes = step, 0, 0
    locked.save(update_fields=["totp_step", "wrong_tries", "wrong_codes"])
    return True


def _locked(staff: StaffMember) -> StaffMember:
    return cast(StaffMember, StaffMember.objects.select_for_update().get(id=staff.id))


def _count_wrong(locked: StaffMember, factor: str) -> None:
    """Wrong passwords only pause, or any stranger could lock everybody out; whoever goes on guessing codes knows the password, and that
    account is locked until two administrators reset it.
    """
    locked.wrong_tries += 1
    locked.wrong_codes += factor == "app"
    record(actions.STAFF_REFUSED, about=locked, actor=PORTER, subject=locked.subject, factor=factor, tries=locked.wrong_tries)
    if locked.wrong_tries >= STAFF.tries:
        locked.wrong_tries, locked.paused_until = 0, clock.now() + timedelta(seconds=STAFF.pause)
    locked.save(update_fields=["wrong_tries", "wrong_codes", "paused_until"])
    if locked.wrong_codes >= STAFF.codes_in_a_row and locked.may_sign_in:
        move(locked, StaffState.LOCKED, actor=PORTER, because="codes_guessed", subject=locked.subject)
        sessions.end_all(owner=locked, actor=PORTER, why="locked")


def _let_in(entered: Entered | None) -> Entered:
    if entered is None:
        raise SignInRefused
    return entered


def _ready(staff: StaffMember, session: Session, visitor: Visitor, *, way: str) -> Entered:
    move(staff, StaffState.ACTIVE, actor=PORTER, because="enrolled", subject=staff.subject)
    staff.invitation_sha256, staff.invitation_ends_at = "", None
    staff.save(update_fields=["invitation_sha256", "invitation_ends_at"])
    record(actions.STAFF_ENROLLED, about=staff, actor=PORTER, subject=staff.subject, way=way)
    return _enter(staff, session, visitor, way=way)


def _enter(staff: StaffMember, pending: Session, visitor: Visitor, *, way: str) -> Entered:
    sessions.end(session=pending, actor=PORTER, why="second_factor")
    session, token = sessions.begin(owner=staff, visitor=visitor, trust=Trust.FULL)
    actor = Actor.staff(id=staff.id, number=staff.number, roles=frozenset(), session=session.id)
    record(actions.STAFF_SIGNED_IN, about=session, actor=actor, subject=staff.subject, way=way)
    return Entered(session, token)
