"""What staff do for an order that waits for a person. Each is written down with a reason and a case before it is done.

Nothing here pays or issues by itself: an insurer or a channel that may have acted is asked, and what it says is followed.
"""

from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from besttrav.insurers import operations as insurers
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.insurers.operations import NothingToLookAt
from besttrav.invoices import operations as invoicing
from besttrav.invoices.models import Invoice
from besttrav.journal.operations import record
from besttrav.kernel.actors import Actor
from besttrav.payments import operations as payments
from besttrav.payments.models import Payment, Refund
from besttrav.sales import actions
from besttrav.sales.models import Order
from besttrav.sales.operations import issuing


class Why(models.TextChoices):
    """Why somebody steps in."""

    OVERDUE = "overdue", _("It takes too long")
    CUSTOMER = "customer_asked", _("The customer asked")
    INSURER = "insurer_said", _("The insurer said so, on the phone or in writing")
    CHANNEL = "channel_said", _("The payment channel or the bank said so")
    REVIEWED = "looked_into", _("It was looked into: see the case")


@dataclass(frozen=True, slots=True)
class Note:
    """Why, and under which number of a case of ours the rest can be read."""

    why: Why
    case: str


def ask_insurer(*, order: Order, note: Note, actor: Actor) -> None:
    """Ask what became of the submission, and follow it. Raises NothingToLookAt where nothing was ever to be sent."""
    exchange = _submission_of(order)
    _note(order, "ask_insurer", note, actor)
    if exchange.state == ExchangeState.DIFFERS:
        issuing.look_again(exchange=exchange, actor=actor)
    elif exchange.is_settled:
        issuing.settle(exchange=exchange)  # Its job was lost; twice does nothing more.
    else:
        issuing.work(exchange=exchange)


def accept(*, order: Order, note: Note, actor: Actor) -> None:
    """Take the policy as the insurer issued it, where what differs harms nobody. Raises NothingToLookAt, NotHarmless or NoAnswer."""
    exchange = _submission_of(order)
    _note(order, "accept", note, actor)
    issuing.accept(exchange=exchange, actor=actor, because="accepted")


def refuse(*, order: Order, note: Note, actor: Actor) -> None:
    """Give it up: what may have arrived is withdrawn at the insurer, and the money goes back. Raises NothingToLookAt once it is settled."""
    exchange = _submission_of(order)
    _note(order, "refuse", note, actor)
    insurers.give_up(exchange=exchange, actor=actor, because=issuing.REFUSED)


def repeat_refund(*, order: Order, refund: Refund, note: Note, actor: Actor) -> None:
    """Decide anew on a refund that failed, once the channel says again that it did. Raises what `payments.refund_again` does."""
    _note(order, "repeat_refund", note, actor)
    payments.refund_again(refund=refund, because=note.why, actor=actor)


def ask_about_refund(*, order: Order, refund: Refund, note: Note, actor: Actor) -> None:
    """Ask the channel what became of a refund, and follow it."""
    _note(order, "ask_about_refund", note, actor)
    payments.ask_refund(refund=refund)


def give_back(*, order: Order, payment: Payment, note: Note, actor: Actor) -> None:
    """Refund money that fits no order. Raises what `payments.give_back` does."""
    _note(order, "give_back", note, actor)
    payments.give_back(payment=payment, because=note.why, actor=actor)


def pay_by_hand(*, order: Order, payment: Payment, transfer: str, note: Note, actor: Actor) -> None:
    """Say that the rest of a payment was paid back from our bank account, by this transfer. Raises what `payments.pay_by_hand` does."""
    _note(order, "pay_by_hand", note, actor)
    payments.pay_by_hand(payment=payment, reference=transfer, because=note.why, actor=actor)


def confirm_by_hand(*, order: Order, refund: Refund, is_right: bool, note: Note, actor: Actor) -> None:
    """Confirm as a second person that it was paid, or that it was not. Raises what `payments.confirm_by_hand` does."""
    _note(order, "confirm_by_hand" if is_right else "turn_down_by_hand", note, actor)
    payments.confirm_by_hand(refund=refund, is_right=is_right, actor=actor)


def ask_about_invoice(*, order: Order, invoice: Invoice, note: Note, actor: Actor) -> None:
    """Have an invoice looked after again. Raises what `invoices.look_again` does."""
    _note(order, "ask_about_invoice", note, actor)
    invoicing.look_again(invoice=invoice, actor=actor)


def take_invoice_back(*, order: Order, invoice: Invoice, note: Note, actor: Actor) -> None:
    """Have an invoice taken back that says something wrong; the customer may ask anew then. Raises what `invoices.take_back` does."""
    _note(order, "take_invoice_back", note, actor)
    invoicing.take_back(invoice=invoice, actor=actor)


def _submission_of(order: Order) -> Exchange:
    found = Exchange.objects.filter(contract=order.application.contract, kind=Kind.SUBMIT).order_by("-version").first()
    if found is None:
        raise NothingToLookAt
    return found


def _note(order: Order, did: str, note: Note, actor: Actor) -> None:
    with transaction.atomic():
        record(actions.ATTENDED, about=order, actor=actor, subject=order.subject, did=did, why=note.why.value, case=note.case.lower())
