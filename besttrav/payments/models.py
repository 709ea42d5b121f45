"""One row per attempt to pay, per decision to refund and per notice of a channel, and the postings of the ledger.

Nothing here says who paid. A payment knows its order and its subject by random ids; the channel's id of the payer is never stored, nor
is the body of a notice, which may hold it: what a notice told is asked again anyway.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money
from besttrav.payments.accounts import Account
from besttrav.payments.actions import DIFFERENCE_MOVED, PAYMENT_MOVED, REFUND_MOVED
from besttrav.payments.limits import CHANNELS, ChannelLimits
from besttrav.privacy.fields import Plain


class ChannelName(models.TextChoices):
    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")

    @property
    def limits(self) -> ChannelLimits:
        return CHANNELS[self.value]


class Scene(models.TextChoices):
    """Where a person pays: by scanning a code with the phone, or on a page of the channel."""

    NATIVE = "native", _("code on the screen")
    H5 = "h5", _("page on the phone")
    PAGE = "page", _("page on the computer")
    WAP = "wap", _("page on the phone")

    @property
    def channel(self) -> ChannelName:
        return ChannelName.WECHAT if self in (Scene.NATIVE, Scene.H5) else ChannelName.ALIPAY


class PaymentState(models.TextChoices):
    """`captured` is money applied to its order. `unapplied` refunds itself; `disputed` waits for a person, and nothing is issued on it."""

    PLANNED = "planned", _("being prepared")
    OPEN = "open", _("waiting for payment")
    CLOSED = "closed", _("closed unpaid")
    CAPTURED = "captured", _("paid")
    UNAPPLIED = "unapplied", _("paid too late or twice, being refunded")
    DISPUTED = "disputed", _("being looked into")
    RETURNED = "returned", _("refunded")


_P = PaymentState
PAYMENT_MOVES = {
    _P.PLANNED: {_P.OPEN, _P.CLOSED, _P.CAPTURED, _P.UNAPPLIED, _P.DISPUTED},
    _P.OPEN: {_P.CLOSED, _P.CAPTURED, _P.UNAPPLIED, _P.DISPUTED},
    _P.CLOSED: {_P.UNAPPLIED, _P.DISPUTED},
    _P.CAPTURED: {_P.RETURNED},
    _P.UNAPPLIED: {_P.RETURNED},
    _P.DISPUTED: {_P.RETURNED},
    _P.RETURNED: set[PaymentState](),
}
UNPAID = [_P.PLANNED.value, _P.OPEN.value]


class RefundState(models.TextChoices):
    """`sent` and `unknown` both mean that nobody here knows: ask the channel before anything else. `stuck` waits for a person.

    `proposed` is what somebody says they paid back by hand; nothing is sent, and a second person confirms it or turns it down.
    """

    PROPOSED = "proposed", _("paid by hand, to be confirmed")
    ASKED = "asked", _("decided")
    SENT = "sent", _("on its way")
    UNKNOWN = "unknown", _("being checked")
    PROCESSING = "processing", _("accepted by the channel")
    STUCK = "stuck", _("being looked into")
    SUCCEEDED = "succeeded", _("paid back")
    FAILED = "failed", _("not paid back")


_R = RefundState
_SETTLING = {_R.SUCCEEDED, _R.FAILED, _R.STUCK}
REFUND_MOVES = {
    _R.PROPOSED: {_R.SUCCEEDED, _R.FAILED},
    _R.ASKED: {_R.SENT, _R.FAILED},
    _R.SENT: {_R.ASKED, _R.UNKNOWN, _R.PROCESSING, *_SETTLING},
    _R.UNKNOWN: {_R.ASKED, _R.PROCESSING, *_SETTLING},
    _R.PROCESSING: _SETTLING,
    _R.STUCK: {_R.SUCCEEDED, _R.FAILED},
    _R.SUCCEEDED: set[RefundState](),
    _R.FAILED: set[RefundState](),
}
UNSETTLED = [state for state, onward in REFUND_MOVES.items() if onward]


class Payment(models.Model):
    """One attempt to pay one order. Its number at the channel follows from its id and is the same for ever."""

    MOVES, MOVED = PAYMENT_MOVES, PAYMENT_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    order_id = models.UUIDField(db_index=True)
    subject = models.UUIDField(null=True)
    channel = Plain("one of our channels", models.CharField(max_length=10, choices=ChannelName.choices))
    scene = Plain("where the person pays", models.CharField(max_length=10, choices=Scene.choices))
    number = Plain("our number at the channel, from the random id of this row", models.CharField(max_length=32, unique=True))
    description = Plain("what is bought: the name of a product", models.CharField(max_length=127))
    amount_fen = models.BigIntegerField()
    state = Plain("state of a payment", models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.PLANNED))
    begun_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    given_up_at = models.DateTimeField(null=True)
    is_unwanted = models.BooleanField(default=False)
    address = Plain("where this payment is made at the channel; it names a payment and nobody", models.TextField(default=""))
    address_until = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True)
    reference = Plain("the channel's number of the receipt", models.CharField(max_length=64, default=""))
    paid_at = models.DateTimeField(null=True)
    captured_fen = models.BigIntegerField(default=0)
    refunding_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("payment")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payments_something_is_paid"),
            models.CheckConstraint(
                condition=Q(refunded_fen__gte=0, refunded_fen__lte=F("refunding_fen"), refunding_fen__lte=F("captured_fen")),
                name="payments_no_more_goes_back_than_came",
            ),
            models.UniqueConstraint(fields=["order_id"], condition=Q(state=PaymentState.CAPTURED), name="payments_one_applied"),
        ]
        indexes = [models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payments_to_ask")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_fen)

    @property
    def captured(self) -> Money:
        return Money(self.captured_fen)

    @property
    def refundable(self) -> Money:
        """What came in and is not on its way back."""
        return Money(self.captured_fen - self.refunding_fen)

    @property
    def is_open(self) -> bool:
        """Whether somebody may be paying it at this moment."""
        return self.state in UNPAID

    @property
    def is_captured(self) -> bool:
        return self.state == PaymentState.CAPTURED

    @property
    def limits(self) -> ChannelLimits:
        return ChannelName(self.channel).limits

    def is_over(self, now: datetime) -> bool:
        """Whether nobody should pay it any more."""
        return self.given_up_at is not None or now >= self.expires_at

    def counts_when_paid(self, paid_at: datetime) -> bool:
        """Whether money of that moment still buys the order. An attempt given up for another one does; a cancelled order's does not."""
        return self.state in UNPAID and paid_at < self.expires_at and not self.is_unwanted


