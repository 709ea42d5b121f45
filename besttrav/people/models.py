"""Accounts, codes and sessions of customers; the same of staff, with agreements and roles."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.kernel import clock, ids
from besttrav.people import actions
from besttrav.people.bonds import Bound, bond
from besttrav.people.limits import CODE, CUSTOMER, STAFF
from besttrav.people.permissions import Role
from besttrav.people.purposes import PREFILL, SEARCH, STAFF_SIGN_IN
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import CORRECT, EMPLOY, NOTIFY, SECURITY, SERVE, SIGN_IN


class AccountState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("account", "open")
    PASSED_ON = "passed_on", pgettext_lazy("account", "number passed on")
    CLOSING = "closing", pgettext_lazy("account", "closing")
    CLOSED = "closed", pgettext_lazy("account", "closed")


ACCOUNT_MOVES = {
    AccountState.ACTIVE: {AccountState.PASSED_ON, AccountState.CLOSING},
    AccountState.PASSED_ON: {AccountState.CLOSING},
    AccountState.CLOSING: {AccountState.CLOSED},
    AccountState.CLOSED: set[AccountState](),
}


class Account(PersonalModel):
    """A customer. Only the phone is asked; `subject` is the random id under which everything of theirs is found."""

    MOVES, MOVED = ACCOUNT_MOVES, actions.ACCOUNT_MOVED

    holder = SheetField(_("account holder"))
    subject = models.UUIDField(db_index=True, editable=False)
    phone = PersonalField(
        Kind.PHONE, of="holder", keep=Keep.ACCOUNT, purposes={SIGN_IN, NOTIFY, SERVE, CORRECT, SECURITY}, searchable=True, required=True
    )
    state = Plain("state of an account", models.CharField(max_length=10, choices=AccountState.choices, default=AccountState.ACTIVE))
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("account")

    @property
    def may_sign_in(self) -> bool:
        return self.state == AccountState.ACTIVE

    def is_settling(self, now: datetime) -> bool:
        """Whether its number was set a moment ago by somebody who did not prove the old one: a code sent to it proves little yet."""
        return self.settled_at is not None and now < self.settled_at

    def is_silent(self, now: datetime) -> bool:
        """Whether the number may have been given to somebody else since its owner was last here."""
        return now - self.last_seen_at >= timedelta(days=CUSTOMER.silent_days)


class SearchedWords(PersonalModel):
    """What the holder of an account typed to find insurance. Of visitors nothing is kept.

    The words of a month share a sheet, so none lives longer than the period counted from that month's first search.
    """

    searcher = SheetField(_("whoever searched"))
    account = models.ForeignKey(Account, models.CASCADE, related_name="searches")
    words = PersonalField(Kind.SEARCH_WORDS, of="searcher", keep=Keep.SEARCH, purposes={SEARCH})
    searched_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("searches")
        indexes = [models.Index(fields=["account", "-searched_at"], name="people_search_newest")]


def _of_traveller(kind: Kind, label: object = "") -> PersonalField:
    return PersonalField(kind, of="person", keep=Keep.TRAVELLER, purposes={PREFILL}, label=label)


class SavedTraveller(PersonalModel):
    """Somebody whom the holder of an account insures again and again, kept because the holder asked for it.

    Each is a subject of their own, in a file of their own that the holder keeps: nobody is found by it, nothing is attached to whoever
    owns the number. At most two documents, one to travel at home with and one abroad. `ends_on` repeats the file's clock.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="travellers")
    person = SheetField(_("saved traveller"))
    name = _of_traveller(Kind.NAME)
    passport_name = _of_traveller(Kind.NAME, _("name as in the passport"))
    relation = _of_traveller(Kind.RELATION)
    identity_kind = Plain("kind of identity document", models.CharField(max_length=24))
    identity_number = _of_traveller(Kind.IDENTITY_NUMBER)
    identity_ends = _of_traveller(Kind.IDENTITY_NUMBER, _("last day of the identity document"))
    other_kind = Plain("kind of identity document", models.CharField(max_length=24, blank=True, default=""))
    other_number = _of_traveller(Kind.IDENTITY_NUMBER, _("number of the other identity document"))
    other_ends = _of_traveller(Kind.IDENTITY_NUMBER, _("last day of the other identity document"))
    birth_date = _of_traveller(Kind.BIRTH_DATE)
    sex = _of_traveller(Kind.SEX)
    phone = _of_traveller(Kind.PHONE)
    email = _of_traveller(Kind.EMAIL)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(default=clock.now)
    ends_on = Plain("when a period of ours ends", models.DateField(db_index=True))
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("saved traveller")


