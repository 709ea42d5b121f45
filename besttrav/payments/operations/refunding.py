"""Decide, send, settle: one number for each decision, and never more back than came in."""

from datetime import timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import move, record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import Money
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.channels import CASHIER, reach
from besttrav.payments.limits import ASKING
from besttrav.payments.models import REFUND_MOVES, Payment, PaymentState, Refund, RefundState, number_of
from besttrav.payments.port import PayBack, RefundFound, Return

DECISIONS = UUID("b3c1b0a8-6f0c-5e57-9c39-6f5d3a0f7c21")  # the name space of what staff decide: one decision for one failure
UNWANTED = (PaymentState.DISPUTED, PaymentState.UNAPPLIED)  # money that buys nothing
_NOTHING_PAID = (Return.FAILED, Return.REFUSED, Return.ABSENT)


class NothingCaptured(Refusal):
    code = "nothing_captured"
    message = _("No money has come in with this payment, so none can go back.")


class RefundTooMuch(Refusal):
    """More would go back than came in, with the refunds already decided."""

    code = "refund_too_much"
    message = _("More would be paid back than was received.")
    way_out = _("Look at the refunds already decided for this payment.")


class RefundTooLate(Refusal):
    """The channel pays nothing back after so long."""

    code = "refund_too_late"
    message = _("The channel does not pay back what was paid so long ago.")
    way_out = _("Ask the customer for a bank account and pay it there.")


class TooManyRefunds(Refusal):
    code = "too_many_refunds"
    message = _("The channel takes no further part refund of this payment.")
    way_out = _("Ask the customer for a bank account and pay it there.")


class OtherDecision(Refusal):
    """The same decision was written down before, over another amount or payment."""

    code = "other_decision"
    message = _("This refund was decided before, and differently.")


class NotSurelyFailed(Refusal):
    """A new decision would pay twice if the old one was, or will be, paid."""

    code = "not_surely_failed"
    message = _("The channel does not say that this refund has failed.")
    way_out = _("Ask the channel again and wait for its answer. Nothing was changed.")


class NothingUnapplied(Refusal):
    code = "nothing_unapplied"
    message = _("This money belongs to its order, or went back already.")
    way_out = _("Reload the page to see where it stands now.")


def refund(*, payment: Payment, amount: Money, decision: UUID, because: str, actor: Actor, stands: bool = False) -> Refund:
    """Write the decision down; its entry is followed by the sending job. The same decision again is the same refund.

    Of two who decide at once, the second sees what the first left of the money. A decision that `stands`, because what it pays for is over
    already, is written down though the channel pays nothing back any more: it has failed then, and a person pays it by hand.
    """
    with transaction.atomic():
        payment.refresh_from_db(from_queryset=Payment.objects.select_for_update())
        if known := Refund.objects.filter(decision=decision).first():
            if (known.payment_id, known.amount) != (payment.pk, amount):
                raise OtherDecision
            return known
        _refuse_more_than_there_is(payment, amount)
        closed = _closed_way(payment)
        if closed and not stands:
            raise closed
        made = Refund.objects.create(
            payment=payment,
            decision=decision,
            number=number_of(decision, kind="R"),
            amount_fen=amount.fen,
            source=source_of(payment, amount),
            why=because,
            code=closed.code if closed else "",
        )
        payment.refunding_fen += amount.fen
        payment.save(update_fields=["refunding_fen"])
        key = f"refund:{made.number}"
        ledger.post(key, debit=Account(made.source), credit=Account.REFUND_PAYABLE, amount=amount, payment=payment)
        record(actions.REFUND_ASKED, about=made, actor=actor, subject=payment.subject, payment=payment.pk, fen=amount.fen, why=because)
        if closed:
            fail(made, payment, because=closed.code, actor=CASHIER)
    return made


def keep_fee(*, payment: Payment, fee: Money, actor: Actor) -> None:
    """Of a premium that the insurer gives back the customer bears the channel's fee. Once for a payment; in the caller's transaction."""
    ledger.post(
        f"surrender_fee:{payment.number}", debit=source_of(payment, fee), credit=Account.SURRENDER_FEES, amount=fee, payment=payment
    )
    record(actions.FEE_KEPT, about=payment, actor=actor, subject=payment.subject, fen=fee.fen)


