"""What somebody asked to have invoiced, and one row per invoice we mean to have issued, committed before the first byte leaves.

Everything lies in a file of its own that ends with the period of invoices, not with the contract's.
"""

import base64
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.invoices.actions import INVOICE_MOVED
from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money
from besttrav.policies.models import Policy
from besttrav.policies.purposes import INVOICE
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind as What
from besttrav.privacy.purposes import SERVE


class InNameOf(models.TextChoices):
    """Whose name the invoice carries: the policyholder's as it stands in the contract, or an organisation's."""

    HOLDER = "holder", _("The policyholder")
    ORGANISATION = "organisation", _("An organisation")


def _of_buyer(kind: What, label: object) -> PersonalField:
    return PersonalField(kind, of="buyer", keep=Keep.INVOICE, purposes={INVOICE, SERVE}, label=label)


class InvoiceRequest(PersonalModel):
    """A wish to have a premium invoiced. In the policyholder's own name nothing is kept here but the wish: name and number stand in the
    contract."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="invoice_requests")
    buyer = SheetField(_("whoever asked for an invoice"))
    in_name_of = Plain("one of two words", models.CharField(max_length=12, choices=InNameOf.choices))
    title = _of_buyer(What.EMPLOYER, _("name of the organisation on the invoice"))
    tax_number = _of_buyer(What.EMPLOYER, _("tax number of the organisation"))
    email = _of_buyer(What.EMAIL, _("e-mail address for the invoice"))
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("request for an invoice")


class Kind(models.TextChoices):
    """Blue says a premium, red takes a blue one back: the colours the tax office calls them by."""

    BLUE = "blue", _("Invoice")
    RED = "red", _("Red-letter invoice")


class InvoiceState(models.TextChoices):
    """`sending` and `unknown` both mean that nobody here knows: ask before anything else. `issued` waits for its paper."""

    PLANNED = "planned", pgettext_lazy("invoice", "asked for")
    SENDING = "sending", pgettext_lazy("invoice", "on its way")
    UNKNOWN = "unknown", pgettext_lazy("invoice", "being asked about")
    WAITING = "waiting", pgettext_lazy("invoice", "being issued")
    ISSUED = "issued", pgettext_lazy("invoice", "issued, its paper is on its way")
    OK = "ok", pgettext_lazy("invoice", "issued")
    DIFFERS = "differs", pgettext_lazy("invoice", "being looked into")
    REJECTED = "rejected", pgettext_lazy("invoice", "not accepted")
    GIVEN_UP = "given_up", pgettext_lazy("invoice", "never sent")


_S = InvoiceState

MOVES = {
    _S.PLANNED: {_S.SENDING, _S.GIVEN_UP},
    _S.SENDING: {_S.PLANNED, _S.UNKNOWN, _S.WAITING, _S.ISSUED, _S.DIFFERS, _S.REJECTED, _S.GIVEN_UP},
    _S.UNKNOWN: {_S.PLANNED, _S.WAITING, _S.ISSUED, _S.DIFFERS, _S.REJECTED},
    _S.WAITING: {_S.PLANNED, _S.UNKNOWN, _S.ISSUED, _S.DIFFERS, _S.REJECTED},
    _S.ISSUED: {_S.OK, _S.DIFFERS},
    _S.DIFFERS: {_S.ISSUED, _S.REJECTED},
    _S.OK: set[_S](),
    _S.REJECTED: set[_S](),
    _S.GIVEN_UP: set[_S](),
}

RUNNING = [state.value for state in (_S.PLANNED, _S.SENDING, _S.UNKNOWN, _S.WAITING, _S.ISSUED)]
"""The clock looks after these; one that differs waits for a human."""
THERE = [_S.ISSUED.value, _S.OK.value]
"""The tax office has given these a number."""
NOTHING = [_S.REJECTED.value, _S.GIVEN_UP.value]
"""No invoice came of these, and none will."""
FORGOTTEN = "forgotten"
"""The reason of an invoice whose paper is not kept."""


class Invoice(models.Model):
    """One invoice. Whoever issues it keeps our `number` beside it, the same for ever; `of` is the blue one that a red one takes back."""

    MOVES, MOVED = MOVES, INVOICE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    request = models.ForeignKey(InvoiceRequest, models.PROTECT, related_name="invoices")
    serial = models.PositiveSmallIntegerField()
    kind = Plain("blue or red", models.CharField(max_length=4, choices=Kind.choices))
    of = models.ForeignKey("self", models.PROTECT, null=True, related_name="reversals")
    number = Plain("our number, made of a random id", models.CharField(max_length=32, unique=True))
    amount_fen = models.BigIntegerField()
    state = Plain("state of an invoice", models.CharField(max_length=10, choices=InvoiceState.choices, default=InvoiceState.PLANNED))
    official_number = Plain("the tax office's number of an invoice", models.CharField(max_length=40, blank=True, default=""))
    reason = Plain("a code of ours or of the issuer", models.CharField(max_length=80, blank=True, default=""))
    differences = Plain("names of fields that differ, never their values", models.JSONField(default=list))
    wrong_papers = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    asked = models.PositiveSmallIntegerField(default=0)
    absent_answers = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    left_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "serial"], name="invoices_serial"),
            models.UniqueConstraint(fields=["of"], condition=~Q(state="rejected"), name="invoices_one_red_for_a_blue"),
            models.UniqueConstraint(fields=["official_number"], condition=Q(state__in=THERE), name="invoices_official_number_once"),
            models.CheckConstraint(condition=Q(kind="blue") ^ Q(of__isnull=False), name="invoices_red_has_its_blue"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="invoices_amount"),
            models.CheckConstraint(condition=~Q(state__in=THERE) | ~Q(official_number=""), name="invoices_issued_has_number"),
            models.CheckConstraint(condition=~Q(state__in=RUNNING) | Q(next_try_at__isnull=False), name="invoices_running_has_next_try"),
        ]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state__in=RUNNING), name="invoices_running")]

    def __str__(self) -> str:
        return f"invoice {self.id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_fen)

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING

    @property
    def has_paper(self) -> bool:
        """Whether it can be taken along; none is kept of somebody who had themselves forgotten before it came."""
        return self.state == InvoiceState.OK and self.reason != FORGOTTEN


class InvoicePaper(PersonalModel):
    """The paper of an invoice, once it says what was asked for."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="paper")
    buyer = SheetField(_("whoever asked for an invoice"))
    content = PersonalField(What.DOCUMENT, of="buyer", keep=Keep.INVOICE, purposes={INVOICE, SERVE}, required=True, label=_("invoice"))
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("invoice")


_LETTERS = {Kind.BLUE: "B", Kind.RED: "R"}


def number_of(kind: Kind, request: UUID, serial: int) -> str:
    """Our number: a letter for the kind, the request's random id in 26 letters and digits, its place among the request's in three."""
    if not 0 < serial < 1000:
        raise ValueError("a request has invoices from 1 to 999")
    return f"{_LETTERS[kind]}{base64.b32encode(request.bytes).decode().rstrip('=')}{serial:03}"
