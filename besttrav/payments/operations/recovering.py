"""By the clock: what is due to be asked or sent, what has come to its end, and what lost its job."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from besttrav.journal.operations import MoveRefused
from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.payments import queries
from besttrav.payments.limits import ASKING
from besttrav.payments.models import Payment
from besttrav.payments.operations.paying import ask, close
from besttrav.payments.operations.receiving import handle
from besttrav.payments.operations.refunding import send_refund

MOST = 200
logger = logging.getLogger(__name__)


def recover() -> int:
    """Take up everything that is due, the longest due first. Returns how much there was; one that fails keeps no other from its turn."""
    now = clock.now()
    notices = queries.left_notices(now - timedelta(seconds=ASKING.callback_after))[:MOST]
    due: list[Callable[[], object]] = [
        *(partial(handle, notification=notification) for notification in notices),
        *(partial(_look_after, payment) for payment in queries.to_ask(now)[:MOST]),
        *(partial(send_refund, refund=refund) for refund in queries.refunds_to_ask(now)[:MOST]),
    ]
    for step in due:
        _try(step)
    return len(due)


def _look_after(payment: Payment) -> None:
    """Ask while it may be paid; close when its time is over."""
    if payment.is_over(clock.now() - timedelta(seconds=ASKING.slack)):
        close(payment=payment)
    else:
        ask(payment=payment)


def _try(step: Callable[[], object]) -> None:
    try:
        step()
    except MoveRefused:
        pass  # Its own job was at it meanwhile and has settled it.
    except Unavailable as unavailable:
        logger.error("payments: %s", unavailable)
