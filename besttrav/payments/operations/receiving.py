"""Notices of channels: verified, stored once, answered. What they say is asked again by a job, so their order and number do not matter."""

import hashlib
from collections.abc import Mapping
from typing import cast

from django.conf import settings
from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.money import Money
from besttrav.kernel.registry import provider
from besttrav.payments import actions, ledger
from besttrav.payments.accounts import Account
from besttrav.payments.channels import CASHIER, reach
from besttrav.payments.models import UNSETTLED, Difference, Notification, Payment, Posting, What
from besttrav.payments.operations.paying import ask
from besttrav.payments.operations.refunding import ask_refund
from besttrav.payments.port import Callback, Channel, Found, Reply, Standing


def receive(*, channel: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Take a notice in and say what to answer. What is not genuine leaves nothing behind and calls nobody.

    A failure to store it raises, so that the channel is not thanked and comes again.
    """
    callback = cast(Channel, provider(channel)).read(headers, body)
    if callback.is_genuine:
        crashpoint("payments.callback_verified")
        _store(channel, callback, body)
        crashpoint("payments.callback_stored")
    return callback.reply


def handle(*, notification: Notification) -> None:
    """Ask about what the notice names. Without an answer it stays to be handled: the clock comes back to it. Outside any transaction."""
    if notification.handled_at:
        return
    payment = Payment.objects.filter(channel=notification.channel, number=notification.number).first()
    if payment is None:
        is_answered = _look_at_stray(notification)
    else:
        is_answered = ask(payment=payment) is not Standing.UNKNOWN
        for refund in payment.refunds.filter(state__in=UNSETTLED):
            ask_refund(refund=refund)
    if is_answered:
        Notification.objects.filter(pk=notification.pk).update(handled_at=clock.now())


def _store(channel: str, callback: Callback, body: bytes) -> None:
    notification = Notification(
        channel=channel, event=callback.event, kind=callback.kind, number=callback.number, digest=hashlib.sha256(body).hexdigest()
    )
    with transaction.atomic():
        Notification.objects.bulk_create([notification], ignore_conflicts=True)
        if Notification.objects.filter(pk=notification.pk).exists():
            record(actions.NOTICED, about=notification, actor=CASHIER, channel=channel, kind=callback.kind)


def _look_at_stray(notification: Notification) -> bool:
    """Money under a number of this place that no row knows, as after a restore, stands in unapplied until a person finds its order."""
    if not notification.number.startswith(f"{settings.PAYMENT_PREFIX}P"):
        return _tell_of_stray(notification, Found(Standing.ABSENT))
    return _tell_of_stray(notification, reach(notification.channel).query(notification.number))


def _tell_of_stray(notification: Notification, found: Found) -> bool:
    if found.standing is Standing.UNKNOWN:
        return False
    is_money = found.standing is Standing.PAID and found.is_ours and found.currency == "CNY" and found.fen > 0
    key = f"stray:{notification.number}"
    with transaction.atomic():
        if is_money and not Posting.objects.filter(key=key).exists():
            ledger.post(key, debit=Account.clearing(notification.channel), credit=Account.UNAPPLIED, amount=Money(found.fen))
            Difference.objects.create(channel=notification.channel, what=What.STRAY, number=notification.number, fen_there=found.fen)
        record(actions.STRAY, about=notification, actor=CASHIER, channel=notification.channel, fen=found.fen if is_money else 0)
    return True
