"""Begin, prepare, ask, close: an attempt to pay follows what its channel says, and money that fits nowhere goes back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import MoveRefused, move, record, together
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import Money
from besttrav.kernel.statements import insert, lock, reload, rows_of, straight, take_over
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.channels import CASHIER, reach
from besttrav.payments.limits import ASKING
from besttrav.payments.models import UNPAID, ChannelName, Difference, Payment, PaymentState, Scene, What, number_of
from besttrav.payments.operations.refunding import refund
from besttrav.payments.port import Found, Prepared, Prepay, Result, Standing
from besttrav.payments.queries import channels_offered, payments_of


class AlreadyPaid(Refusal):
    """The order has its payment."""

    code = "already_paid"
    message = _("This order is paid.")
    way_out = _("Open the order to see where it stands. You will not be charged again.")


class BeingLookedInto(Refusal):
    """Money came for this order that does not fit it, and a person is at it."""

    code = "being_looked_into"
    message = _("A payment for this order is being looked into.")
    way_out = _("Please do not pay again. We will call you, or pay the money back to where it came from.")


class NothingToPay(Refusal):
    code = "nothing_to_pay"
    message = _("There is nothing to pay.")


class TooLate(Refusal):
    """The time to pay is over."""

    code = "too_late"
    message = _("The time to pay for this order is over.")
    way_out = _("Start again from the product: the price is worked out anew.")


def begin(
    *,
    order_id: UUID,
    subject: UUID | None,
    amount: Money,
    channel: ChannelName,
    scene: Scene,
    description: str,
    expires_at: datetime,
    actor: Actor,
) -> Payment:
    """Write the intention to pay down. The same again is the same attempt; attempts of another kind are given up, and a job closes them.

    `description` is what the channel shows, never a person. Channels count in seconds, and so does `expires_at`.
    """
    scene = Scene(scene)
    if scene.channel != channel:
        raise ValueError(f"{scene.value} is no scene of {channel}")
    now, expires_at = clock.now(), expires_at.replace(microsecond=0)
    if amount.fen <= 0:
        raise NothingToPay
    if expires_at <= now:
        raise TooLate
    if scene.channel not in channels_offered():
        raise ValueError(f"{scene.channel.value} is not offered here")
    with transaction.atomic():
        _hold_order(order_id)
        attempts = rows_of(Payment, order_id=order_id, order_by="-id")
        _refuse_if_paid(attempts)
        living = [attempt for attempt in attempts if attempt.is_open and not attempt.is_over(now)]
        same, others = _told_apart(living, amount, scene, expires_at)
        for other in others:
            _give_up(other, because="another_way", actor=actor)
        return same or _planned(order_id, subject, amount, scene, description, expires_at, actor)


def prepay(*, payment: Payment, return_url: str, payer_address: str) -> Prepared:
    """Where the person can pay now. Repeating is safe; an address is kept as long as it works. Outside any transaction.

    A refusal by the channel may mean that it was paid or closed meanwhile, so the payment is asked about.
    """
    reload(payment)
    now = clock.now()
    if not payment.is_open or payment.is_over(now):
        return Prepared(Result.REJECTED, code="over" if payment.is_open else str(payment.state))
    if payment.address and payment.address_until and payment.address_until > now:
        return Prepared(Result.OK, payment.address, payment.address_until)
    crashpoint("payments.planned")
    prepared = reach(payment.channel).prepay(
        Prepay(
            number=payment.number,
            scene=payment.scene,
            amount=payment.amount,
            description=payment.description,
            expires_at=payment.expires_at,
            return_url=return_url,
            payer_address=payer_address,
        )
    )
    crashpoint("payments.prepared")
    if prepared.result is Result.OK:
        _open(payment, prepared)
    elif prepared.result is Result.REJECTED:
        ask(payment=payment)
    return prepared


def ask(*, payment: Payment) -> Standing:
    """Ask the channel and follow what it says. Outside any transaction."""
    found = reach(payment.channel).query(payment.number)
    crashpoint("payments.asked")
    _follow(payment, found)
    return found.standing


def ask_if_due(*, payment: Payment) -> None:
    """For a page that polls: ask, but not more often than every few seconds, whoever is looking."""
    now = clock.now()
    pause = timedelta(seconds=ASKING.page_pause)
    if straight(connection, _MY_TURN, [now, payment.pk, UNPAID, now - pause]):
        ask(payment=payment)
    else:
        reload(payment)


_MY_TURN = """
UPDATE payments_payment SET asked_at = %s WHERE id = %s AND state = ANY(%s) AND (asked_at IS NULL OR asked_at <= %s) RETURNING 1
"""


def close(*, payment: Payment) -> None:
    """Let nobody pay it any more. What was paid first is paid; what the channel does not know may be begun there until its time is over."""
    reload(payment)
    if not payment.is_open:
        return
    crashpoint("payments.closing")
    found = reach(payment.channel).close(payment.number)
    if found.standing in (Standing.CLOSED, Standing.ABSENT):
        _follow(payment, found)
    else:
        ask(payment=payment)


def give_up(*, order_id: UUID, because: str, actor: Actor) -> int:
    """The order is wanted no more: its open attempts are closed by a job, and what is paid all the same goes back. Says how many."""
    with transaction.atomic():
        _hold_order(order_id)
        living = list(payments_of(order_id).filter(state__in=UNPAID, is_unwanted=False))
        for payment in living:
            payment.is_unwanted = True
            payment.save(update_fields=["is_unwanted"])
            _give_up(payment, because=because, actor=actor)
    return len(living)


def owe_insurer(*, payment_id: UUID, because: str, actor: Actor) -> None:
    """The policy is issued: what is held of this payment is the insurer's from now on. Once; a second call changes nothing."""
    with transaction.atomic(savepoint=False):
        (payment,) = rows_of(Payment, pk=payment_id, locked=True)
        held = -ledger.balance(Account.PREMIUM_HELD, payment=payment)
        if held.fen > 0:
            key = f"owed:{payment.number}"
            ledger.post(key, debit=Account.PREMIUM_HELD, credit=Account.INSURER_PAYABLE, amount=held, payment=payment)
            record(actions.OWED, about=payment, actor=actor, subject=payment.subject, why=because, fen=held.fen)