class CodePurpose(models.TextChoices):
    """What a code was sent for. A code for one thing never works for another."""

    SIGN_IN = "sign_in", _("sign in")
    CHANGE_PHONE = "change_phone", _("use this number for your account")
    PROVE = "prove", _("confirm that it is you")
    BUY = "buy", _("confirm your application for insurance")
    FIND_ORDER = "find_order", _("find your order again")
    OBJECT = "object", _("object to being in a contract")
    SURRENDER = "surrender", _("give your policy up")


class Challenge(PersonalModel):
    """One code sent to one phone for one purpose, asked for by one browser."""

    holder = SheetField(_("owner of the phone a code was sent to"))
    phone = PersonalField(Kind.PHONE, of="holder", keep=Keep.CODE, purposes={SIGN_IN}, searchable=True, required=True)
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    purpose = Plain("what the code is for", models.CharField(max_length=14, choices=CodePurpose.choices))
    browser_sha256 = Plain("digest of a random token", models.CharField(max_length=64, db_index=True))
    code_digest = Plain("keyed digest of a random code, bound to this row", models.CharField(max_length=64))
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    proved_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in code")
        indexes = [models.Index(fields=["created_at"], name="people_challenge_by_time")]  # what the whole site sends is counted by time

    def is_open(self, now: datetime) -> bool:
        """Whether a code may still be tried."""
        return self.proved_at is None and self.replaced_at is None and self.tries < CODE.tries and now < self.expires_at

    def is_proof(self, now: datetime) -> bool:
        """Whether it still proves, once, that its browser holds its phone."""
        return self.proved_at is not None and self.spent_at is None and now < self.proved_at + timedelta(seconds=2 * CODE.life)


class AlarmKind(models.TextChoices):
    """What is watched over all one-time codes together; see `traffic` and the table [watch] of the limits."""

    WRONG = "wrong", _("More one-time codes are entered wrong than right: somebody may be guessing at many numbers.")
    UNANSWERED = "unanswered", _("Few one-time codes are ever entered: somebody may be sending them for money. New browsers wait first.")
    HALF_SPENT = "half_spent", _("A large part of this hour's one-time codes is used up. New browsers wait first.")
    SPENT = "spent", _("One-time codes are nearly used up: only those who signed in here before still get one.")


class Alarm(models.Model):
    """One of these is so, from when until when. Whoever may read the journal sees it on the staff home page."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = Plain("kind of alarm", models.CharField(max_length=12, choices=AlarmKind.choices))
    raised_at = models.DateTimeField(default=clock.now)
    sounded_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="people_alarm_once", fields=["kind"], condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"alarm {self.kind}"


class NumberProof(models.TextChoices):
    """How a caller showed that a closed number is theirs. Never by a code read out to us: we promise not to ask for one."""

    CALLED_BACK = "called_back", _("I called this number back and the person answered")
    DOCUMENT = "document", _("I saw the carrier's contract or bill for this number with an identity document")


class Reopening(models.Model):
    """A member of staff opened a number again that wrong codes had closed: on which proof and under which case of ours."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    staff = models.ForeignKey("StaffMember", models.PROTECT, related_name="reopenings")
    proof = Plain("one of a few words", models.CharField(max_length=12, choices=NumberProof.choices))
    reference = Plain("number of a case or ticket of ours: letters, digits and hyphens", models.CharField(max_length=24))
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["staff", "at"], name="people_reopening_by_staff")]

    def __str__(self) -> str:
        return f"reopening {self.id}"


class StaffState(models.TextChoices):
    INVITED = "invited", pgettext_lazy("staff", "invited")
    ACTIVE = "active", pgettext_lazy("staff", "active")
    LOCKED = "locked", pgettext_lazy("staff", "locked")
    LEFT = "left", pgettext_lazy("staff", "left")


STAFF_MOVES = {
    StaffState.INVITED: {StaffState.INVITED, StaffState.ACTIVE, StaffState.LEFT},  # again, when an invitation has run out
    StaffState.ACTIVE: {StaffState.INVITED, StaffState.LOCKED, StaffState.LEFT},
    StaffState.LOCKED: {StaffState.INVITED, StaffState.ACTIVE, StaffState.LEFT},
    StaffState.LEFT: set[StaffState](),
}


