"""The HTTP side of a simulated channel: the vendor's interface, the cashier for people, and the control interface."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from simulators.cashier import page
from simulators.cashier.books import CLOSED, OFFERED, OPEN, PAID, Event, Trade
from simulators.cashier.delivery import Delivery, post
from simulators.cashier.faults import Fault
from simulators.cashier.vendor import Answer, Call, Vendor

POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"


class Server:
    """A running channel: `run()` blocks, `stop()` ends it from a signal or another thread."""

    def __init__(self, http: ThreadingHTTPServer, delivery: Delivery, *, by_itself: bool) -> None:
        self._http, self._delivery, self._by_itself = http, delivery, by_itself
        self.port: int = http.server_address[1]

    def run(self) -> None:
        thread = threading.Thread(target=self._delivery.run, daemon=True)
        if self._by_itself:
            thread.start()
        self._http.serve_forever(poll_interval=0.1)
        self._delivery.stop()
        self._http.server_close()

    def stop(self) -> None:
        threading.Thread(target=self._http.shutdown, daemon=True).start()


def serve(*, host: str, port: int, vendor: Vendor, by_itself: bool = True) -> Server:
    """Bind the port now and answer when `run()` is called; 0 takes a free one. Without `by_itself` time waits for `/control/deliver`."""
    delivery = Delivery(vendor)
    handler = type("BoundHandler", (Handler,), {"vendor": vendor, "delivery": delivery})
    http = ThreadingHTTPServer((host, port), handler)
    http.daemon_threads = True
    return Server(http, delivery, by_itself=by_itself)


class Handler(BaseHTTPRequestHandler):
    """One connection. Nothing it receives is logged."""

    vendor: Vendor
    delivery: Delivery
    protocol_version = "HTTP/1.1"
    server_version = "cashier-simulator"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: what a real channel is sent is nobody's to read."""

    def do_GET(self) -> None:
        self._route("GET", b"")

    def do_POST(self) -> None:
        self._route("POST", self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _route(self, method: str, body: bytes) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        place = self.vendor.cashier_token(method, url.path, url.query, body)
        if isinstance(place, Answer):
            self._give(place)
        elif place is not None:
            self._show(self.vendor.books.trade(token=place))
        elif call := self.vendor.call_of(method, url.path, url.query, headers, body):
            self._call(call)
        elif method == "POST" and url.path.startswith("/control/"):
            self._control(url.path.removeprefix("/control/"), body)
        elif url.path.startswith("/pay/"):
            self._cashier(method, url.path.removeprefix("/pay/"), body)
        else:
            self._page(url.path)

    # --- For people ---

    def _page(self, path: str) -> None:
        match path:
            case "/":
                self._html(200, page.listing(self.vendor.look, self.vendor.books.trades()))
            case "/style.css":
                self._give(Answer(200, page.style(self.vendor.look).encode(), "text/css; charset=utf-8"))
            case "/books.json":
                self._json(200, self._books())
            case "/health":
                self._json(200, {"ok": True})
            case _:
                self._json(404, {"code": "NOT_FOUND"})

    def _cashier(self, method: str, token: str, body: bytes) -> None:
        trade = self.vendor.books.trade(token=token)
        if trade is None or method == "GET":
            self._show(trade)
            return
        act = parse_qs(body.decode()).get("act", [""])[0]
        if act == "cancel" and (back := self.vendor.way_back(trade)):
            self._give(Answer(303, headers={"Location": back}))
        elif act == "pay" and _may_be_paid(self.vendor, trade):
            trade = pay(self.vendor, trade)
            back = self.vendor.way_back(trade)
            self._give(Answer(303, headers={"Location": back or f"/pay/{trade.token}"}))
        elif act == "fail" and _may_be_paid(self.vendor, trade):
            trade = self.vendor.books.change_trade(trade.number, status=OPEN)
            self._html(200, page.cashier(self.vendor.look, trade, said="failed"))
        else:
            self._show(trade)

    def _show(self, trade: Trade | None) -> None:
        if trade is None:
            self._html(404, page.refusal(self.vendor.look, "NOT_FOUND", "没有这个订单 · There is no such order"))
            return
        is_over = not _may_be_paid(self.vendor, trade)
        self._html(200, page.cashier(self.vendor.look, trade, is_over=is_over, back=self.vendor.way_back(trade)))

    def _books(self) -> dict[str, Any]:
        books = self.vendor.books
        return {
            "trades": [asdict(trade) for trade in books.trades(10_000)],
            "refunds": [asdict(refund) for refund in books.refunds()],
            "events": [asdict(event) for event in books.events()],
        }

    # --- For the merchant's program ---

    def _call(self, call: Call) -> None:
        before = self.vendor.script.next("delay", "drop_before", "status", call=call.name, number=call.number)
        if before and before.fault == "delay":
            time.sleep(before.seconds)
        elif before and before.fault == "drop_before":
            return self._drop()
        elif before:
            return self._json(before.code, {"code": "SYSTEM_ERROR" if before.code >= 500 else "FREQUENCY_LIMITED", "message": "scripted"})
        fault = self.vendor.script.next("refuse", "wrong_signature", "unsigned", call=call.name, number=call.number)
        with self.vendor.books.lock:
            answer = self.vendor.perform(call, fault)
        after = self.vendor.script.next("drop_after", "truncated", call=call.name, number=call.number)
        if after is None:
            return self._give(answer)
        return self._drop() if after.fault == "drop_after" else self._truncated(answer)

    # --- For whoever rehearses faults ---

    def _control(self, order: str, body: bytes) -> None:
        orders: dict[str, Callable[[Any], Any]] = {
            "faults": lambda given: self.vendor.script.write([Fault(**fault) for fault in given]),
            "clock": lambda given: self.vendor.books.set("clock_offset", str(float(given["seconds"]))),
            "scale": lambda given: self.vendor.books.set("time_scale", str(float(given["times"]))),
            "forget": lambda given: self.vendor.books.forget(),
            "pay": self._pay,
            "refund": self._settle_refund,
            "deliver": lambda given: self.delivery.round(),
            "forge": self._forge,
            "rotate": lambda given: self.vendor.rotate(),
        }
        try:
            said = orders[order](json.loads(body or b"{}"))
        except (TypeError, ValueError, KeyError, AssertionError) as error:
            self._json(400, {"error": f"{type(error).__name__}: {error}"})
        else:
            self._json(200, {"ok": True, "said": said})

    def _pay(self, given: dict[str, Any]) -> dict[str, Any]:
        """Pay as a person would: {"number": …}, with `fen`, `currency` or `app` other than asked for, or although it is too late."""
        trade = self.vendor.books.trade(given["number"])
        assert trade, "no such trade"
        assert trade.status != PAID, "paid already"
        changed = {name: given[name] for name in ("fen", "currency", "app") if name in given}
        return asdict(pay(self.vendor, trade, **changed))

    def _settle_refund(self, given: dict[str, Any]) -> None:
        """Let a refund come to an end now: {"number": …, "status": the vendor's word}."""
        self.vendor.books.change_refund(given["number"], status=given["status"], done_at=self.vendor.books.moment())
        self.vendor.event_of_refund(given["number"])

    def _forge(self, given: dict[str, Any]) -> dict[str, Any]:
        """Send a notice that must be refused, or a genuine one again: {"number": …, "kind": …}. Says how it was answered."""
        events = self.vendor.books.events(given["number"])
        trade = self.vendor.books.trade(given["number"])
        url = given.get("url") or (trade.notify_url if trade else "")
        event = events[-1] if events else Event("EV-0", given["number"], "", "", url, self.vendor.books.moment(), 0, "", "")
        make = self.vendor.notice if given["kind"] == "genuine" else lambda event: self.vendor.forged(given["kind"], event)
        status, answer = post(url, *make(event))
        return {"status": status, "body": answer.decode(errors="replace")}

    # --- Answering ---

    def _html(self, status: int, text: str) -> None:
        self._give(Answer(status, text.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": POLICY}))

    def _json(self, status: int, content: Any) -> None:
        self._give(Answer(status, json.dumps(content, ensure_ascii=False).encode()))

    def _give(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, "Cache-Control": "no-store", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 204:
            self.wfile.write(answer.body)

    def _truncated(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body) + 1))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2])
        self.wfile.flush()
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def pay(vendor: Vendor, trade: Trade, **changed: Any) -> Trade:
    """The person has paid: write it down and send word."""
    with vendor.books.lock:
        trade = vendor.books.change_trade(trade.number, status=PAID, paid_at=vendor.books.moment(), **changed)
        vendor.event_of_payment(trade)
    return trade


def _may_be_paid(vendor: Vendor, trade: Trade) -> bool:
    return trade.status in (OFFERED, OPEN) and vendor.books.now() < datetime.fromisoformat(trade.expires_at) and trade.status != CLOSED


def form_of(query: str, body: bytes) -> dict[str, str]:
    """The parameters of a request, from its address and its body."""
    return dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))
