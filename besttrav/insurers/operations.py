"""Plan, send, ask, settle, and give up in time.

Nothing is sent inside a transaction. What may have arrived is asked about before it is repeated, and repeated only when the insurer has
said, often and late enough, that it never heard of our number. Any number of workers may call `perform` for one exchange at once: the
move to `sending` lets one of them through.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from besttrav.insurers import actions, comparing, queries
from besttrav.insurers.limits import ASKING, DOCUMENTS, WITHDRAWING
from besttrav.insurers.models import RUNNING, Exchange, ExchangeState, InboxItem, Kind, number_of
from besttrav.insurers.port import (
    Absent,
    Cancel,
    Cancelled,
    Command,
    Declined,
    Document,
    Issued,
    Outcome,
    Reply,
    Submit,
    Unknown,
    Waiting,
)
from besttrav.journal.operations import MoveRefused, move, record, together
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.statements import insert_once, lock, reload, rows_of

CALLER = Actor.job("insurers.call")
IN_ONE_RUN = 200

_log = logging.getLogger(__name__)
_S = ExchangeState


class UnknownInsurer(Refusal):
    """A callback at the address of an insurer we do not have."""

    code = "unknown_insurer"
    message = _("There is no such insurer here.")
    way_out = _("Check the address.")


class NothingToLookAt(Refusal):
    """Asked to look again at, or to give up, what has come to its end."""

    code = "nothing_to_look_at"
    message = _("This has been settled in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


class NotHarmless(Refusal):
    """A policy that is not what was bought, in something that matters."""

    code = "not_harmless"
    message = _("What differs here changes somebody's cover or price, so it cannot be accepted.")
    way_out = _("Have the insurer put it right and ask again, or refuse it: then the money goes back.")


class NoAnswer(Refusal):
    """The insurer does not say what it has, so nothing can be decided on it."""

    code = "no_answer"
    message = _("The insurer did not answer. Nothing was changed.")
    way_out = _("Try again in a minute, or call the insurer.")


# What the rooms above call


def plan(
    *, kind: Kind, contract: UUID, version: int, insurer: str, actor: Actor, deadline: datetime, submission: Exchange | None = None
) -> Exchange:
    """Write the intention down in the caller's transaction; `insurers.due` is followed by the room that carries it out.

    One per kind, contract and version: planning it again answers with the one there is. What is not a submission says which one it is
    about. A new try after a refusal is a new version, because it is a new decision.
    """
    exchange, is_new = _planned(kind, contract, version, insurer, deadline, submission, next_try_at=clock.now() + ASKING.wait(0))
    if is_new:
        _call(exchange, actor=actor)
    return exchange


def perform(*, exchange: Exchange, build: Callable[[], Command], recall: Callable[[], Submit] | None = None) -> Exchange:
    """Send it, or ask what became of it, as its state demands. Outside a transaction; safe to run any number of times, at once as well.

    `build` is called only when the command will really leave: take the permit and open the data in it. If it refuses, the exchange is
    given up. `recall` is called to compare what came back with what had been sent, when this is another run; without it `build` is. If it
    refuses, the exchange is given up as well, and withdrawn. An exchange that has moved since it was read is left to whoever moved it.
    """
    try:
        if exchange.state in RUNNING and exchange.is_overdue(clock.now()):
            _expire(exchange)
        elif exchange.state == _S.PLANNED:
            _send(exchange, build)
        elif exchange.state in RUNNING and not _may_be_under_way(exchange):
            _ask(exchange, recall or _as_submit(build))
    except MoveRefused:
        reload(exchange)  # Another worker was there first.
    return exchange


def fetch(*, exchange: Exchange, keep: Callable[[bytes], str]) -> Exchange:
    """Fetch the document and hand it to `keep`, in the transaction that settles the exchange. Reading twice harms nobody.

    `keep` checks the document and answers with an empty text, or with a code of what is wrong and nothing written. Then it is fetched
    again, and after some tries left to a human.
    """
    try:
        if exchange.state in RUNNING and exchange.is_overdue(clock.now()):
            _expire(exchange)
        elif exchange.state in RUNNING and not _may_be_under_way(exchange):
            _fetch(exchange, keep)
    except MoveRefused:
        reload(exchange)
    return exchange


def look_again(*, exchange: Exchange, recall: Callable[[], Submit], actor: Actor) -> Exchange:
    """Ask the insurer once more about a policy that differed, and settle it if it has been put right. Raises NothingToLookAt."""
    reload(exchange)
    if exchange.state != _S.DIFFERS or exchange.kind != Kind.SUBMIT:
        raise NothingToLookAt
    outcome = queries.insurer(exchange.insurer).ask(exchange.number)
    if isinstance(outcome, Issued):
        different = _differences(exchange, recall(), outcome)
        _write(exchange, policy_number=outcome.policy_number, amount_fen=outcome.premium.fen, differences=different)
        if not different:
            _finish(exchange, _S.OK, because="put_right", actor=actor)
    return exchange


def accept(*, exchange: Exchange, recall: Callable[[], Submit], actor: Actor, because: str) -> Exchange:
    """Take a policy that differs in what harms nobody, as the insurer tells it now. Raises NothingToLookAt, NotHarmless or NoAnswer."""
    reload(exchange)
    if exchange.state != _S.DIFFERS or exchange.kind != Kind.SUBMIT:
        raise NothingToLookAt
    outcome = queries.insurer(exchange.insurer).ask(exchange.number)
    if not isinstance(outcome, Issued):
        raise NoAnswer
    sent = recall()
    with transaction.atomic():
        _lock_policy_numbers(exchange.insurer)
        different = _differences(exchange, sent, outcome)
        if not comparing.are_harmless(different):
            raise NotHarmless
        record(actions.ACCEPTED, about=exchange, actor=actor, fields=different)
        found: dict[str, Any] = {"policy_number": outcome.policy_number, "amount_fen": outcome.premium.fen, "differences": []}
        try:
            _finish(exchange, _S.OK, because=because, actor=actor, **found)
        except MoveRefused:
            raise NothingToLookAt from None
    return exchange


def give_up(*, exchange: Exchange, actor: Actor, because: str) -> Exchange:
    """End it, whatever is known. A submission that may have arrived is withdrawn at the insurer. Raises NothingToLookAt."""
    try:
        _give_up(exchange, because=because, actor=actor)
    except MoveRefused:
        raise NothingToLookAt from None
    return exchange


# Callbacks


def receive(*, insurer: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Take a callback: prove it, keep once that it came, answer; a job looks after the rest. Raises port.Forged, or UnknownInsurer."""
    if insurer not in queries.codes():
        raise UnknownInsurer
    callback = queries.insurer(insurer).read_callback(path, {name.lower(): value for name, value in headers.items()}, body)
    crashpoint("insurers.callback_proved")
    with transaction.atomic():
        item = InboxItem(insurer=insurer, event_id=callback.event_id, number=callback.number)
        if insert_once(item):
            record(actions.CALLED_BACK, about=item, actor=Actor.job("insurers.receive"), insurer=insurer)
    crashpoint("insurers.callback_kept")
    return callback.reply


