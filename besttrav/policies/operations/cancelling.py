"""Carrying a surrender out: the insurer ends the policy, then policy, transaction, ledger and refund change in one transaction, or none.

Every step is safe to run twice and to be killed in: the row of the surrender says how far it is, and its id is the decision to refund.
"""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef

from besttrav.contact.templates import Template
from besttrav.insurers import operations as insurers
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.insurers.port import Cancel
from besttrav.journal.operations import move, record, together
from besttrav.kernel import clock
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.jobs import each
from besttrav.kernel.statements import lock
from besttrav.payments import operations as payments
from besttrav.payments.models import Payment
from besttrav.policies import actions
from besttrav.policies.limits import SURRENDER
from besttrav.policies.models import Policy, PolicyState, PolicyTransaction, Surrender, SurrenderState, TransactionKind
from besttrav.policies.operations.surrendering import SURRENDERER, tell

SURRENDERED = "surrendered"
SILENT = "silent"
IN_ONE_RUN = 200


def work(*, exchange: Exchange) -> None:
    """Send the cancellation, or ask what became of it. Nothing of a person leaves. Outside a transaction."""
    insurers.perform(exchange=exchange, build=lambda: _command(exchange))


def settle(*, exchange: Exchange) -> None:
    """The insurer has ended the policy, refused to, or has not answered in time."""
    if exchange.kind != Kind.CANCEL:
        return
    match exchange.state:
        case ExchangeState.OK:
            _end(exchange)
        case ExchangeState.REJECTED:
            _halt(exchange, exchange.reason)
        case ExchangeState.GIVEN_UP:
            _halt(exchange, SILENT)


def settle_refund(*, payment: Payment) -> None:
    """The money is back, by the channel or by hand."""
    with together():
        surrender = Surrender.objects.filter(payment=payment.pk, state=SurrenderState.CANCELLED).first()
        if surrender is None or payment.refunded_fen < surrender.refund_fen:
            return
        lock(surrender)
        if surrender.state == SurrenderState.CANCELLED:
            _finish(surrender)
    crashpoint("policies.surrender_done")


def recover() -> int:
    """Take over what is settled below and was not: its job has failed to its end. Returns how much there was.

    One that fails keeps no other from its turn.
    """
    before = clock.now() - timedelta(minutes=SURRENDER.grace_minutes)
    settled = [ExchangeState.OK, ExchangeState.REJECTED, ExchangeState.GIVEN_UP]
    waiting = Surrender.objects.filter(state=SurrenderState.AT_INSURER).values("exchange")
    steps = [partial(settle, exchange=one) for one in Exchange.objects.filter(id__in=waiting, state__in=settled, settled_at__lt=before)]
    of_payment = Surrender.objects.filter(payment=OuterRef("id"), refund_fen__lte=OuterRef("refunded_fen"))
    paid = Payment.objects.filter(Exists(of_payment.filter(state=SurrenderState.CANCELLED, cancelled_at__lt=before)))[:IN_ONE_RUN]
    steps += [partial(settle_refund, payment=one) for one in paid]
    each(steps)
    return len(steps)


def _command(exchange: Exchange) -> Cancel:
    surrender = Surrender.objects.get(exchange=exchange.id)
    assert exchange.submission
    asked_on = surrender.asked_at.astimezone(BEIJING).date()
    return Cancel(
        number=exchange.number,
        submission=exchange.submission.number,
        policy_number=exchange.submission.policy_number,
        because=surrender.reason,
        on=surrender.last_day + timedelta(days=1) if surrender.last_day else asked_on,
    )


def _end(exchange: Exchange) -> None:
    """The policy is over: its transaction, its state, what the insurer owes us less, and the refund under the number of this decision."""
    with together():
        surrender = _held(exchange)
        if surrender is None:
            return
        policy, now = surrender.policy, clock.now()
        facts = {"fen": surrender.refund_fen, "insurer": policy.insurer}
        record(actions.SURRENDERED, about=surrender, actor=SURRENDERER, subject=policy.subject, **facts)
        PolicyTransaction.objects.create(
            policy=policy,
            number=policy.transactions.count() + 1,
            kind=TransactionKind.CANCEL,
            premium_fen=-surrender.value_fen,
            changes=_changes(surrender),
            exchange=exchange.id,
            at=now,
        )
        move(policy, PolicyState.CANCELLED, actor=SURRENDERER, because=SURRENDERED, subject=policy.subject)
        _give_back(surrender)
        found = {"given_fen": exchange.amount_fen, "cancelled_at": now}
        move(surrender, SurrenderState.CANCELLED, actor=SURRENDERER, because="cancelled", subject=policy.subject, **found)
        if not surrender.refund:
            _finish(surrender)
    crashpoint("policies.surrendered")


def _give_back(surrender: Surrender) -> None:
    payment = Payment.objects.get(id=surrender.payment)
    if surrender.fee:
        payments.keep_fee(payment=payment, fee=surrender.fee, actor=SURRENDERER)
    if surrender.refund:
        payments.refund(
            payment=payment, amount=surrender.refund, decision=surrender.id, because=SURRENDERED, actor=SURRENDERER, stands=True
        )


def _halt(exchange: Exchange, answer: str) -> None:
    with transaction.atomic():
        surrender = _held(exchange)
        if surrender:
            subject = surrender.policy.subject
            move(surrender, SurrenderState.HALTED, actor=SURRENDERER, because=answer, subject=subject, answer=answer)


def _finish(surrender: Surrender) -> None:
    move(surrender, SurrenderState.DONE, actor=SURRENDERER, because="paid_back", subject=surrender.policy.subject, ended_at=clock.now())
    tell(surrender, Template.SURRENDERED, amount=str(surrender.refund))


def _held(exchange: Exchange) -> Surrender | None:
    """The surrender that waits for this exchange, with its policy, both locked; None where it waits for it no more."""
    surrender = Surrender.objects.filter(exchange=exchange.id).first()
    if surrender is None:
        return None
    policy = Policy.objects.select_for_update().get(id=surrender.policy_id)
    lock(surrender)
    surrender.policy = policy
    return surrender if surrender.state == SurrenderState.AT_INSURER and surrender.exchange == exchange.id else None


def _changes(surrender: Surrender) -> list[dict[str, object]]:
    """Field by field what stood there and what stands there now."""
    policy = surrender.policy
    last_day = surrender.last_day.isoformat() if surrender.last_day else None
    return [
        {"field": "state", "was": PolicyState.STANDS.value, "now": PolicyState.CANCELLED.value},
        {"field": "last_day", "was": policy.last_day.isoformat(), "now": last_day},
        {"field": "premium_fen", "was": policy.premium_fen, "now": policy.premium_fen - surrender.value_fen},
    ]