_TWO_PEOPLE = Q(proposed_by__isnull=False, confirmed_by__isnull=False) & ~Q(proposed_by=F("confirmed_by"))


class Refund(models.Model):
    """One decision to give money back. Its number follows from the decision's id: deciding again under that id decides nothing new."""

    MOVES, MOVED = REFUND_MOVES, REFUND_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    decision = models.UUIDField(unique=True)
    number = Plain("our number at the channel, from the id of the decision", models.CharField(max_length=64, unique=True))
    amount_fen = models.BigIntegerField()
    source = Plain("the account it is paid from", models.CharField(max_length=24, choices=Account.choices))
    why = Plain("a code of ours", models.CharField(max_length=80))
    state = Plain("state of a refund", models.CharField(max_length=10, choices=RefundState.choices, default=RefundState.ASKED))
    decided_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True, default=clock.now)
    reference = Plain("number of the refund at the channel, or of the transfer at our bank", models.CharField(max_length=64, default=""))
    is_by_hand = models.BooleanField(default=False)
    proposed_by = models.UUIDField(null=True)
    confirmed_by = models.UUIDField(null=True)
    code = Plain("what the channel said last, as a code", models.CharField(max_length=80, default=""))
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refund")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payments_something_goes_back"),
            models.CheckConstraint(condition=Q(is_by_hand=False) | ~Q(state="succeeded") | _TWO_PEOPLE, name="payments_by_hand_takes_two"),
        ]
        indexes = [models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payments_refunds_to_ask")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_fen)


class Notification(models.Model):
    """A verified notice of a channel, kept once however often it comes. Of its body only the digest stays."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    channel = Plain("one of our channels", models.CharField(max_length=10, choices=ChannelName.choices))
    event = Plain("the channel's id of what happened", models.CharField(max_length=128))
    kind = Plain("the channel's word for what happened", models.CharField(max_length=80))
    number = Plain("the number of a payment of ours", models.CharField(max_length=64))
    digest = Plain("SHA-256 of the body as it came", models.CharField(max_length=64))
    received_at = models.DateTimeField(default=clock.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice of a payment channel")
        constraints = [models.UniqueConstraint(fields=["channel", "event"], name="payments_one_effect_each")]
        indexes = [models.Index(fields=["received_at"], condition=Q(handled_at__isnull=True), name="payments_to_handle")]


class Posting(models.Model):
    """Why money moved between accounts. `key` names the one effect it may have. Never changed and never removed: see the migration."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    key = Plain("kind of effect and our number of it", models.CharField(max_length=100, unique=True))
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="postings")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("posting")


class Line(models.Model):
    """One side of a posting: a debit is positive, a credit negative, and the lines of a posting add up to nothing."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="lines")
    account = Plain("one of our accounts", models.CharField(max_length=24, choices=Account.choices))
    fen = models.BigIntegerField()

    class Meta:
        verbose_name = _("line of a posting")
        constraints = [models.CheckConstraint(condition=~Q(fen=0), name="payments_a_line_moves_something")]
        indexes = [models.Index(fields=["account", "-id"], name="payments_lines_of_account")]


class BillReading(models.Model):
    """The bill of a channel for one Beijing day, compared with our books once."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    channel = Plain("one of our channels", models.CharField(max_length=10, choices=ChannelName.choices))
    day = Plain("the day of a bill", models.DateField())
    lines = models.PositiveIntegerField()
    differences = models.PositiveIntegerField()
    read_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("bill of a payment channel")
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="payments_one_bill_a_day")]