def heed(*, item: InboxItem) -> None:
    """Look sooner at what a callback hinted at, once. One about a number that is not ours stays without an exchange, for a human."""
    with transaction.atomic():
        item = InboxItem.objects.select_for_update().get(id=item.id)
        if item.handled_at is not None:
            return
        item.exchange = Exchange.objects.filter(insurer=item.insurer, number=item.number).first()
        item.handled_at = clock.now()
        item.save(update_fields=["exchange", "handled_at"])
        if item.exchange is None:
            _log.warning("a proven callback of %s names a number that is not ours: inbox item %s", item.insurer, item.id)
            return
        about = Q(id=item.exchange.id) | Q(submission=item.exchange)
        for exchange in Exchange.objects.filter(about, state__in=RUNNING):
            _call(exchange, actor=CALLER)


# The clock


def recover() -> int:
    """Call for everybody whose time has come, the longest waiting first, and give up what is past its deadline. Returns how many."""
    now = clock.now()
    due = list(Exchange.objects.filter(state__in=RUNNING, next_try_at__lte=now).order_by("next_try_at")[:IN_ONE_RUN])
    for exchange in due:
        try:
            if exchange.is_overdue(now):
                _expire(exchange)
            else:
                _call_again(exchange, now)
        except MoveRefused:
            pass  # It was settled a moment ago.
    return len(due)


def withdraw(*, exchange: Exchange) -> None:
    """Take a submission back that was given up on: this room's own errand."""
    perform(exchange=exchange, build=lambda: _withdrawal(exchange))


# Planning


def _planned(
    kind: Kind, contract: UUID, version: int, insurer: str, deadline: datetime, submission: Exchange | None, *, next_try_at: datetime
) -> tuple[Exchange, bool]:
    wanted = Exchange(
        kind=kind,
        contract=contract,
        version=version,
        number=number_of(kind, contract, version),
        insurer=insurer,
        submission=submission,
        deadline_at=deadline,
        next_try_at=min(next_try_at, deadline),
    )
    if insert_once(wanted):
        return wanted, True
    found = Exchange.objects.select_related("submission").get(kind=kind, contract=contract, version=version)
    if found.insurer != insurer:
        raise ValueError("the same version of a contract goes to one insurer")
    return found, False