def _hold_order(order_id: UUID) -> None:
    """One writer an order at a time, until the transaction ends: two attempts may be taken in at once, and only one of them buys it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"payments.order:{order_id}"])


def _refuse_if_paid(attempts: list[Payment]) -> None:
    states = {attempt.state for attempt in attempts}
    if PaymentState.CAPTURED in states:
        raise AlreadyPaid
    if PaymentState.DISPUTED in states:
        raise BeingLookedInto


def _told_apart(living: list[Payment], amount: Money, scene: Scene, expires_at: datetime) -> tuple[Payment | None, list[Payment]]:
    wanted = (amount.fen, scene, expires_at)
    same = next((payment for payment in living if (payment.amount_fen, payment.scene, payment.expires_at) == wanted), None)
    return same, [payment for payment in living if payment is not same]


def _planned(
    order_id: UUID, subject: UUID | None, amount: Money, scene: Scene, description: str, expires_at: datetime, actor: Actor
) -> Payment:
    id, now = ids.new_id(), clock.now()
    payment = Payment(
        id=id,
        order_id=order_id,
        subject=subject,
        channel=scene.channel,
        scene=scene,
        number=number_of(id, kind="P"),
        description=description[: scene.channel.limits.description_most],
        amount_fen=amount.fen,
        begun_at=now,
        expires_at=expires_at,
        ask_at=now + ASKING.payment_again(0),
    )
    insert(payment)
    record(
        actions.BEGUN,
        about=payment,
        actor=actor,
        subject=subject,
        order=order_id,
        channel=payment.channel,
        scene=payment.scene,
        fen=amount.fen,
    )
    return payment


def _give_up(payment: Payment, *, because: str, actor: Actor) -> None:
    """The entry is followed by the job that closes it at the channel."""
    payment.given_up_at = payment.ask_at = clock.now()
    payment.save(update_fields=["given_up_at", "ask_at"])
    record(actions.SUPERSEDED, about=payment, actor=actor, subject=payment.subject, why=because)


def _open(payment: Payment, prepared: Prepared) -> None:
    with transaction.atomic():
        where: dict[str, Any] = {"address": prepared.address, "address_until": prepared.valid_until}
        try:
            move(payment, PaymentState.OPEN, actor=CASHIER, because="prepared", subject=payment.subject, **where)
        except MoveRefused:  # It was open already, or its money came before the answer to the order.
            payment.address, payment.address_until = prepared.address, prepared.valid_until
            payment.save(update_fields=list(where))


def _follow(payment: Payment, found: Found) -> None:
    """Take over what the channel said. Money is taken in once, from whatever state it finds the payment in."""
    with together():
        if found.standing is Standing.PAID:
            _hold_order(payment.order_id)
            attempts = rows_of(Payment, locked=True, order_id=payment.order_id)
            take_over(payment, next(one for one in attempts if one == payment))
            if payment.is_open or payment.state == PaymentState.CLOSED:
                _take_in(payment, found, [one for one in attempts if one != payment])
        else:
            lock(payment)
            if payment.is_open:
                _note_unpaid(payment, found)


def _note_unpaid(payment: Payment, found: Found) -> None:
    """Nobody has paid it yet, or nobody ever will."""
    if _is_surely_unpaid(payment, found):
        because = "closed" if found.standing is Standing.CLOSED else "never_begun"
        move(payment, PaymentState.CLOSED, actor=CASHIER, because=because, subject=payment.subject, **_asked(payment, next_at=None))
    else:
        asked = _asked(payment, next_at=_next_question(payment, clock.now()))
        payment.asks, payment.asked_at, payment.ask_at = asked.values()
        payment.save(update_fields=list(asked))


def _asked(payment: Payment, *, next_at: datetime | None) -> dict[str, Any]:
    """What is kept of a question that was answered."""
    return {"asks": min(payment.asks + 1, 1000), "asked_at": clock.now(), "ask_at": next_at}


def _next_question(payment: Payment, now: datetime) -> datetime:
    """When to ask again after the question that was just answered."""
    if payment.is_over(now):
        return now + timedelta(seconds=ASKING.close_again)
    step = ASKING.payment_again(payment.asks + 1)
    by_plan = payment.begun_at + step
    return min(by_plan if by_plan > now else now + step, _end_of(payment))


def _end_of(payment: Payment) -> datetime:
    return payment.expires_at + timedelta(seconds=ASKING.slack)


def _is_surely_unpaid(payment: Payment, found: Found) -> bool:
    """Absent before the end is only "not yet": some channels begin a payment when the person arrives there."""
    is_absent_for_good = found.standing is Standing.ABSENT and clock.now() >= _end_of(payment)
    return found.standing is Standing.CLOSED or is_absent_for_good


def _take_in(payment: Payment, found: Found, others: list[Payment]) -> None:
    state, because = _verdict(payment, found, others)
    is_money = found.is_ours and found.currency == "CNY" and found.fen > 0
    received: dict[str, Any] = _asked(payment, next_at=None)
    received |= {"reference": found.reference, "paid_at": found.paid_at or clock.now(), "captured_fen": found.fen if is_money else 0}
    move(payment, state, actor=CASHIER, because=because, subject=payment.subject, **received)
    if is_money:
        place = Account.PREMIUM_HELD if state is PaymentState.CAPTURED else Account.UNAPPLIED
        key, clearing = f"captured:{payment.number}", Account.clearing(payment.channel)
        ledger.post(key, debit=clearing, credit=place, amount=payment.captured, payment=payment)
    else:
        # No money of ours that could be refunded: a person has to look at the channel.
        what = What.NOT_OURS if not found.is_ours else What.OTHER_CURRENCY
        Difference.objects.create(channel=payment.channel, what=what, payment=payment, number=payment.number, fen_there=found.fen)
    if state is PaymentState.CAPTURED:
        _tell(payment, others)
    else:
        record(actions.UNAPPLIED, about=payment, actor=CASHIER, subject=payment.subject, why=because, fen=payment.captured_fen)
    if state is PaymentState.UNAPPLIED:
        refund(payment=payment, amount=payment.captured, decision=ids.new_id(), because=because, actor=CASHIER)


def _verdict(payment: Payment, found: Found, others: list[Payment]) -> tuple[PaymentState, str]:
    if not found.is_exactly(payment.amount):
        because = "not_ours" if not found.is_ours else "other_currency" if found.currency != "CNY" else "other_amount"
        return PaymentState.DISPUTED, because
    if not payment.counts_when_paid(found.paid_at or clock.now()):
        return PaymentState.UNAPPLIED, "unwanted" if payment.is_unwanted else "late"
    if any(other.is_captured for other in others):
        return PaymentState.UNAPPLIED, "paid_twice"
    return PaymentState.CAPTURED, "paid"


def _tell(payment: Payment, others: list[Payment]) -> None:
    """The money buys the order, and the other ways to pay it are given up."""
    record(actions.CAPTURED, about=payment, actor=CASHIER, subject=payment.subject, order=payment.order_id, fen=payment.captured_fen)
    for other in others:
        if other.is_open and other.given_up_at is None:
            _give_up(other, because="paid_otherwise", actor=CASHIER)