class StaffMember(PersonalModel):
    """A member of staff. Others, customers above all, know them by number."""

    MOVES, MOVED = STAFF_MOVES, actions.STAFF_MOVED

    holder = SheetField(_("member of staff"))
    subject = models.UUIDField(db_index=True, editable=False)
    number = Plain("staff number, given by us", models.CharField(max_length=12, unique=True))
    name = PersonalField(Kind.NAME, of="holder", keep=Keep.STAFF, purposes={EMPLOY}, required=True)
    totp_secret = PersonalField(Kind.SECRET, of="holder", keep=Keep.STAFF, purposes={STAFF_SIGN_IN})
    password_hash = Plain("salted slow hash", models.CharField(max_length=200, blank=True, default=""))
    totp_step = models.BigIntegerField(default=0)
    state = Plain("state of a staff account", models.CharField(max_length=8, choices=StaffState.choices, default=StaffState.INVITED))
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    invitation_sha256 = Plain("digest of a random token", models.CharField(max_length=64, blank=True, default="", db_index=True))
    invitation_ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("staff account")

    @property
    def may_sign_in(self) -> bool:
        return self.state == StaffState.ACTIVE

    def is_paused(self, now: datetime) -> bool:
        """Whether too many wrong entries ask for patience."""
        return self.paused_until is not None and now < self.paused_until

    def is_invited(self, now: datetime) -> bool:
        return self.state == StaffState.INVITED and self.invitation_ends_at is not None and now < self.invitation_ends_at


class ConfidentialityAgreement(models.Model):
    """The promise that comes before every role: which text, its digest, and when it was signed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="agreements")
    version = Plain("version of a text of ours", models.CharField(max_length=20))
    sha256 = Plain("digest of a text of ours", models.CharField(max_length=64))
    signed_at = models.DateTimeField(default=clock.now)

    class Meta:
        # The grant's foreign key points at both columns: see the migration.
        constraints = [models.UniqueConstraint(fields=["id", "staff"], name="people_agreement_of_staff")]

    def __str__(self) -> str:
        return f"agreement {self.id}"


class GrantState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("role", "asked for")
    GRANTED = "granted", pgettext_lazy("role", "granted")
    REFUSED = "refused", pgettext_lazy("role", "refused")
    TAKEN_BACK = "taken_back", pgettext_lazy("role", "taken back")


GRANT_MOVES = {
    GrantState.ASKED: {GrantState.GRANTED, GrantState.REFUSED},
    GrantState.GRANTED: {GrantState.TAKEN_BACK},
    GrantState.REFUSED: set[GrantState](),
    GrantState.TAKEN_BACK: set[GrantState](),
}


class RoleGrant(Bound):
    """A role for a member of staff: never without their own signed agreement, never decided by who asked or by who gains.

    The founding grants of a new installation have neither asker nor decider; the database allows them to be granted only as such.
    """

    MOVES, MOVED = GRANT_MOVES, actions.ROLE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="grants")
    role = Plain("a role of the permissions table", models.CharField(max_length=12, choices=[(role.value, role.value) for role in Role]))
    agreement = models.ForeignKey(ConfidentialityAgreement, models.PROTECT, related_name="grants")
    state = Plain("state of a grant", models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.ASKED))
    is_founding = models.BooleanField(default=False)
    asked_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_grant_two_people",
                condition=Q(is_founding=True)
                | Q(state="asked", asked_by__isnull=False)
                | Q(asked_by__isnull=False, decided_by__isnull=False) & ~Q(asked_by=F("decided_by")) & ~Q(staff=F("decided_by")),
            ),
            models.UniqueConstraint(name="people_grant_once", fields=["staff", "role"], condition=Q(state__in=["asked", "granted"])),
        ]

    def __str__(self) -> str:
        return f"grant {self.id}"

    @property
    def label(self) -> object:
        return Role(self.role).label

    @property
    def true_bond(self) -> str:
        """Ties member, role, state, agreement and the two who decided together under a key of the site's."""
        people = (self.staff_id, self.asked_by_id, self.decided_by_id)
        return bond("grants", self.id, *people, self.role, self.state, self.agreement_id, self.is_founding, key=settings.GRANT_KEY)

    @property
    def is_in_force(self) -> bool:
        """Whether the role counts: granted, and by us. A row that somebody made or changed in the record gives no role."""
        return self.state == GrantState.GRANTED and self.is_bound


class ResetState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("reset", "asked for")
    DONE = "done", pgettext_lazy("reset", "done")
    REFUSED = "refused", pgettext_lazy("reset", "refused")


