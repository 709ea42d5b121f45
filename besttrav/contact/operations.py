"""Prepare, hand over, settle. Nothing is sent inside a transaction, and nothing is repeated before the carrier was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from besttrav.contact import actions
from besttrav.contact.models import Message, MessageState
from besttrav.contact.port import Carrier, LookUp, Outcome, Result, SendText
from besttrav.contact.templates import Template
from besttrav.journal.operations import Draft, MoveRefused, move, record, record_all, together
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.registry import provider
from besttrav.privacy import files
from besttrav.privacy.gate import Closed, Opened, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import NOTIFY
from besttrav.privacy.queries import restored_since

MOST_TRIES = 3
ASK_AFTER = timedelta(seconds=20)
FORGOTTEN_AFTER = timedelta(minutes=2)  # the tries of the sending job take half a minute together
SURELY_ABSENT_AFTER = timedelta(minutes=10)  # the carrier's own books lag; younger messages are asked about again

SENDER = Actor.job("contact.send")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """What is to be told to one person. Without `subject` that is a new one: typing a number attaches nothing to whoever owns it."""

    phone: str
    template: Template
    values: Mapping[str, str]
    language: str
    subject: UUID | None = None
    useless_after: datetime | None = None
    id: UUID = field(default_factory=ids.new_id)


def prepare(
    *,
    phone: str,
    template: Template,
    values: Mapping[str, str],
    language: str,
    actor: Actor,
    subject: UUID | None = None,
    useless_after: datetime | None = None,
) -> Message:
    """`prepare_all` for one letter."""
    letter = Letter(phone=phone, template=template, values=values, language=language, subject=subject, useless_after=useless_after)
    return prepare_all([letter], actor=actor)[0]


def prepare_all(letters: Sequence[Letter], *, actor: Actor) -> list[Message]:
    """Write the intention down; its entry is followed by the sending job, so nothing leaves before the caller's commit.

    It costs the same for one letter and for many.
    """
    if not letters:
        return []
    sheets = files.open_sheets(keep=Keep.MESSAGE, subjects=[letter.subject for letter in letters])
    messages = [_message(letter, sheet.id) for letter, sheet in zip(letters, sheets, strict=True)]
    with transaction.atomic(savepoint=False):
        Message.objects.bulk_create(messages)
        record_all(
            [
                Draft(actions.PREPARED, actor, message, sheet.subject_id, {"template": message.kind.code})
                for message, sheet in zip(messages, sheets, strict=True)
            ]
        )
    return messages


def _message(letter: Letter, recipient: UUID) -> Message:
    return Message(
        id=letter.id,
        recipient=recipient,
        phone=letter.phone,
        text=letter.template.kept_text(letter.values, letter.language),
        values=json.dumps(dict(letter.values), ensure_ascii=False),
        template=letter.template.name,
        language=letter.language,
        useless_after=letter.useless_after,
    )


def send(*, message: Message) -> None:
    """Hand a prepared message over, once. A job that runs twice finds it no longer prepared and asks instead.

    After a restore "prepared" is what the record said at the backup, and the message may have left since: a one-time code is given up
    then, and any other is asked about before it may leave.
    """
    if message.state != MessageState.PREPARED:
        ask(message=message)
    elif restored_since(message.prepared_at):
        _doubt(message)
    elif message.is_too_late(clock.now()):
        _give_up(message, because="too_late")
    elif opened := _opened(message):
        _begin(message)
        text = SendText(str(message.id), opened.phone, message.kind.code, message.language, json.loads(opened["values"]))
        settle(message=message, outcome=_carrier().send(text))


def _doubt(message: Message) -> None:
    if message.kind.is_one_time:
        _give_up(message, because="restored")
        return
    with transaction.atomic():
        # The carrier is asked by day. A notice handed over after midnight may be missed and come twice; a code never does.
        handed_over_at = message.handed_over_at or message.prepared_at
        move(message, MessageState.UNKNOWN, actor=SENDER, because="restored", handed_over_at=handed_over_at)


def ask(*, message: Message) -> None:
    """Look an unsettled message up at the carrier. Only what it surely never received is repeated, and a one-time code never is."""
    if message.is_settled or message.handed_over_at is None:
        return
    if opened := _opened(message):
        day = message.handed_over_at.astimezone(BEIJING).date()
        settle(message=message, outcome=_carrier().look_up(LookUp(str(message.id), opened.phone, day)))


def settle(*, message: Message, outcome: Outcome) -> None:
    """Write down what is known now; what is not, is asked about again."""
    match outcome.result:
        case Result.OK:
            _finish(message, MessageState.SENT, because="taken", reference=outcome.reference)
        case Result.REJECTED:
            _finish(message, MessageState.REJECTED, because=outcome.code or "rejected")
        case Result.ABSENT if _is_surely_absent(message):
            _repeat_or_give_up(message)
        case _:
            _ask_again(message)


def recover() -> int:
    """Take up what was left in the middle, the oldest first; called by the clock. Returns how many there were.

    What is only prepared after all this time has lost its job: each try may have found the vault or the journal away.
    """
    unsure = Q(state__in=[MessageState.SENDING, MessageState.UNKNOWN], handed_over_at__lt=clock.now() - ASK_AFTER)
    forgotten = Q(state=MessageState.PREPARED, created_at__lt=clock.now() - FORGOTTEN_AFTER)
    left = list(Message.objects.filter(unsure | forgotten).order_by("created_at")[:200])
    for message in left:
        try:
            send(message=message)
        except MoveRefused:
            pass  # Its own job was at it meanwhile and has settled it; the others wait for us still.
    return len(left)


def _opened(message: Message) -> Opened | None:
    """Number and values, or None when the gate stays shut: a message nobody may read any more is given up."""
    try:
        return reveal_one(message, "phone", "values", purpose=NOTIFY, actor=SENDER)
    except Closed as closed:
        _give_up(message, because=closed.code)
        return None


def _begin(message: Message) -> None:
    with transaction.atomic():
        move(message, MessageState.SENDING, actor=SENDER, because="job", tries=message.tries + 1, handed_over_at=clock.now())


def _finish(message: Message, state: MessageState, *, because: str, reference: str = "") -> None:
    with transaction.atomic():
        move(message, state, actor=SENDER, because=because, reference=reference or message.reference)


def _is_surely_absent(message: Message) -> bool:
    return message.handed_over_at is not None and clock.now() - message.handed_over_at >= SURELY_ABSENT_AFTER


def _repeat_or_give_up(message: Message) -> None:
    if message.may_be_repeated(clock.now(), MOST_TRIES):
        with together():
            move(message, MessageState.PREPARED, actor=SENDER, because="never_arrived", prepared_at=clock.now())
            record(actions.PREPARED, about=message, actor=SENDER, template=message.kind.code)
    else:
        _give_up(message, because="never_arrived")


def _ask_again(message: Message) -> None:
    """`recover` asks every minute; the state says that nobody knows."""
    if message.state == MessageState.SENDING:
        with transaction.atomic():
            move(message, MessageState.UNKNOWN, actor=SENDER, because="no_answer")


def _give_up(message: Message, *, because: str) -> None:
    with transaction.atomic():
        move(message, MessageState.LOST, actor=SENDER, because=because)


def _carrier() -> Carrier:
    return cast(Carrier, provider("carrier"))
