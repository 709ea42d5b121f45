"""Jobs of this room."""

from besttrav.journal.following import follow
from besttrav.journal.queries import record_of
from besttrav.kernel import clock
from besttrav.kernel.jobs import job
from besttrav.payments import actions, operations, queries
from besttrav.payments.models import Notification, Payment, Refund


@job("payments.close_payment", queue="payments")
def close_payment(*, entry_id: str) -> None:
    operations.close(payment=record_of(Payment, entry_id))


@job("payments.send_refund", queue="payments")
def send_refund(*, entry_id: str) -> None:
    operations.send_refund(refund=record_of(Refund, entry_id))


@job("payments.handle_notification", queue="payments")
def handle_notification(*, entry_id: str) -> None:
    operations.handle(notification=record_of(Notification, entry_id))


@job("payments.recover", queue="payments", lock="payments.recover")
def recover(*, timestamp: int) -> None:
    operations.recover()


@job("payments.compare_bills", queue="payments", lock="payments.compare_bills")
def compare_bills(*, timestamp: int) -> None:
    for name in queries.channels_offered():
        for day in queries.unread_days(name, clock.today()):
            operations.compare_bill(name=name, day=day)
    operations.look_again()


follow(actions.SUPERSEDED, close_payment)
follow(actions.REFUND_ASKED, send_refund)
follow(actions.NOTICED, handle_notification)