def _call(exchange: Exchange, *, actor: Actor) -> None:
    if exchange.kind == Kind.WITHDRAW:
        record(actions.WITHDRAWAL_DUE, about=exchange, actor=actor, insurer=exchange.insurer)
    else:
        record(actions.DUE, about=exchange, actor=actor, kind=exchange.kind, insurer=exchange.insurer)


def _call_again(exchange: Exchange, now: datetime) -> None:
    """Once a round, and less often each time: the jobs of rounds before may still stand in a long queue."""
    next_try_at = min(now + ASKING.wait(exchange.asked + 1), exchange.deadline_at)
    with transaction.atomic():
        same = Exchange.objects.filter(id=exchange.id, state=exchange.state, next_try_at=exchange.next_try_at)
        if same.update(next_try_at=next_try_at, asked=F("asked") + 1):
            _call(exchange, actor=CALLER)


# Sending


def _send(exchange: Exchange, build: Callable[[], Command]) -> None:
    insurer, before = queries.insurer(exchange.insurer), exchange.left_at
    _begin(exchange)
    crashpoint("insurers.begun")
    try:
        command = _fitting(build(), exchange)
    except Refusal as refusal:
        _give_up_unsent(exchange, because=refusal.code, left_before=before)
        return
    except Exception:
        _take_back(exchange, because="not_built", left_before=before)
        raise
    crashpoint("insurers.built")
    outcome = insurer.perform(command)
    crashpoint("insurers.answered")
    if isinstance(outcome, Unknown) and outcome.surely_unsent:
        _take_back(exchange, because="not_connected", left_before=before)
    else:
        _settle(exchange, outcome, _as_submit(lambda: command), is_asked=False)
    crashpoint("insurers.settled")


def _begin(exchange: Exchange) -> None:
    """The one gate through which a command leaves: committed when this returns, so it refuses to be called inside a transaction."""
    now = clock.now()
    longest = min(now + timedelta(seconds=ASKING.longest_call), exchange.deadline_at)
    with together(durable=True):
        if exchange.kind == Kind.DOCUMENT and exchange.state != _S.PLANNED:
            move(exchange, _S.PLANNED, actor=CALLER, because="safe_to_repeat")
        sent: dict[str, Any] = {"tries": exchange.tries + 1, "left_at": now, "absent_answers": 0, "next_try_at": longest}
        move(exchange, _S.SENDING, actor=CALLER, because="due", **sent)


def _fitting(command: Command, exchange: Exchange) -> Command:
    if command.number != exchange.number:
        raise ValueError("a command carries the number of its exchange")
    if isinstance(command, Submit) != (exchange.kind == Kind.SUBMIT):
        raise ValueError("a submission submits, and everything else does not")
    return command


def _as_submit(build: Callable[[], Command]) -> Callable[[], Submit]:
    def recalled() -> Submit:
        command = build()
        if not isinstance(command, Submit):
            raise TypeError("only a submission is compared with what came back")
        return command

    return recalled


def _take_back(exchange: Exchange, *, because: str, left_before: datetime | None) -> None:
    """Not a byte has left this time: it is as it was before."""
    with transaction.atomic():
        move(exchange, _S.PLANNED, actor=CALLER, because=because, left_at=left_before, next_try_at=_next_try(exchange))


def _give_up_unsent(exchange: Exchange, *, because: str, left_before: datetime | None) -> None:
    with transaction.atomic():
        _write(exchange, left_at=left_before)
        _give_up(exchange, because=because, actor=CALLER)


# Asking


def _may_be_under_way(exchange: Exchange) -> bool:
    """Whether the worker that sent it may still be at it: asking about what has not arrived yet proves nothing."""
    under_way = exchange.left_at is not None and clock.now() - exchange.left_at < timedelta(seconds=ASKING.longest_call)
    return exchange.state == _S.SENDING and under_way


def _ask(exchange: Exchange, recall: Callable[[], Submit]) -> None:
    outcome = queries.insurer(exchange.insurer).ask(exchange.submission_number)
    crashpoint("insurers.asked")
    _settle(exchange, outcome, recall, is_asked=True)
    crashpoint("insurers.settled")


def _settle(exchange: Exchange, outcome: Outcome, recall: Callable[[], Submit], *, is_asked: bool) -> None:
    """Write down what is known now; what is not, is asked about again."""
    if exchange.kind == Kind.SUBMIT:
        _settle_submission(exchange, outcome, recall)
    else:
        _settle_cancellation(exchange, outcome, is_asked=is_asked)


