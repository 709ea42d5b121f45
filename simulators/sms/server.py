"""The HTTP side: the vendor's interface at `/` for POST, the reading page at `/` for GET, and the control interface."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from simulators.sms.books import Books
from simulators.sms.faults import Fault, Script
from simulators.sms.page import STYLE, page
from simulators.sms.protocol import perform
from simulators.sms.signature import Rejected, check


class Server:
    """A running carrier: `run()` blocks, `stop()` ends it from a signal or another thread."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self._http = http
        self.port: int = http.server_address[1]

    def run(self) -> None:
        self._http.serve_forever(poll_interval=0.1)
        self._http.server_close()

    def stop(self) -> None:
        threading.Thread(target=self._http.shutdown, daemon=True).start()


def serve(*, host: str, port: int, books: Books, keys: Mapping[str, str]) -> Server:
    """Bind the port now and answer when `run()` is called; port 0 takes a free one."""
    script = Script()
    handler = type("BoundHandler", (Handler,), {"books": books, "script": script, "keys": dict(keys)})
    http = ThreadingHTTPServer((host, port), handler)
    http.daemon_threads = True
    return Server(http)


class Handler(BaseHTTPRequestHandler):
    """One connection. Nothing it receives is logged."""

    books: Books
    script: Script
    keys: dict[str, str]
    protocol_version = "HTTP/1.1"
    server_version = "sms-simulator"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: requests hold phone numbers and codes."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        phone = parse_qs(url.query).get("phone", [""])[0]
        match url.path:
            case "/":
                self._answer(200, page(self.books.messages(phone=phone), phone).encode(), "text/html; charset=utf-8")
            case "/style.css":
                self._answer(200, STYLE.encode(), "text/css; charset=utf-8")
            case "/messages.json":
                self._json(200, [asdict(message) for message in self.books.messages(phone=phone)])
            case "/health":
                self._json(200, {"ok": True})
            case _:
                self._json(404, {"Code": "NotFound"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        if url.path == "/control/faults":
            self._control(lambda: self.script.write([Fault(**fault) for fault in json.loads(body)]))
        elif url.path == "/control/clock":
            self._control(lambda: self.books.move_clock(float(json.loads(body)["seconds"])))
        elif url.path == "/control/forget":
            self._control(self.books.forget)
        else:
            self._call(url.path, url.query, body)

    def _control(self, order: Any) -> None:
        try:
            order()
        except (TypeError, ValueError, KeyError) as error:
            self._json(400, {"error": str(error)})
        else:
            self._json(200, {"ok": True})

    def _call(self, path: str, query: str, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        parameters = dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body.decode(), keep_blank_values=True))
        action = headers.get("x-acs-action", "")
        fault = self.script.next(action, parameters.get("PhoneNumbers") or parameters.get("PhoneNumber") or "")
        if fault and self._fires_before(fault):
            return
        try:
            check(method="POST", path=path, query=query, headers=headers, body=body, keys=self.keys, books=self.books)
            answer = perform(action, headers["x-acs-version"], parameters, self.books)
        except Rejected as error:
            self._refuse(error)
            return
        if fault and fault.fault == "drop_after":
            self._drop()
        elif fault and fault.fault == "truncated":
            self._truncated(answer)
        else:
            self._json(200, answer)

    def _fires_before(self, fault: Fault) -> bool:
        """Do what comes before the work; true when there is nothing left to do."""
        if fault.fault == "delay":
            time.sleep(fault.seconds)
        elif fault.fault == "drop_before":
            self._drop()
        elif fault.fault == "status":
            self._json(fault.code, {"Code": "Throttling" if fault.code == 429 else "InternalError", "Message": "scripted"})
        elif fault.fault == "wrong_signature":
            self._refuse(Rejected(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation."))
        return fault.fault in {"drop_before", "status", "wrong_signature"}

    def _refuse(self, error: Rejected) -> None:
        request_id = hashlib.sha256(str(time.time_ns()).encode()).hexdigest()[:32].upper()
        self._json(error.status, {"RequestId": request_id, "HostId": "sms-simulator", "Code": error.code, "Message": error.message})

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _truncated(self, answer: Any) -> None:
        whole = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole[: len(whole) // 2])
        self.wfile.flush()
        self._drop()

    def _json(self, status: int, content: Any) -> None:
        self._answer(status, json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
