"""The HTTP side: calls, the control interface, and a page that shows numbers and nobody's name. Nothing is logged."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulators.invoices.faults import Fault
from simulators.invoices.protocol import Platform, Rejected


class Server:
    """A running platform: `run()` blocks, `stop()` ends it from a signal or another thread."""

    def __init__(self, platform: Platform, *, host: str, port: int) -> None:
        self._http = ThreadingHTTPServer((host, port), type("BoundHandler", (Handler,), {"platform": platform}))
        self._http.daemon_threads = True
        self.port: int = self._http.server_address[1]

    def run(self) -> None:
        self._http.serve_forever(poll_interval=0.1)
        self._http.server_close()

    def stop(self) -> None:
        threading.Thread(target=self._http.shutdown, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    platform: Platform
    protocol_version = "HTTP/1.1"
    server_version = "invoice-simulator"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: requests are about people."""

    def do_GET(self) -> None:
        listed = [
            {
                "number": one.number,
                "seller": one.seller,
                "invoice_no": one.invoice_no,
                "amount": -one.content["amount"] if one.is_red else one.content["amount"],
                "state": one.state,
                "has_email": bool(one.content["email"]),
            }
            for one in self.platform.books.invoices()
        ]
        if self.path == "/invoices.json":
            self._json(200, listed)
        elif self.path == "/":
            rows = "".join(
                f"<tr><td>{one['seller']}<td>{one['invoice_no'] or '-'}<td>{one['amount']}<td>{one['state']}</tr>" for one in listed
            )
            self._send(200, (_PAGE % rows).encode(), "text/html; charset=utf-8")
        else:
            self._json(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.startswith("/control/"):
            self._control(self.path.removeprefix("/control/"), body)
        else:
            self._call(body)

    def _control(self, order: str, body: bytes) -> None:
        books = self.platform.books
        orders: dict[str, Callable[[Any], object]] = {
            "faults": lambda content: self.platform.script.write([Fault(**fault) for fault in content]),
            "clock": lambda content: books.move_clock(float(content["seconds"])),
            "correct": lambda content: books.put_right(content["number"]),
            "forget": lambda _content: books.forget(),
        }
        try:
            orders[order](json.loads(body))
        except (TypeError, ValueError, KeyError) as error:
            self._json(400, {"error": type(error).__name__})
        else:
            self._json(200, {"ok": True})

    def _call(self, body: bytes) -> None:
        try:
            call = self.platform.read(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        except Rejected as rejected:
            self._json(rejected.status, {"code": rejected.code, "message": "拒绝访问", "data": None})
            return
        firing = self.platform.script.at(call.action, call.content["requestNo"])
        if "slow" in firing:
            time.sleep(firing["slow"].seconds)
        if "drop_before" in firing:
            self._drop()
        elif "status" in firing:
            self._json(firing["status"].code, {"error": "scripted"})
        else:
            answer, headers = self.platform.perform(call, firing)
            if "drop_after" in firing:
                self._drop()
            else:
                self._send(200, answer, "application/json; charset=utf-8", headers, half="truncated" in firing)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _json(self, status: int, content: Any) -> None:
        self._send(status, json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None, *, half: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.wfile.flush()
            self._drop()


_PAGE = (
    '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>模拟开票平台</title></head><body><h1>模拟开票平台</h1>'
    "<p>不开具任何真实发票 · A simulated platform; nothing here reaches a tax office.</p>"
    "<table><tr><th>销售方<th>发票号码<th>金额（分）<th>状态</tr>%s</table></body></html>"
)