def _settle_submission(exchange: Exchange, outcome: Outcome, recall: Callable[[], Submit]) -> None:
    match outcome:
        case Issued():
            _compare(exchange, recall, outcome)
        case Declined(code=code):
            _finish(exchange, _S.REJECTED, because=code)
        case Cancelled():
            _finish(exchange, _S.REJECTED, because="cancelled")
        case Waiting():
            _stay(exchange, _S.WAITING, because="undecided")
        case Absent():
            _count_absence(exchange, then=_repeat)
        case Unknown(code=code):
            _stay(exchange, exchange.state if exchange.state == _S.WAITING else _S.UNKNOWN, because=code)


def _settle_cancellation(exchange: Exchange, outcome: Outcome, *, is_asked: bool) -> None:
    match outcome:
        case Cancelled(refund=refund):
            _finish(exchange, _S.OK, because="cancelled", amount_fen=refund.fen if refund else None)
        case Declined() if is_asked:
            _finish_without_policy(exchange)  # The submission was declined: there is nothing to cancel.
        case Declined(code=code) if exchange.kind == Kind.WITHDRAW:
            _refused_withdrawal(exchange, code)
        case Declined(code=code):
            _refused_cancellation(exchange, code)
        case Absent():
            _count_absence(exchange, then=_finish_without_policy)
        case Issued() | Waiting() if is_asked and exchange.state != _S.WAITING:
            _count_absence(exchange, then=_repeat)  # The policy lives on: our cancellation may never have arrived.
        case Issued() | Waiting():
            _stay(exchange, _S.WAITING, because="undecided")
        case Unknown(code=code):
            _stay(exchange, exchange.state if exchange.state == _S.WAITING else _S.UNKNOWN, because=code)


def _refused_withdrawal(exchange: Exchange, code: str) -> None:
    """There may be nothing to take back, or a policy that stands though its premium goes back: ask, try again, and tell a human."""
    if exchange.tries == 1:
        _log.error("the insurer %s does not take a submission back (%s): exchange %s", exchange.insurer, code, exchange.id)
    _stay(exchange, _S.UNKNOWN, because=code)


def _refused_cancellation(exchange: Exchange, code: str) -> None:
    """It may be refused because an earlier one, given up on or made by a clerk there, has ended the policy: ask what stands."""
    match queries.insurer(exchange.insurer).ask(exchange.submission_number):
        case Cancelled() as cancelled:
            _settle_cancellation(exchange, cancelled, is_asked=True)
        case Unknown(code=silence):
            _stay(exchange, _S.UNKNOWN, because=silence)
        case _:
            _finish(exchange, _S.REJECTED, because=code)


def _compare(exchange: Exchange, recall: Callable[[], Submit], issued: Issued) -> None:
    """What was sent can be opened no more, as when somebody in it has withdrawn meanwhile: unseen it is not adopted, but taken back."""
    try:
        sent = recall()
    except Refusal as refusal:
        _give_up(exchange, because=refusal.code, actor=CALLER)
    else:
        _adopt(exchange, sent, issued)


def _adopt(exchange: Exchange, sent: Submit, issued: Issued) -> None:
    """Call it issued if it is what was asked for; else leave it to a human, with the names of what differs."""
    with together():
        # Two contracts that were given one policy number at the same moment would both find it free.
        _lock_policy_numbers(exchange.insurer)
        different = _differences(exchange, sent, issued)
        found: dict[str, Any] = {"policy_number": issued.policy_number, "amount_fen": issued.premium.fen, "differences": different}
        _finish(exchange, _S.DIFFERS if different else _S.OK, because="differs" if different else "issued", **found)
        if different:
            record(actions.DIFFERED, about=exchange, actor=CALLER, fields=different)
            _log.error("the insurer %s answered something else than it was sent: exchange %s", exchange.insurer, exchange.id)


def _differences(exchange: Exchange, sent: Submit, issued: Issued) -> list[str]:
    same = rows_of(Exchange, kind=Kind.SUBMIT, insurer=exchange.insurer, policy_number=issued.policy_number) if issued.policy_number else []
    somebody_elses = ["policy_number"] if any(other != exchange for other in same) else []
    return comparing.differences(sent, issued) + somebody_elses


def _count_absence(exchange: Exchange, *, then: Callable[[Exchange], None]) -> None:
    """Believe it when it was said often enough, and later than the insurer's books lag."""
    lag = queries.insurer(exchange.insurer).capabilities.lag
    surely_after = max(lag, timedelta(seconds=ASKING.longest_call))
    is_late_enough = exchange.left_at is not None and clock.now() - exchange.left_at >= surely_after
    if is_late_enough and exchange.absent_answers + 1 >= ASKING.absent_answers:
        then(exchange)
    else:
        state = exchange.state if exchange.state == _S.WAITING else _S.UNKNOWN
        _stay(exchange, state, because="not_there_yet", absent_answers=exchange.absent_answers + 1)


