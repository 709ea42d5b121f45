"""Applications, orders, what was answered and decided, and the evidence of every step of a sale."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.models import ProductVersion
from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money
from besttrav.people.bonds import Bound, bond
from besttrav.people.models import Account
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY, CONCLUDE, DECLARE_HEALTH, PROVE_COVER
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import SERVE
from besttrav.sales.actions import APPLICATION_MOVED, NOTICE_MOVED, ORDER_MOVED


class ApplicationState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("application", "being filled in")
    REFERRED = "referred", pgettext_lazy("application", "being looked at")
    DECLINED = "declined", pgettext_lazy("application", "not accepted")
    SUBMITTED = "submitted", pgettext_lazy("application", "accepted, to be paid")
    CONCLUDED = "concluded", pgettext_lazy("application", "concluded")
    LAPSED = "lapsed", pgettext_lazy("application", "lapsed")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "withdrawn")


_A = ApplicationState
APPLICATION_MOVES: dict[str, set[ApplicationState]] = {
    _A.DRAFT: {_A.REFERRED, _A.DECLINED, _A.SUBMITTED, _A.LAPSED, _A.WITHDRAWN},
    # Whoever was declined may change what they filled in and ask again: a wrong date is no verdict.
    _A.DECLINED: {_A.DRAFT, _A.LAPSED, _A.WITHDRAWN},
    _A.REFERRED: {_A.DRAFT, _A.DECLINED, _A.SUBMITTED, _A.LAPSED, _A.WITHDRAWN},
    _A.SUBMITTED: {_A.CONCLUDED, _A.DRAFT, _A.LAPSED, _A.WITHDRAWN},
    _A.CONCLUDED: set(),
    _A.LAPSED: set(),
    _A.WITHDRAWN: set(),
}


class Application(PersonalModel, Bound):
    """A proposal to an insurer, from the first step to the signature. `contract` and `file` outlive it where it becomes a policy.

    `browser_sha256` is the digest of the random token of the browser that fills it in; `account` whoever was signed in.
    """

    MOVES, MOVED = APPLICATION_MOVES, APPLICATION_MOVED

    contract = models.UUIDField(unique=True, default=ids.new_id, editable=False)
    file = models.UUIDField(default=ids.new_id, editable=False)
    health_file = models.UUIDField(default=ids.new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    browser_sha256 = Plain("digest of a random token", models.CharField(max_length=64, db_index=True))
    version = models.ForeignKey(ProductVersion, models.PROTECT, related_name="+")
    # The revision counts every change; what was read, agreed or signed holds for one revision of what it was about.
    revision = models.PositiveIntegerField(default=1)
    state = Plain("state of an application", models.CharField(max_length=10, choices=_A.choices, default=_A.DRAFT))
    language = Plain("one of our two languages", models.CharField(max_length=10))
    plan = Plain("code of a plan", models.CharField(max_length=40))
    area = Plain("code of an area", models.CharField(max_length=40, blank=True, default=""))
    first_day = Plain("first day of the cover asked for", models.DateField(null=True))
    last_day = Plain("last day of the cover asked for, included", models.DateField(null=True))
    is_annual = models.BooleanField(default=False)
    destinations = Plain("country codes of a trip", models.JSONField(default=list))
    options = Plain("codes of options of a product", models.JSONField(default=list))
    trip = Plain("what else the product asks about the trip: codes and metres", models.JSONField(default=dict))
    groups = Plain("how many people of which age band a price was first asked for", models.JSONField(default=dict))
    wants_letter = models.BooleanField(default=False)
    premium_fen = models.BigIntegerField(null=True)
    entered_at = models.DateTimeField(null=True)
    trip_at = models.DateTimeField(null=True)
    people_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    consented_at = models.DateTimeField(null=True)
    phone_proved_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    last_activity_at = models.DateTimeField(default=clock.now)  # Without an index: a step then writes no index at all.

    holder = SheetField(_("applicant"))
    signature = PersonalField(Kind.SIGNATURE, of="holder", keep=Keep.CONTRACT, purposes={APPLY, CONCLUDE, PROVE_COVER, SERVE})
    # Names of schools, companies and tours can lead to somebody.
    trip_words = PersonalField(
        Kind.EMPLOYER, of="holder", keep=Keep.CONTRACT, purposes={APPLY, CONCLUDE, PROVE_COVER, SERVE}, label=_("school, company or tour")
    )

    class Meta:
        verbose_name = _("application for insurance")

    @property
    def true_bond(self) -> str:
        """Ties contract and files, browser, account and the proof of the phone together: whoever can only write to the record cannot hand
        an application to another browser, show somebody else's people in their own, or say that a phone was proved."""
        proved = self.phone_proved_at and self.phone_proved_at.timestamp()
        whose = (self.contract, self.file, self.health_file, self.holder, self.browser_sha256, self.account_id, proved)
        return bond("applications", self.id, *whose, key=settings.ORDER_KEY)

    @property
    def premium(self) -> Money | None:
        return None if self.premium_fen is None else Money(self.premium_fen)

    @property
    def is_open(self) -> bool:
        """Whether it can still be filled in."""
        return self.state in {_A.DRAFT, _A.DECLINED}


