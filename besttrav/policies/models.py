"""People of a contract, the policy it became, its transactions and its papers.

Application and policy of one sale share a `contract` id and a file in the vault, so nobody is copied when one becomes the other.
"""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.models import ProductVersion
from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money
from besttrav.policies.actions import POLICY_MOVED, SURRENDER_MOVED
from besttrav.policies.purposes import APPLY, CONCLUDE, INVOICE, PROVE_COVER
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import CORRECT, NOTIFY, SERVE, Purpose

_ALWAYS = {APPLY, CONCLUDE, PROVE_COVER, SERVE, CORRECT}


def _of_person(kind: Kind, *, label: object = "", searchable: bool = False, also: set[Purpose] | None = None) -> PersonalField:
    return PersonalField(
        kind,
        of="person",
        keep=Keep.CONTRACT,
        purposes=_ALWAYS | (also or set()),
        searchable=searchable,
        label=label,
    )


class Party(PersonalModel):
    """Somebody in a contract: who concludes it, who is insured, who is paid on death. One person may be the first two.

    `age` is counted in whole years on the first day of cover. For an organisation `name` is its name, `identity_number` its credit code and
    `contact` who acts for it.
    """

    contract = models.UUIDField(db_index=True)
    position = models.PositiveSmallIntegerField()
    person = SheetField(_("person of a contract"))
    is_holder = models.BooleanField(default=False)
    is_insured = models.BooleanField(default=False)
    is_organisation = models.BooleanField(default=False)
    # Who is paid on the death of this insured person; without any the law says who.
    beneficiary_of = models.ForeignKey("self", models.CASCADE, null=True, related_name="beneficiaries")
    share = models.PositiveSmallIntegerField(null=True)
    share_order = models.PositiveSmallIntegerField(null=True)
    relation = Plain("a word of ours for what somebody is to somebody; names nobody", models.CharField(max_length=12, blank=True))
    identity_kind = Plain("kind of identity document", models.CharField(max_length=24))
    age = models.SmallIntegerField(null=True)
    occupation = Plain("code of an occupation in the product's list", models.CharField(max_length=40, blank=True, default=""))
    death_elsewhere_fen = models.BigIntegerField(default=0)

    name = _of_person(Kind.NAME, also={INVOICE})
    passport_name = _of_person(Kind.NAME, label=_("name as in the passport"), also={INVOICE})
    # On an invoice only where it is the credit code of an organisation.
    identity_number = _of_person(Kind.IDENTITY_NUMBER, searchable=True, also={INVOICE})
    identity_ends = _of_person(Kind.IDENTITY_NUMBER, label=_("last day of the identity document"))
    birth_date = _of_person(Kind.BIRTH_DATE)
    sex = _of_person(Kind.SEX)
    nationality = _of_person(Kind.NATIONALITY)
    phone = _of_person(Kind.PHONE, searchable=True, also={NOTIFY})
    email = _of_person(Kind.EMAIL, also={NOTIFY})
    address = _of_person(Kind.ADDRESS)
    contact = _of_person(Kind.NAME, label=_("who acts for the organisation"))

    class Meta:
        verbose_name = _("person of a contract")
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="policies_party_position"),
            models.UniqueConstraint(fields=["contract"], condition=Q(is_holder=True), name="policies_one_holder"),
            models.CheckConstraint(
                condition=Q(is_holder=True) | Q(is_insured=True) | Q(beneficiary_of__isnull=False), name="policies_party_has_part"
            ),
        ]

    @property
    def death_elsewhere(self) -> Money:
        return Money(self.death_elsewhere_fen)


class PolicyState(models.TextChoices):
    """Whether the contract stands. Whether it has begun or ended is a matter of its days: see `Policy.stage`."""

    STANDS = "stands", pgettext_lazy("policy", "stands")
    CANCELLED = "cancelled", pgettext_lazy("policy", "surrendered")


POLICY_MOVES = {PolicyState.STANDS: {PolicyState.CANCELLED}, PolicyState.CANCELLED: set[PolicyState]()}


class Stage(models.TextChoices):
    """Where a policy is on a given day, in the words of the page."""

    UPCOMING = "upcoming", pgettext_lazy("policy", "not begun")
    IN_FORCE = "in_force", pgettext_lazy("policy", "in force")
    ENDED = "ended", pgettext_lazy("policy", "ended")
    CANCELLED = "cancelled", pgettext_lazy("policy", "surrendered")