def _repeat(exchange: Exchange) -> None:
    with together():
        move(exchange, _S.PLANNED, actor=CALLER, because="never_arrived", next_try_at=_next_try(exchange))
        _call(exchange, actor=CALLER)


def _finish_without_policy(exchange: Exchange) -> None:
    if exchange.kind == Kind.WITHDRAW:
        _finish(exchange, _S.OK, because="nothing_there")
    else:
        _finish(exchange, _S.REJECTED, because="nothing_there")


def _stay(exchange: Exchange, state: str, *, because: str, **found: Any) -> None:
    """Not settled: ask again later."""
    with transaction.atomic():
        if exchange.state != state:
            move(exchange, state, actor=CALLER, because=because, next_try_at=_next_try(exchange), reason=because, **found)
        else:
            lock(exchange)
            _write(exchange, next_try_at=_next_try(exchange), reason=because, **found)


# Documents


def _fetch(exchange: Exchange, keep: Callable[[bytes], str]) -> None:
    _begin(exchange)
    crashpoint("insurers.begun")
    assert exchange.submission
    answer = queries.insurer(exchange.insurer).fetch_document(exchange.submission.number, exchange.submission.policy_number)
    crashpoint("insurers.answered")
    match answer:
        case Document(content=content):
            _keep(exchange, content, keep)
        case Waiting() | Absent():
            _stay(exchange, _S.WAITING, because="not_there_yet")
        case Unknown(code=code):
            _stay(exchange, _S.UNKNOWN, because=code)
    crashpoint("insurers.settled")


def _keep(exchange: Exchange, content: bytes, keep: Callable[[bytes], str]) -> None:
    with transaction.atomic():
        lock(exchange)
        if exchange.state not in RUNNING:
            return
        wrong = keep(content)
        if not wrong:
            _finish(exchange, _S.OK, because="kept")
        elif exchange.tries < DOCUMENTS.tries:
            _stay(exchange, _S.WAITING, because=wrong)
        else:
            _finish(exchange, _S.DIFFERS, because=wrong, differences=[wrong])
            record(actions.DIFFERED, about=exchange, actor=CALLER, fields=[wrong])
            _log.error("the insurer %s keeps sending another document: exchange %s", exchange.insurer, exchange.id)


# Ending


def _expire(exchange: Exchange) -> None:
    _give_up(exchange, because="deadline", actor=CALLER)
    if exchange.kind == Kind.WITHDRAW:
        _log.error("a submission could not be withdrawn at %s: exchange %s", exchange.insurer, exchange.id)


def _give_up(exchange: Exchange, *, because: str, actor: Actor) -> None:
    with transaction.atomic():
        _finish(exchange, _S.GIVEN_UP, because=because, actor=actor)
        if exchange.kind == Kind.SUBMIT and exchange.may_have_arrived:
            _plan_withdrawal(exchange)


def _plan_withdrawal(exchange: Exchange) -> None:
    """Not at once: a worker may have let the submission go a moment ago, and it must not arrive behind its own withdrawal."""
    now = clock.now()
    after, deadline = now + timedelta(seconds=WITHDRAWING.after), now + timedelta(days=WITHDRAWING.days)
    _planned(Kind.WITHDRAW, exchange.contract, exchange.version, exchange.insurer, deadline, exchange, next_try_at=after)


def _withdrawal(exchange: Exchange) -> Cancel:
    assert exchange.submission
    return Cancel(
        number=exchange.number,
        submission=exchange.submission.number,
        policy_number=exchange.submission.policy_number,
        because="given_up",
        on=clock.today(),
    )


def _finish(exchange: Exchange, state: str, *, because: str, actor: Actor = CALLER, **found: Any) -> None:
    with transaction.atomic(savepoint=False):
        # With the move: an issued policy without its number does not exist.
        move(exchange, state, actor=actor, because=because, reason=because, settled_at=clock.now(), next_try_at=None, **found)


# The row


def _next_try(exchange: Exchange) -> datetime:
    return min(clock.now() + ASKING.wait(exchange.asked), exchange.deadline_at)


def _write(exchange: Exchange, **values: Any) -> None:
    for name, value in values.items():
        setattr(exchange, name, value)
    exchange.save(update_fields=list(values))


def _lock_policy_numbers(insurer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"insurers.policy_numbers.{insurer}"])