class Answer(PersonalModel):
    """The answer of one insured person to one question about health, in a file of its own that is forgotten sooner."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="answers")
    party = models.ForeignKey(Party, models.CASCADE, related_name="answers")
    person = SheetField(_("person who was asked about health"))
    question = Plain("code of a question of the product", models.CharField(max_length=60))
    answer = PersonalField(Kind.HEALTH, of="person", keep=Keep.QUOTE_HEALTH, purposes={APPLY, DECLARE_HEALTH, PROVE_COVER}, required=True)

    class Meta:
        verbose_name = _("answer about health")
        constraints = [models.UniqueConstraint(fields=["party", "question"], name="sales_one_answer")]


class Decision(PersonalModel):
    """What the rules said of one revision of an application: the outcome, and sealed what they looked at, which rules spoke and why.

    Even the name of a rule tells of somebody's health.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="decisions")
    holder = SheetField(_("applicant"))
    revision = models.PositiveIntegerField()
    outcome = Plain("what the rules said", models.CharField(max_length=10))
    premium_fen = models.BigIntegerField(null=True)
    explanation = PersonalField(
        Kind.DECISION,
        of="holder",
        keep=Keep.CONTRACT,
        purposes={APPLY, SERVE},
        required=True,
        label=_("automatic decision, its inputs and reasons"),
    )
    person_asked_at = models.DateTimeField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("automatic decision")


class Evidence(models.Model):
    """One step of a sale as it was shown and done, chained to the step before it. Kept by the clock of the contract, never changed.

    Article 33 of the Internet insurance measures (2020 No. 13) and the traceability notice (2020 No. 26).
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="evidence", db_index=False)  # the constraint's does
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    page = Plain("name of a page", models.CharField(max_length=40))
    page_version = Plain("version of a page", models.CharField(max_length=20, blank=True))
    action = Plain("what was done, a declared word", models.CharField(max_length=20))
    facts = Plain("codes, versions and digests of public texts; never a value", models.JSONField(default=dict))
    digest = Plain("digest of a step, which holds no value", models.BinaryField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="sales_evidence_number")]

    def __str__(self) -> str:
        return f"evidence {self.number}"


class OrderState(models.TextChoices):
    TO_PAY = "to_pay", pgettext_lazy("order", "to be paid")
    PAID = "paid", pgettext_lazy("order", "paid, being issued")
    ISSUED = "issued", pgettext_lazy("order", "insured")
    REFUNDING = "refunding", pgettext_lazy("order", "being refunded")
    REFUNDED = "refunded", pgettext_lazy("order", "refunded")
    EXPIRED = "expired", pgettext_lazy("order", "not paid in time")


_O = OrderState
ORDER_MOVES: dict[str, set[OrderState]] = {
    _O.TO_PAY: {_O.PAID, _O.EXPIRED},
    _O.PAID: {_O.ISSUED, _O.REFUNDING},
    _O.REFUNDING: {_O.REFUNDED},
    # What comes after is the policy's: whoever gives it up is told at the policy, and their order stays what it was.
    _O.ISSUED: set(),
    _O.REFUNDED: set(),
    _O.EXPIRED: set(),
}


class RefundBecause(StrEnum):
    """Why an order that was paid is given back. Each has its words on the order's page."""

    INSURER_DECLINED = "insurer_declined"
    INSURER_SILENT = "insurer_silent"
    INSURER_DIFFERED = "insurer_differed"
    NOT_PERMITTED = "not_permitted"
    NO_ROOM = "no_room"