class Policy(models.Model):
    """A contract with an insurer. It points to the version that was sold, which never changes.

    `subject` is the holder's random id; `secret` is what the public check of its papers goes by.
    """

    MOVES, MOVED = POLICY_MOVES, POLICY_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    contract = models.UUIDField(unique=True)
    subject = models.UUIDField(db_index=True)
    file = models.UUIDField()
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    number = Plain("the insurer's number of a contract", models.CharField(max_length=60))
    version = models.ForeignKey(ProductVersion, models.PROTECT, related_name="+")
    plan = Plain("code of a plan", models.CharField(max_length=40))
    area = Plain("code of an area", models.CharField(max_length=40, blank=True))
    first_day = Plain("first day of a contract", models.DateField())
    last_day = Plain("last day of a contract, included", models.DateField())
    premium_fen = models.BigIntegerField()
    state = Plain("state of a policy", models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.STANDS))
    secret = Plain("random bytes", models.BinaryField(unique=True))
    code = Plain("code printed on our papers: the public check goes by it", models.CharField(max_length=16, unique=True))
    issued_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["insurer", "number"], name="policies_number_once")]
        indexes = [models.Index(fields=["subject", "-first_day"], name="policies_of_subject")]

    def __str__(self) -> str:
        return f"policy {self.id}"

    @property
    def premium(self) -> Money:
        return Money(self.premium_fen)

    def stage(self, today: date) -> Stage:
        """Where it stands on a day in Beijing."""
        if self.state == PolicyState.CANCELLED:
            return Stage.CANCELLED
        if today < self.first_day:
            return Stage.UPCOMING
        return Stage.IN_FORCE if today <= self.last_day else Stage.ENDED


class TransactionKind(models.TextChoices):
    ISSUE = "issue", pgettext_lazy("policy", "issued")
    ENDORSE = "endorse", pgettext_lazy("policy", "changed")
    RENEW = "renew", pgettext_lazy("policy", "renewed")
    CANCEL = "cancel", pgettext_lazy("policy", "surrendered")
    REINSTATE = "reinstate", pgettext_lazy("policy", "reinstated")