def goes_back_by_channel(payment: Payment) -> bool:
    """Whether the channel would still take a refund of this payment."""
    return _closed_way(payment) is None


def send_refund(*, refund: Refund) -> None:
    """Hand a decision to the channel. A job that runs twice finds it sent and asks instead. Outside any transaction."""
    if _begin(refund):
        crashpoint("payments.refund_sending")
        payment = refund.payment
        order = PayBack(
            number=refund.number,
            payment=payment.number,
            reference=payment.reference,
            amount=refund.amount,
            paid=payment.captured,
            reason=_reason_for(payment),
        )
        found = reach(payment.channel).refund(order)
        crashpoint("payments.refund_answered")
        _follow(refund, found)
    elif refund.state != RefundState.ASKED:
        ask_refund(refund=refund)


def ask_refund(*, refund: Refund) -> None:
    """Ask what became of a refund that was sent. Outside any transaction."""
    refund.refresh_from_db()
    if refund.state in (RefundState.SENT, RefundState.UNKNOWN, RefundState.PROCESSING, RefundState.STUCK):
        _follow(refund, reach(refund.payment.channel).query_refund(refund.number, refund.payment.number))


def refund_again(*, refund: Refund, because: str, actor: Actor) -> Refund:
    """Decide anew on what a channel did not pay back, once for each refund that failed. Outside any transaction.

    The channel is asked about the old number first. Raises NotSurelyFailed where it does not say again that nothing was paid, and what
    `refund` raises.
    """
    require_surely_failed(refund)
    return _decided(refund.payment, refund.amount, refund.pk, because=because, actor=actor)


def require_surely_failed(refund: Refund) -> None:
    """Ask the channel once more about a refund that failed. Raises NotSurelyFailed unless it says so again. Outside any transaction."""
    found = reach(refund.payment.channel).query_refund(refund.number, refund.payment.number)
    refund.refresh_from_db()
    if refund.is_by_hand or refund.state != RefundState.FAILED or found.standing not in _NOTHING_PAID:
        raise NotSurelyFailed


def give_back(*, payment: Payment, because: str, actor: Actor) -> Refund:
    """Refund what stands in unapplied receipts, where no machine may decide that. Raises NothingUnapplied, and what `refund` raises."""
    if payment.state not in UNWANTED:
        raise NothingUnapplied
    return _decided(payment, payment.refundable, payment.pk, because=because, actor=actor)


def _decided(payment: Payment, amount: Money, about: UUID, *, because: str, actor: Actor) -> Refund:
    """One decision for one thing it is about: pressed twice, it is the same refund."""
    decision = uuid5(DECISIONS, str(about))
    if known := Refund.objects.filter(decision=decision).first():
        return known
    return refund(payment=payment, amount=amount, decision=decision, because=because, actor=actor)


def _reason_for(payment: Payment) -> str:
    """What the channel tells the customer, in Chinese, whatever language a page or a job speaks: a repetition says the same."""
    with translation.override("zh-hans"):
        return gettext("Refund: %(what)s") % {"what": payment.description}


def _refuse_more_than_there_is(payment: Payment, amount: Money) -> None:
    if not payment.paid_at or not payment.captured:
        raise NothingCaptured
    if amount.fen <= 0 or amount > payment.refundable:
        raise RefundTooMuch


def _closed_way(payment: Payment) -> Refusal | None:
    """Why the channel pays nothing of it back, if it does not."""
    if payment.paid_at and clock.now() >= payment.limits.may_refund_until(payment.paid_at):
        return RefundTooLate()
    if payment.refunds.exclude(state=RefundState.FAILED).count() >= payment.limits.refunds_most:
        return TooManyRefunds()
    return None


def source_of(payment: Payment, amount: Money) -> Account:
    """Where the money stands: all that is left of a payment lies in one account, since it is moved on whole."""
    for account in (Account.UNAPPLIED, Account.PREMIUM_HELD, Account.INSURER_PAYABLE):
        if -ledger.balance(account, payment=payment) >= amount:
            return account
    raise RefundTooMuch


