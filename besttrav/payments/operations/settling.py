"""What people settle by hand: money paid back from our bank account, and differences with a channel. One proposes, another confirms.

Nothing here is sent anywhere. A reference leads to the transfer at the bank, or to the case at the channel.
"""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import move, record
from besttrav.kernel import ids
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO, Money
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.models import Difference, DifferenceState, Payment, Refund, RefundState, What, number_of
from besttrav.payments.operations.refunding import UNWANTED, NothingCaptured, RefundTooMuch, fail, require_surely_failed, source_of, succeed


class SecondPersonNeeded(Refusal):
    code = "second_person_needed"
    message = _("This needs a second person: whoever proposed it cannot confirm it.")
    way_out = _("Ask a colleague who may move money.")


class RefundUnderWay(Refusal):
    """What a channel may still pay out is not paid by hand as well."""

    code = "refund_under_way"
    message = _("A refund of this payment is under way at the channel.")
    way_out = _("Ask the channel, and wait until it has failed or come through.")


class NothingOwed(Refusal):
    """The money bought something, and nobody decided to give it back."""

    code = "nothing_owed"
    message = _("Nothing of this payment is owed back.")
    way_out = _("Give the order back first. Only what the channel then does not pay is paid by hand.")


class NothingProposed(Refusal):
    code = "nothing_proposed"
    message = _("This has been settled in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


def pay_by_hand(*, payment: Payment, reference: str, because: str, actor: Actor) -> Refund:
    """Say that what is owed of a payment was paid back from our bank account. Nobody refunds it again meanwhile. Outside a transaction.

    Only money that is owed back goes this way: what buys nothing, or what a channel was told to refund and did not, as it says once more.
    Raises NothingCaptured, NothingOwed, NotSurelyFailed, RefundTooMuch where nothing is left, and RefundUnderWay. What the channel pays out
    after it was asked, and before the second person confirms, is found by its bill.
    """
    failed = list(payment.refunds.filter(state=RefundState.FAILED, is_by_hand=False))
    for one in failed:
        require_surely_failed(one)
    with transaction.atomic():
        payment.refresh_from_db(from_queryset=Payment.objects.select_for_update())
        amount = _owed(payment)
        if not payment.captured:
            raise NothingCaptured
        if payment.refunds.exclude(state__in=[RefundState.FAILED, RefundState.SUCCEEDED]).exists():
            raise RefundUnderWay
        if not payment.refundable:
            raise RefundTooMuch
        if not amount:
            raise NothingOwed
        made = _proposed(payment, amount, reference, because, staff(actor))
        payment.refunding_fen += amount.fen
        payment.save(update_fields=["refunding_fen"])
        key = f"refund:{made.number}"
        ledger.post(key, debit=Account(made.source), credit=Account.REFUND_PAYABLE, amount=amount, payment=payment)
        facts = {"payment": payment.pk, "fen": amount.fen, "why": because}
        record(actions.PAID_BY_HAND, about=made, actor=actor, subject=payment.subject, **facts)
    return made


def confirm_by_hand(*, refund: Refund, is_right: bool, actor: Actor) -> None:
    """A second person saw the transfer at the bank, or did not: then the money is owed as before. Raises SecondPersonNeeded."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
        refund.refresh_from_db(from_queryset=Refund.objects.select_for_update())
        if refund.state != RefundState.PROPOSED:
            raise NothingProposed
        if not is_right:
            fail(refund, payment, because="not_confirmed", actor=actor)
            return
        refund.confirmed_by = second_person(refund.proposed_by, actor)
        succeed(refund, payment, paid_from=Account.BANK, because="second_person", actor=actor)


def propose_settlement(*, difference: Difference, reference: str, actor: Actor) -> None:
    """Say that a difference is explained or put right, and by which case. Raises NothingProposed when it is not open."""
    with transaction.atomic():
        difference.refresh_from_db(from_queryset=Difference.objects.select_for_update(of=("self",)))
        if difference.state != DifferenceState.OPEN:
            raise NothingProposed
        difference.reference, difference.proposed_by = reference, staff(actor)
        difference.save(update_fields=["reference", "proposed_by"])
        move(difference, DifferenceState.PROPOSED, actor=actor, because="looked_into")


def confirm_settlement(*, difference: Difference, is_right: bool, actor: Actor) -> None:
    """A second person agrees, or has it looked into again. Money that came under no payment of ours is booked as gone back."""
    with transaction.atomic():
        difference.refresh_from_db(from_queryset=Difference.objects.select_for_update(of=("self",)))
        if difference.state != DifferenceState.PROPOSED:
            raise NothingProposed
        if not is_right:
            difference.reference, difference.proposed_by = "", None
            difference.save(update_fields=["reference", "proposed_by"])
            move(difference, DifferenceState.OPEN, actor=actor, because="not_confirmed")
            return
        difference.confirmed_by = second_person(difference.proposed_by, actor)
        difference.save(update_fields=["confirmed_by"])
        if difference.what == What.STRAY and difference.there:
            key, clearing = f"stray_settled:{difference.number}", Account.clearing(difference.channel)
            ledger.post(key, debit=Account.UNAPPLIED, credit=clearing, amount=difference.there)
        move(difference, DifferenceState.SETTLED, actor=actor, because="second_person")


def _proposed(payment: Payment, amount: Money, reference: str, because: str, by: UUID) -> Refund:
    id = ids.new_id()
    return Refund.objects.create(
        id=id,
        payment=payment,
        decision=id,
        number=number_of(id, kind="R"),
        amount_fen=amount.fen,
        source=source_of(payment, amount),
        why=because,
        state=RefundState.PROPOSED,
        ask_at=None,
        reference=reference,
        is_by_hand=True,
        proposed_by=by,
    )


def _owed(payment: Payment) -> Money:
    """What bought nothing is owed whole; of what bought something, what was decided last and did not go back."""
    if payment.state in UNWANTED:
        return payment.refundable
    last = payment.refunds.order_by("-decided_at", "-id").first()
    return last.amount if last and last.state == RefundState.FAILED else ZERO


def staff(actor: Actor) -> UUID:
    """Who of us this is: what two people settle is not settled by a job."""
    if actor.id is None:
        raise ValueError("only a member of staff settles by hand")
    return actor.id


def second_person(proposed_by: UUID | None, actor: Actor) -> UUID:
    """Who confirms. Raises SecondPersonNeeded for whoever proposed it."""
    if actor.id == proposed_by:
        raise SecondPersonNeeded
    return staff(actor)