RESET_MOVES = {
    ResetState.ASKED: {ResetState.DONE, ResetState.REFUSED},
    ResetState.DONE: set[ResetState](),
    ResetState.REFUSED: set[ResetState](),
}


class FactorReset(models.Model):
    """Lost password or device: there is no self-service. One administrator asks, another one confirms, and a new invitation begins.

    Each of the two holds one half of it and hands that over in person, so neither can enrol in the member's place.
    """

    MOVES, MOVED = RESET_MOVES, actions.RESET_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="resets")
    state = Plain("state of a reset", models.CharField(max_length=8, choices=ResetState.choices, default=ResetState.ASKED))
    asked_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    half_sha256 = Plain("digest of a random token", models.CharField(max_length=64, default=""))
    asked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="people_reset_two_people",
                condition=~Q(staff=F("asked_by"))
                & (Q(decided_by__isnull=True) & ~Q(state="done") | ~Q(asked_by=F("decided_by")) & ~Q(staff=F("decided_by"))),
            ),
            models.UniqueConstraint(name="people_reset_once", fields=["staff"], condition=Q(state="asked")),
        ]

    def __str__(self) -> str:
        return f"reset {self.id}"


class Opening(models.Model):
    """A member of staff asked to see somebody's data: for which purpose and which case of ours. The disclosures name it as their case."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    staff = models.ForeignKey(StaffMember, models.PROTECT, related_name="openings")
    subject = models.UUIDField(db_index=True)
    purpose = Plain("code of a purpose", models.CharField(max_length=40))
    reference = Plain("number of a case or ticket of ours: letters, digits and hyphens", models.CharField(max_length=24))
    opened_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["staff", "opened_at"], name="people_opening_by_staff")]

    def __str__(self) -> str:
        return f"opening {self.id}"


class Trust(models.TextChoices):
    """How far a session may go. `pending` is staff after the first factor; `low` is a phone that may have changed hands."""

    FULL = "full"
    LOW = "low"
    PENDING = "pending"


class Session(PersonalModel, Bound):
    """Somebody signed in on one browser. Only the digest of its token is kept; address and browser are sealed as their owner's log data."""

    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="sessions")
    staff = models.ForeignKey(StaffMember, models.CASCADE, null=True, related_name="sessions")
    log = SheetField(_("somebody signed in"))
    network = PersonalField(Kind.NETWORK_ADDRESS, of="log", keep=Keep.LOG, purposes={SECURITY}, required=True)
    browser = PersonalField(Kind.BROWSER, of="log", keep=Keep.LOG, purposes={SECURITY}, required=True)
    token_sha256 = Plain("digest of a random token", models.CharField(max_length=64, unique=True))
    device_sha256 = Plain("digest of a random token", models.CharField(max_length=64, blank=True, default="", db_index=True))
    trust = Plain("how far the session may go", models.CharField(max_length=8, choices=Trust.choices, default=Trust.FULL))
    created_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    proved_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in")
        constraints = [
            models.CheckConstraint(name="people_session_of_one", condition=Q(account__isnull=True) ^ Q(staff__isnull=True)),
            models.UniqueConstraint(
                name="people_one_session_per_staff", fields=["staff"], condition=Q(ended_at__isnull=True, trust="full")
            ),
        ]

    @property
    def owner_subject(self) -> UUID:
        owner = self.account or self.staff
        assert owner is not None
        return owner.subject

    @property
    def true_bond(self) -> str:
        """Ties token, owner, the owner's subject, the trust and the browser's mark together under a key of the site's: whoever can only
        write to the record can neither make a session nor point one, or the account behind it, at somebody else's data."""
        return bond(
            "sessions", self.id, self.account_id, self.staff_id, self.owner_subject, self.trust, self.token_sha256, self.device_sha256
        )

    @property
    def is_trusted(self) -> bool:
        return self.trust == Trust.FULL

    def is_alive(self, now: datetime) -> bool:
        """Whether it still counts: not ended, not idle too long, not older than a day's work."""
        limits = STAFF if self.staff_id else CUSTOMER
        idle, age = (now - self.last_seen_at).total_seconds(), (now - self.created_at).total_seconds()
        return self.ended_at is None and idle < limits.idle and age < limits.absolute

    def is_freshly_proved(self, now: datetime) -> bool:
        """Whether its owner proved who they are within the last minutes."""
        if self.account and self.account.is_settling(now):
            return False
        limits = STAFF if self.staff_id else CUSTOMER
        return (now - self.proved_at).total_seconds() < limits.step_up
