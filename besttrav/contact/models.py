"""One row per message we mean to send, committed before the first byte leaves."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from besttrav.contact.actions import MESSAGE_MOVED
from besttrav.contact.templates import Template
from besttrav.kernel import clock
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import NOTIFY


class MessageState(models.TextChoices):
    """`sending` and `unknown` both mean that nobody here knows: ask the carrier before anything else."""

    PREPARED = "prepared", _("prepared")
    SENDING = "sending", _("on its way")
    UNKNOWN = "unknown", _("being checked")
    SENT = "sent", _("sent")
    REJECTED = "rejected", _("not accepted")
    LOST = "lost", _("not sent")


MOVES = {
    MessageState.PREPARED: {MessageState.SENDING, MessageState.LOST, MessageState.UNKNOWN},  # unknown: after a restore
    MessageState.SENDING: {MessageState.SENT, MessageState.REJECTED, MessageState.UNKNOWN, MessageState.LOST},
    MessageState.UNKNOWN: {MessageState.SENT, MessageState.REJECTED, MessageState.PREPARED, MessageState.LOST},
    MessageState.SENT: set[MessageState](),
    MessageState.REJECTED: set[MessageState](),
    MessageState.LOST: set[MessageState](),
}


_UNSETTLED = models.Q(state__in=[state.value for state, onward in MOVES.items() if onward])


class Message(PersonalModel):
    """A message to one person. Its id is the number the carrier keeps beside it, the same for ever."""

    MOVES, MOVED = MOVES, MESSAGE_MOVED

    recipient = SheetField(_("recipient of a message"))
    phone = PersonalField(Kind.PHONE, of="recipient", keep=Keep.MESSAGE, purposes={NOTIFY}, required=True)
    text = PersonalField(Kind.MESSAGE, of="recipient", keep=Keep.MESSAGE, purposes={NOTIFY}, required=True)
    values = PersonalField(Kind.SECRET, of="recipient", keep=Keep.MESSAGE, purposes={NOTIFY}, required=True, label=_("its values"))
    template = Plain("name of a text of ours", models.CharField(max_length=40, choices=[(t.name, t.name) for t in Template]))
    language = Plain("one of our two languages, as the page was shown", models.CharField(max_length=10))
    state = Plain("state of a message", models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.PREPARED))
    tries = models.PositiveSmallIntegerField(default=0)
    reference = Plain("the carrier's id of the message", models.CharField(max_length=80, blank=True, default=""))
    created_at = models.DateTimeField(default=clock.now)
    prepared_at = models.DateTimeField(default=clock.now)
    handed_over_at = models.DateTimeField(null=True)
    useless_after = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("text message")
        indexes = [models.Index(fields=["created_at"], condition=_UNSETTLED, name="contact_unsettled")]

    @property
    def kind(self) -> Template:
        return Template[self.template]

    @property
    def is_settled(self) -> bool:
        return not MOVES[MessageState(self.state)]

    def may_be_repeated(self, now: datetime, most_tries: int) -> bool:
        """Whether a message the carrier never received may be handed over again: never a one-time code."""
        return not self.kind.is_one_time and self.tries < most_tries and not self.is_too_late(now)

    def is_too_late(self, now: datetime) -> bool:
        """Whether reaching the person now would only confuse."""
        return self.useless_after is not None and now > self.useless_after