class PolicyTransaction(models.Model):
    """One thing that was agreed about a policy. Never changed: the current view is computed from all of them.

    `changes` says what it made of what stood there before, field by field: a name of ours, the old value and the new one.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="transactions")
    number = models.PositiveSmallIntegerField()
    kind = Plain("kind of a transaction", models.CharField(max_length=10, choices=TransactionKind.choices))
    premium_fen = models.BigIntegerField()
    changes = Plain("field of a contract with its days, states and fen before and after", models.JSONField(default=list))
    exchange = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policies_transaction_number")]

    def __str__(self) -> str:
        return f"transaction {self.id}"


class SurrenderReason(models.TextChoices):
    """Why it is given up. Before its start nobody is asked."""

    BEFORE_START = "before_start", pgettext_lazy("surrender", "before the start")
    NOT_LEFT = "not_left", pgettext_lazy("surrender", "I have not left")
    VISA_REFUSED = "visa_refused", pgettext_lazy("surrender", "The visa was refused")
    OTHER = "other", pgettext_lazy("surrender", "Another reason")


class Missing(models.TextChoices):
    """What staff still need to see."""

    NOT_LEFT = "not_left", _("A record of entries and exits that shows that nobody insured has left (the immigration authority's app)")
    VISA_REFUSED = "visa_refused", _("The letter that refuses the visa")
    IDENTITY = "identity", _("The applicant's identity document, both sides")
    CALL = "call", _("A short call with us about the reason")


class RefusedBecause(models.TextChoices):
    """Why the policy stands although somebody wanted to give it up."""

    HAS_LEFT = "has_left", _("Somebody insured has left, and the proof says otherwise or is missing.")
    NO_PROOF = "no_proof", _("The proof did not come in time, or does not show what it should.")
    CLAIMED = "claimed", _("A claim was paid or is open on this policy; by its clauses it cannot be surrendered then.")
    NOT_THE_APPLICANT = "not_the_applicant", _("It could not be made sure that the applicant asked for it.")
    INSURER = "insurer", _("The insurer does not end this policy; it tells you why on its own number.")
    OWN_WISH = "own_wish", _("You took it back yourself.")


class SurrenderState(models.TextChoices):
    """`received`, `missing` and `proposed` are ours to look at; `halted` is what the insurer would not do, or not in time."""

    RECEIVED = "received", pgettext_lazy("surrender", "being checked")
    MISSING = "missing", pgettext_lazy("surrender", "waiting for something from the customer")
    PROPOSED = "proposed", pgettext_lazy("surrender", "checked by one person, waiting for a second")
    AT_INSURER = "at_insurer", pgettext_lazy("surrender", "with the insurer")
    HALTED = "halted", pgettext_lazy("surrender", "not carried out by the insurer")
    CANCELLED = "cancelled", pgettext_lazy("surrender", "policy ended, money on its way")
    DONE = "done", pgettext_lazy("surrender", "done")
    REFUSED = "refused", pgettext_lazy("surrender", "not accepted")


_U = SurrenderState
SURRENDER_MOVES: dict[SurrenderState, set[SurrenderState]] = {
    _U.RECEIVED: {_U.MISSING, _U.PROPOSED, _U.AT_INSURER, _U.REFUSED},
    _U.MISSING: {_U.PROPOSED, _U.AT_INSURER, _U.REFUSED},
    _U.PROPOSED: {_U.RECEIVED, _U.AT_INSURER, _U.REFUSED},
    _U.AT_INSURER: {_U.HALTED, _U.CANCELLED},
    _U.HALTED: {_U.AT_INSURER, _U.REFUSED},
    _U.CANCELLED: {_U.DONE},
    _U.DONE: set(),
    _U.REFUSED: set(),
}
_LEFT_FOR_INSURER = Q(state__in=[_U.AT_INSURER, _U.HALTED, _U.CANCELLED, _U.DONE])


class Surrender(models.Model):
    """Somebody gives a policy up: the figures they confirmed, who looked, and what became of it.

    `last_day` is the last day of cover, None where it never begins. `value_fen` is what the insurer gives back by its clauses, `fee_fen`
    the part of it that the channel costs, `refund_fen` what is paid back; `given_fen` is what the insurer said afterwards. The id of this
    row is the decision to refund, so it is paid once. `payment` is what bought the policy.
    """

    MOVES, MOVED = SURRENDER_MOVES, SURRENDER_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = Plain("our reference of a surrender", models.CharField(max_length=20, unique=True))
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="surrenders")
    payment = models.UUIDField(db_index=True)
    language = Plain("one of our two languages", models.CharField(max_length=10))
    reason = Plain("why, a word of ours; names nobody", models.CharField(max_length=16, choices=SurrenderReason.choices))
    state = Plain("state of a surrender", models.CharField(max_length=12, choices=_U.choices, default=_U.RECEIVED))
    last_day = Plain("last day of cover", models.DateField(null=True))
    value_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    refund_fen = models.BigIntegerField()
    given_fen = models.BigIntegerField(null=True)
    promised_by = Plain("day on which the money should be back", models.DateField(null=True))
    is_checked = models.BooleanField()
    takes_two = models.BooleanField()
    missing = Plain("codes of what is missing", models.JSONField(default=list))
    answer = Plain("why the policy stands, or what the insurer said: a code", models.CharField(max_length=80, blank=True, default=""))
    agreed_by = models.UUIDField(null=True)
    confirmed_by = models.UUIDField(null=True)
    exchange = models.UUIDField(null=True, db_index=True)
    difference_case = Plain("case by which the insurer's other sum was explained", models.CharField(max_length=24, blank=True, default=""))
    asked_at = models.DateTimeField(default=clock.now)
    missing_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("surrender")
        constraints = [
            models.UniqueConstraint(fields=["policy"], condition=~Q(state="refused"), name="policies_one_surrender"),
            models.CheckConstraint(
                condition=Q(refund_fen__gte=0, fee_fen__gte=0, value_fen=F("refund_fen") + F("fee_fen")), name="policies_surrender_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(takes_two=False)
                | ~_LEFT_FOR_INSURER
                | Q(agreed_by__isnull=False, confirmed_by__isnull=False) & ~Q(agreed_by=F("confirmed_by")),
                name="policies_large_surrender_takes_two",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=~Q(state__in=["done", "refused"]), name="policies_surrenders_open")]

    def __str__(self) -> str:
        return f"surrender {self.id}"

    @property
    def value(self) -> Money:
        return Money(self.value_fen)

    @property
    def fee(self) -> Money:
        return Money(self.fee_fen)

    @property
    def refund(self) -> Money:
        return Money(self.refund_fen)

    @property
    def given(self) -> Money | None:
        return None if self.given_fen is None else Money(self.given_fen)

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen."""
        return bool(SURRENDER_MOVES[SurrenderState(self.state)])

    @property
    def can_be_taken_back(self) -> bool:
        """Whether nobody has asked the insurer yet."""
        return self.state in (_U.RECEIVED, _U.MISSING, _U.PROPOSED)

    @property
    def differs(self) -> bool:
        """Whether the insurer gives back another sum than was worked out, and nobody has explained it."""
        return self.given_fen not in (None, self.value_fen) and not self.difference_case


class DocumentKind(models.TextChoices):
    E_POLICY = "e_policy", _("E-policy")
    CERTIFICATE = "certificate", _("Certificate for a visa")
    APPLICATION = "application", _("Copy of the application")


class PolicyDocument(PersonalModel):
    """A paper of one transaction of a policy. It may show several people, and is sealed for the holder in the contract's file."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="documents")
    transaction = models.ForeignKey(PolicyTransaction, models.PROTECT, related_name="documents")
    holder = SheetField(_("holder of a policy"))
    kind = Plain("kind of a paper", models.CharField(max_length=12, choices=DocumentKind.choices))
    language = Plain("language of a paper", models.CharField(max_length=10))
    content = PersonalField(Kind.DOCUMENT, of="holder", keep=Keep.CONTRACT, purposes={PROVE_COVER, SERVE}, required=True)
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("paper of a policy")
        constraints = [models.UniqueConstraint(fields=["transaction", "kind", "language"], name="policies_one_paper_of_a_kind")]
