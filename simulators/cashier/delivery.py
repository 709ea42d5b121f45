"""Time passing at a channel: refunds come to their end, and notices go out and come again by the vendor's schedule."""

import threading
import urllib.error
import urllib.request
from typing import Any

from simulators.cashier.books import GIVEN_UP, THANKED, WAITING, Event, Refund
from simulators.cashier.vendor import Vendor

PATIENCE = 5.0  # seconds the vendors wait for an answer to a notice


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A notice follows no redirect, as with the vendors."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


class Delivery:
    """Runs rounds by itself in a thread, or one at a time when asked."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self._one_round = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.2):
            self.round()

    def stop(self) -> None:
        self._stopped.set()

    def round(self) -> list[dict[str, Any]]:
        """Everything that is due now; says what was sent and how it was answered."""
        with self._one_round:
            for refund in self.vendor.books.due_refunds():
                self._settle(refund)
            events = self.vendor.books.due_events()
            if len(events) > 1 and self.vendor.script.next("reordered", call="notice"):
                events.reverse()
            return [sent for event in events for sent in self._deliver(event)]

    def _settle(self, refund: Refund) -> None:
        self.vendor.books.change_refund(refund.number, status=refund.becomes, done_at=self.vendor.books.moment())
        self.vendor.event_of_refund(refund.number)

    def _deliver(self, event: Event) -> list[dict[str, Any]]:
        fault = self.vendor.script.next("lost", "late", "repeated", call="notice", number=event.trade)
        if fault and fault.fault == "lost":
            self.vendor.books.change_event(event.id, status=GIVEN_UP)
            return []
        if fault and fault.fault == "late":
            self.vendor.books.change_event(event.id, due_at=self.vendor.books.moment(fault.seconds))
            return []
        answers = [post(event.notify_url, *self.vendor.notice(event)) for _ in range(3 if fault else 1)]
        self._note(event, any(self.vendor.is_thanks(*answer) for answer in answers))
        return [{"event": event.id, "number": event.trade, "status": status} for status, _ in answers]

    def _note(self, event: Event, is_thanked: bool) -> None:
        tries, gaps = event.tries + 1, self.vendor.retries
        status = THANKED if is_thanked else WAITING if event.tries < len(gaps) else GIVEN_UP
        due_at = self.vendor.books.moment(gaps[event.tries]) if status == WAITING else event.due_at
        self.vendor.books.change_event(event.id, tries=tries, status=status, due_at=due_at)


def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer; 0 when there was none."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the merchant's own address, checked when it was given
    try:
        with OPENER.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read(4096)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(4096)
    except OSError:
        return 0, b""