def _begin(refund: Refund) -> bool:
    """Take the sending for ourselves; false when it is not to be sent now, or was."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
        refund.refresh_from_db(from_queryset=Refund.objects.select_for_update())
        if refund.state != RefundState.ASKED:
            return False
        now = clock.now()
        last = payment.refunds.exclude(pk=refund.pk).aggregate(last=Max("sent_at"))["last"]
        earliest = last + timedelta(seconds=payment.limits.refund_pause) if last else now
        if earliest > now:
            refund.ask_at = earliest
            refund.save(update_fields=["ask_at"])
            return False
        refund.sent_at, refund.ask_at, refund.asks = now, now + ASKING.refund_again(0), 0
        refund.save(update_fields=["sent_at", "ask_at", "asks"])
        move(refund, RefundState.SENT, actor=CASHIER, because="job", subject=payment.subject)
    return True


def _follow(refund: Refund, found: RefundFound) -> None:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
        refund.refresh_from_db(from_queryset=Refund.objects.select_for_update())
        if not REFUND_MOVES[RefundState(refund.state)]:
            return
        _note_answer(refund, found)
        match found.standing:
            case Return.SUCCEEDED if found.fen in (None, refund.amount_fen):
                _succeed(refund, payment, found)
            case Return.SUCCEEDED:
                _go(refund, RefundState.STUCK, because="other_amount")
            case Return.FAILED | Return.REFUSED:
                fail(refund, payment, because=found.code or found.standing.value, actor=CASHIER)
            case Return.STUCK:
                _go(refund, RefundState.STUCK, because=found.code or "stuck")
            case Return.PROCESSING:
                _go(refund, RefundState.PROCESSING, because="accepted")
            case Return.LATER:
                _go(refund, RefundState.ASKED, because=found.code or "later")
            case Return.ABSENT if _is_surely_absent(refund):
                _send_again(refund)
            case _:
                _go(refund, RefundState.UNKNOWN, because="no_answer")


def _note_answer(refund: Refund, found: RefundFound) -> None:
    refund.ask_at = clock.now() + ASKING.refund_again(refund.asks)
    refund.asks = min(refund.asks + 1, 1000)
    refund.code = found.code
    refund.reference = found.reference or refund.reference
    refund.save(update_fields=["asks", "ask_at", "code", "reference"])


def _go(refund: Refund, state: RefundState, *, because: str) -> None:
    """To another state, where it is not there already and the way is open: a late "processing" changes nothing that is known better."""
    if state in REFUND_MOVES[RefundState(refund.state)]:
        move(refund, state, actor=CASHIER, because=because, subject=refund.payment.subject)


def _is_surely_absent(refund: Refund) -> bool:
    return refund.sent_at is not None and clock.now() - refund.sent_at >= timedelta(seconds=ASKING.absent_after)


def _send_again(refund: Refund) -> None:
    refund.ask_at = clock.now()
    refund.save(update_fields=["ask_at"])
    _go(refund, RefundState.ASKED, because="never_arrived")


def _succeed(refund: Refund, payment: Payment, found: RefundFound) -> None:
    refund.done_at = found.done_at or clock.now()
    succeed(refund, payment, paid_from=Account.clearing(payment.channel), because="paid_back", actor=CASHIER)


def succeed(refund: Refund, payment: Payment, *, paid_from: Account, because: str, actor: Actor) -> None:
    """The money is back. Both rows are locked by the caller; what it changed in the refund is saved."""
    refund.done_at, refund.ask_at = refund.done_at or clock.now(), None
    refund.save()
    payment.refunded_fen += refund.amount_fen
    payment.save(update_fields=["refunded_fen"])
    key = f"refunded:{refund.number}"
    ledger.post(key, debit=Account.REFUND_PAYABLE, credit=paid_from, amount=refund.amount, payment=payment)
    move(refund, RefundState.SUCCEEDED, actor=actor, because=because, subject=payment.subject)
    if payment.refunded_fen == payment.captured_fen:
        move(payment, PaymentState.RETURNED, actor=actor, because=because, subject=payment.subject)


def fail(refund: Refund, payment: Payment, *, because: str, actor: Actor) -> None:
    """The money stands where it stood before the decision. Another way needs another decision, which a person takes."""
    refund.ask_at = None
    refund.save(update_fields=["ask_at"])
    key = f"refund_failed:{refund.number}"
    ledger.post(key, debit=Account.REFUND_PAYABLE, credit=Account(refund.source), amount=refund.amount, payment=payment)
    payment.refunding_fen -= refund.amount_fen
    payment.save(update_fields=["refunding_fen"])
    move(refund, RefundState.FAILED, actor=actor, because=because, subject=payment.subject)
