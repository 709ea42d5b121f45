"""By the clock: what is due to be asked or sent, what has come to its end, and what lost its job."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from besttrav.journal.operations import MoveRefused
from besttrav.kernel import clock
from besttrav.kernel.errors import Unavailable
from besttrav.payments import queries
from besttrav.payments.limits import ASKING
from besttrav.payments.models import ChannelName, Payment
from besttrav.payments.operations.paying import ask, close
from besttrav.payments.operations.receiving import handle
from besttrav.payments.operations.refunding import send_refund

MOST = 200
logger = logging.getLogger(__name__)
Step = Callable[[], object]


def recover() -> int:
    """Take up everything that is due, of each channel the longest due first. Returns how much there was.

    One that fails keeps no other from its turn, and a channel whose every step fails takes no other channel's place. What failed in a way
    that nobody foresaw is raised at the end, all of it, so that the run counts as failed and a programmer is told.
    """
    now = clock.now()
    due = [step for name in ChannelName for step in _due(name, now)]
    failed = [error for step in due if (error := _tried(step))]
    if failed:
        raise ExceptionGroup("payments: steps of the clock failed", failed)
    return len(due)


def _due(name: ChannelName, now: datetime) -> Iterator[Step]:
    left = queries.left_notices(now - timedelta(seconds=ASKING.callback_after))
    for notice in left.filter(channel=name)[:MOST]:
        yield partial(handle, notification=notice)
    for payment in queries.to_ask(now).filter(channel=name)[:MOST]:
        yield partial(_look_after, payment)
    for refund in queries.refunds_to_ask(now).filter(payment__channel=name)[:MOST]:
        yield partial(send_refund, refund=refund)


def _look_after(payment: Payment) -> None:
    """Ask while it may be paid; close when its time is over."""
    if payment.is_over(clock.now() - timedelta(seconds=ASKING.slack)):
        close(payment=payment)
    else:
        ask(payment=payment)


def _tried(step: Step) -> Exception | None:
    """What went wrong, where nobody foresaw it."""
    try:
        step()
    except MoveRefused:
        pass  # Its own job was at it meanwhile and has settled it.
    except Unavailable as unavailable:
        logger.error("payments: %s", unavailable)
    except Exception as error:  # noqa: BLE001  # raised by the caller, once the others had their turn
        return error
    return None
