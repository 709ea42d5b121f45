"""One row per thing we mean to ask of an insurer, committed before the first byte leaves, and one per callback.

Both hold codes, numbers of ours and of insurers, and amounts. People are built for the moment of sending by the room above and stay there.
"""

import base64
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from besttrav.insurers.actions import EXCHANGE_MOVED
from besttrav.kernel import clock, ids
from besttrav.kernel.money import Money
from besttrav.privacy.fields import Plain


class Kind(models.TextChoices):
    """What is asked. A withdrawal is a cancellation that this room decides on by itself, for a submission that was given up on."""

    SUBMIT = "submit", _("submission to the insurer")
    CANCEL = "cancel", _("cancellation of a policy")
    WITHDRAW = "withdraw", _("submission taken back")
    DOCUMENT = "document", _("document of a policy")


class ExchangeState(models.TextChoices):
    """`sending` and `unknown` both mean that nobody here knows: ask the insurer before anything else."""

    PLANNED = "planned", _("prepared")
    SENDING = "sending", _("on its way")
    UNKNOWN = "unknown", _("being checked")
    WAITING = "waiting", _("with the insurer")
    OK = "ok", _("settled")
    REJECTED = "rejected", _("not accepted")
    DIFFERS = "differs", _("being looked at")
    GIVEN_UP = "given_up", _("given up")


_S = ExchangeState
_ENDS = {_S.OK, _S.REJECTED, _S.DIFFERS, _S.GIVEN_UP}

MOVES = {
    _S.PLANNED: {_S.SENDING, _S.GIVEN_UP},
    _S.SENDING: {_S.UNKNOWN, _S.WAITING, _S.PLANNED, *_ENDS},
    _S.UNKNOWN: {_S.WAITING, _S.PLANNED, *_ENDS},
    _S.WAITING: {_S.UNKNOWN, _S.PLANNED, *_ENDS},
    _S.DIFFERS: {_S.OK, _S.GIVEN_UP},
    _S.OK: set[_S](),
    _S.REJECTED: set[_S](),
    _S.GIVEN_UP: set[_S](),
}

SETTLED = [state.value for state, onward in MOVES.items() if not onward]
"""Nothing more will happen to these."""
RUNNING = [state.value for state in (_S.PLANNED, _S.SENDING, _S.UNKNOWN, _S.WAITING)]
"""The clock looks after these; one that differs waits for a human."""


class Exchange(models.Model):
    """One thing asked of one insurer for one version of one contract. The insurer keeps its `number` beside it, the same for ever."""

    MOVES, MOVED = MOVES, EXCHANGE_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = Plain("what is asked", models.CharField(max_length=10, choices=Kind.choices))
    contract = models.UUIDField()
    version = models.PositiveSmallIntegerField()
    number = Plain("our number, made of a random id", models.CharField(max_length=32, unique=True))
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    submission = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="later")
    state = Plain("state of an exchange", models.CharField(max_length=10, choices=ExchangeState.choices, default=ExchangeState.PLANNED))
    policy_number = Plain("the insurer's number of a policy", models.CharField(max_length=64, blank=True, default=""))
    amount_fen = models.BigIntegerField(null=True)
    reason = Plain("a code of ours or of the insurer", models.CharField(max_length=80, blank=True, default=""))
    differences = Plain("names of fields that differ, never their values", models.JSONField(default=list))
    tries = models.PositiveSmallIntegerField(default=0)
    asked = models.PositiveSmallIntegerField(default=0)
    absent_answers = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    left_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("exchange with an insurer")
        constraints = [
            models.UniqueConstraint(fields=["kind", "contract", "version"], name="insurers_one_intention"),
            # An insurer that gives one policy number to two contracts has answered with somebody else's policy.
            models.UniqueConstraint(
                fields=["insurer", "policy_number"], condition=Q(kind="submit", state="ok"), name="insurers_one_policy"
            ),
            models.CheckConstraint(
                condition=~Q(kind="submit", state="ok") | (~Q(policy_number="") & Q(amount_fen__gte=0, amount_fen__isnull=False)),
                name="insurers_issued_has_policy",
            ),
            models.CheckConstraint(condition=Q(kind="submit") ^ Q(submission__isnull=False), name="insurers_later_knows_submission"),
            models.CheckConstraint(condition=~Q(state__in=RUNNING) | Q(next_try_at__isnull=False), name="insurers_running_has_next_try"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state__in=RUNNING), name="insurers_running"),
            models.Index(fields=["policy_number", "insurer"], name="insurers_by_policy"),
        ]

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def amount(self) -> Money | None:
        """The premium of an issued policy, or what a cancellation gives back where the insurer says so."""
        return None if self.amount_fen is None else Money(self.amount_fen)

    @property
    def may_have_arrived(self) -> bool:
        """Whether a byte of it may have left."""
        return self.left_at is not None

    @property
    def submission_number(self) -> str:
        """Our number of the submission this is about: its own, or that of the policy it cancels or fetches."""
        return self.submission.number if self.submission else self.number

    def is_overdue(self, now: datetime) -> bool:
        return now >= self.deadline_at


class InboxItem(models.Model):
    """A proven callback of an insurer, kept once. What it said is not kept, because what is true is asked."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    insurer = Plain("code of an insurer", models.CharField(max_length=40))
    event_id = Plain("the insurer's random id of what happened", models.CharField(max_length=64))
    number = Plain("our number, made of a random id", models.CharField(max_length=32))
    exchange = models.ForeignKey(Exchange, null=True, on_delete=models.PROTECT, related_name="inbox")
    received_at = models.DateTimeField(default=clock.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("callback of an insurer")
        constraints = [models.UniqueConstraint(fields=["insurer", "event_id"], name="insurers_one_event")]


_LETTERS = {Kind.SUBMIT: "S", Kind.CANCEL: "C", Kind.WITHDRAW: "W", Kind.DOCUMENT: "D"}


def number_of(kind: str, contract: UUID, version: int) -> str:
    """Our number: a letter for the kind, the contract's random id in 26 letters and digits, the version in three digits."""
    if not 0 < version < 1000:
        raise ValueError("a version of a contract is from 1 to 999")
    return f"{_LETTERS[Kind(kind)]}{base64.b32encode(contract.bytes).decode().rstrip('=')}{version:03}"