class Order(Bound):
    """What is paid for one signed application. Its number is what people read out on the phone."""

    MOVES, MOVED = ORDER_MOVES, ORDER_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = Plain("our reference of an order", models.CharField(max_length=20, unique=True))
    application = models.OneToOneField(Application, models.PROTECT, related_name="order")
    subject = models.UUIDField(db_index=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    premium_fen = models.BigIntegerField()
    state = Plain("state of an order", models.CharField(max_length=10, choices=_O.choices, default=_O.TO_PAY))
    pay_by = Plain("when the offer to pay ends", models.DateTimeField())
    issue_by = Plain("when the money goes back by itself", models.DateTimeField(null=True))
    paid_at = models.DateTimeField(null=True)
    payment = models.UUIDField(null=True)
    refund_because = Plain("why it is refunded, a declared word", models.CharField(max_length=40, blank=True, default=""))
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["pay_by"], condition=models.Q(state="to_pay"), name="sales_order_to_pay"),
            models.Index(fields=["issue_by"], condition=models.Q(state="paid"), name="sales_order_paid"),
            models.Index(fields=["account", "-created_at"], name="sales_orders_of_account"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(premium_fen__gt=0), name="sales_order_costs")]

    def __str__(self) -> str:
        return f"order {self.id}"

    @property
    def true_bond(self) -> str:
        """Ties the order to its application, to whose data it is and to the account it belongs to."""
        return bond("orders", self.id, self.number, self.application_id, self.subject, self.account_id, key=settings.ORDER_KEY)

    @property
    def premium(self) -> Money:
        return Money(self.premium_fen)

    def is_payable(self, now: datetime) -> bool:
        return self.state == _O.TO_PAY and now < self.pay_by


class NoticeState(models.TextChoices):
    OPEN = "open", pgettext_lazy("notice", "told")
    OBJECTED = "objected", pgettext_lazy("notice", "objected")


NOTICE_MOVES = {NoticeState.OPEN: {NoticeState.OBJECTED}, NoticeState.OBJECTED: set[NoticeState]()}


class Notice(Bound):
    """What an insured person who is not the buyer is told: that they are in a contract, what is held, and that they may object.

    The link in it holds a random token, of which the record keeps the digest. `message` is empty where the buyer passes it on.
    """

    MOVES, MOVED = NOTICE_MOVES, NOTICE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="notices")
    party = models.ForeignKey(Party, models.PROTECT, related_name="notices")
    subject = models.UUIDField()
    token_sha256 = Plain("digest of a random token", models.CharField(max_length=64, unique=True))
    state = Plain("state of a notice", models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.OPEN))
    message = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party"], name="sales_one_notice_each")]

    def __str__(self) -> str:
        return f"notice {self.id}"

    @property
    def true_bond(self) -> str:
        """Ties the link to the one person it is about."""
        return bond("notices", self.id, self.application_id, self.party_id, self.subject, self.token_sha256, key=settings.ORDER_KEY)


class Visit(Bound):
    """A browser that proved it belongs to the buyer of one order, for a short time: by the order's number and a code to its phone.

    `sees_papers` came with the last digits of the holder's document.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="visits")
    token_sha256 = Plain("digest of a random token", models.CharField(max_length=64, unique=True))
    sees_papers = models.BooleanField(default=False)
    wrong_digits = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"visit {self.id}"

    @property
    def true_bond(self) -> str:
        """Ties the browser's token to the order, to what it opens and for how long."""
        return bond("visits", self.id, self.order_id, self.token_sha256, self.sees_papers, self.ends_at.timestamp())