class What(models.TextChoices):
    """How the books of a channel or an insurer and ours differ, or what came that is not ours to book."""

    PAYMENT_MISSING_HERE = "payment_missing_here", _("a payment stands in the channel's bill and not in our books")
    PAYMENT_MISSING_THERE = "payment_missing_there", _("a payment stands in our books and not in the channel's bill")
    PAYMENT_DIFFERS = "payment_differs", _("a payment has another amount in the channel's bill")
    REFUND_MISSING_HERE = "refund_missing_here", _("a refund stands in the channel's bill and not in our books")
    REFUND_MISSING_THERE = "refund_missing_there", _("a refund stands in our books and not in the channel's bill")
    REFUND_DIFFERS = "refund_differs", _("a refund has another amount in the channel's bill")
    STRAY = "stray", _("money came under a number of ours that no payment has")
    NOT_OURS = "not_ours", _("the channel names another merchant or app as the receiver")
    OTHER_CURRENCY = "other_currency", _("money came in another currency")
    LINE_FOREIGN = "line_foreign", _("a line of an insurer's statement is about nothing in our books")
    LINE_TWICE = "line_twice", _("a bill or a statement says again what was said before")
    LINE_MISSING = "line_missing", _("something in our books is missing in the insurer's statement")
    PREMIUM_DIFFERS = "premium_differs", _("the insurer states another premium")
    COMMISSION_DIFFERS = "commission_differs", _("the insurer states another commission")
    DAY_DIFFERS = "day_differs", _("the insurer states another day")


class DifferenceState(models.TextChoices):
    OPEN = "open", _("waiting for a person")
    PROPOSED = "proposed", _("settled by one, to be confirmed by another")
    SETTLED = "settled", _("settled")


_D = DifferenceState
DIFFERENCE_MOVES = {_D.OPEN: {_D.PROPOSED, _D.SETTLED}, _D.PROPOSED: {_D.OPEN, _D.SETTLED}, _D.SETTLED: set[DifferenceState]()}


class Difference(models.Model):
    """Something about money that a person has to look at, and that the state of no payment and no refund tells.

    It is with a channel or with an insurer; `number` is what either calls the thing by. `reference` is the number of the case there, or of
    the transfer at our bank, by which it was settled.
    """

    MOVES, MOVED = DIFFERENCE_MOVES, DIFFERENCE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    channel = Plain("one of our channels", models.CharField(max_length=10, choices=ChannelName.choices, blank=True, default=""))
    insurer = Plain("code of an insurer", models.CharField(max_length=40, blank=True, default=""))
    what = Plain("a word of ours", models.CharField(max_length=24, choices=What.choices))
    reading = models.ForeignKey(BillReading, models.PROTECT, null=True, related_name="found")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="differences")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="differences")
    number = Plain(
        "a number of ours at the channel, or the insurer's of a contract, as it says it", models.CharField(max_length=64, default="")
    )
    fen_here = models.BigIntegerField(null=True)
    fen_there = models.BigIntegerField(null=True)
    state = Plain("state of a difference", models.CharField(max_length=10, choices=DifferenceState.choices, default=DifferenceState.OPEN))
    found_at = models.DateTimeField(default=clock.now)
    reference = Plain("number of a case at the channel or of a transfer at our bank", models.CharField(max_length=64, default=""))
    proposed_by = models.UUIDField(null=True)
    confirmed_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("difference with a payment channel or an insurer")
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel="", insurer="") & Q(Q(channel="") | Q(insurer="")), name="payments_differs_with_one"
            ),
            models.CheckConstraint(
                condition=~Q(state="settled") | Q(proposed_by__isnull=True) | _TWO_PEOPLE, name="payments_settling_takes_two"
            ),
        ]
        indexes = [models.Index(fields=["found_at"], condition=~Q(state="settled"), name="payments_differences_left")]

    @property
    def with_whom(self) -> str:
        """The channel in words, or the insurer by its code."""
        return str(self.get_channel_display()) if self.channel else self.insurer

    @property
    def here(self) -> Money | None:
        return None if self.fen_here is None else Money(self.fen_here)

    @property
    def there(self) -> Money | None:
        return None if self.fen_there is None else Money(self.fen_there)


def number_of(id: UUID, *, kind: str) -> str:
    """Our number at a channel: where we run, what it is, and the id in 26 characters. The same id gives the same number, always."""
    digits = "".join(_LETTERS[id.int >> place & 31] for place in range(125, -1, -5))
    return f"{settings.PAYMENT_PREFIX}{kind}{digits}"


_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter is mistaken for a digit
