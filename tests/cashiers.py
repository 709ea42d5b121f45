"""The simulated payment channels, once per test process, and what a test asks of them: to pay, to send word, to misbehave."""

import json
import re
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.test import Client

from dev import merchant
from simulators.alipay.protocol import Alipay
from simulators.cashier.server import serve
from simulators.cashier.vendor import Vendor
from simulators.wechat.protocol import WeChat

OPTIONS = {
    "wechat": {"app": "wx00000000000000d0", "merchant": "1900000000", "serial": "00000000000000000000000000000000000000D0"},
    "alipay": {"app": "2021000000000000", "seller": "2088000000000000"},
}


@dataclass(frozen=True)
class Letter:
    """A notice as it left the channel."""

    path: str
    headers: dict[str, str]
    body: bytes


class Mailbox:
    """Where channels send their notices in tests: each is thanked for and kept, so that the test hands it in, in its own transaction."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.letters: list[Letter] = []
        self.status = 200


class Cashier:
    """One channel, talked to as a person with a phone and a rehearser of faults would."""

    def __init__(self, name: str, port: int, state: Path, mailbox: Mailbox) -> None:
        self.name, self.state, self._mailbox = name, state, mailbox
        self.address = f"http://127.0.0.1:{port}"
        self.ahead = 0.0

    @property
    def options(self) -> dict[str, str]:
        """What the adapter is built with."""
        own = {
            "address": self.address,
            "key": str(self.state.parent / f"{self.name}.pem"),
            "notify_url": f"{self._mailbox.address}/api/callbacks/{self.name}/",
            **OPTIONS[self.name],
        }
        if self.name == "wechat":
            return own | {"api_key": str(self.state.parent / "api_key"), "platform_keys": str(self.state / "platform_keys")}
        return own | {"platform_key": str(self.state / "platform_public.pem")}

    def pay(self, number: str, **changed: Any) -> dict[str, Any]:
        """The person pays; `fen`, `currency` or `app` may be other than asked for."""
        paid: dict[str, Any] = self.control("pay", {"number": number, **changed})
        return paid

    def open(self, address: str) -> str:
        """Follow a link of the channel to its page; where the page's buttons lead."""
        with urllib.request.urlopen(address, timeout=5) as answer:
            page: str = answer.read().decode()
        found = re.search(r'action="([^"]+)"', page)
        assert found, "the page has no buttons"
        return found[1]

    def press(self, place: str, act: str) -> tuple[int, str]:
        """Press a button of the page; the status, and where the browser is led, or the page."""
        request = urllib.request.Request(f"{self.address}{place}", f"act={act}".encode(), method="POST")
        status, headers, body = _answered(request)
        return status, headers.get("Location", "") or body

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Script the next faults: see simulators/cashier/faults.py."""
        self.control("faults", list(faults))

    def set_clock(self, seconds_ahead: float) -> None:
        self.ahead = seconds_ahead
        self.control("clock", {"seconds": seconds_ahead})

    def deliver(self) -> list[Letter]:
        """Let the channel send what is due; what it sent."""
        self._mailbox.letters.clear()
        self.control("deliver", {})
        return list(self._mailbox.letters)

    def forge(self, number: str, kind: str) -> Letter:
        """A notice that must be refused; `genuine` is the last one again, signed anew."""
        self._mailbox.letters.clear()
        self.control("forge", {"number": number, "kind": kind, "url": f"{self._mailbox.address}/api/callbacks/{self.name}/"})
        return self._mailbox.letters[0]

    @property
    def letters(self) -> list[Letter]:
        """What was sent since the last delivery began, in order."""
        return list(self._mailbox.letters)

    def be_unthankful(self, wanted: bool) -> None:
        """Whether notices are answered with an error."""
        self._mailbox.status = 500 if wanted else 200

    def books(self) -> dict[str, Any]:
        """What the channel booked, by its own account."""
        with urllib.request.urlopen(f"{self.address}/books.json", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def trade(self, number: str) -> dict[str, Any]:
        return next(trade for trade in self.books()["trades"] if trade["number"] == number)

    def forget(self) -> None:
        self.ahead = 0.0
        self.control("forget", {})
        self.misbehave()
        self._mailbox.letters.clear()

    def control(self, order: str, content: Any) -> Any:
        request = urllib.request.Request(f"{self.address}/control/{order}", json.dumps(content).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["said"]


def hand_in(client: Client, letter: Letter) -> Any:
    """Bring a notice to the site's door, byte by byte as it came."""
    headers = {name: value for name, value in letter.headers.items() if name.lower().startswith("wechatpay-")}
    kind = letter.headers.get("Content-Type", "application/octet-stream")
    return client.post(letter.path, data=letter.body, content_type=kind, headers=headers)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _answered(request: urllib.request.Request) -> tuple[int, Any, str]:
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=5) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


@contextmanager
def running_cashiers() -> Iterator[dict[str, Cashier]]:
    """Both channels on free ports, with empty books; time stands in them until a test lets it go on."""
    with tempfile.TemporaryDirectory(prefix="besttrav-cashiers-") as folder, ExitStack() as stack:
        mailbox = stack.enter_context(_running_mailbox())
        cashiers: dict[str, Cashier] = {}
        vendors: dict[str, Callable[[Path], Vendor]] = {"wechat": WeChat, "alipay": Alipay}
        for name, vendor in vendors.items():
            state = Path(folder) / name
            server = serve(host="127.0.0.1", port=0, vendor=vendor(state), by_itself=False)
            cashier = cashiers[name] = Cashier(name, server.port, state, mailbox)
            merchant.introduce(name, cashier.options, to=state)
            thread = threading.Thread(target=server.run, name=f"{name}-simulator")
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.stop)
        yield cashiers


@contextmanager
def _running_mailbox() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests are quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            mailbox.letters.append(Letter(self.path, dict(self.headers.items()), body))
            self.send_response(mailbox.status)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"success")

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mailbox = Mailbox(http.server_address[1])
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, name="mailbox")
    thread.start()
    try:
        yield mailbox
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
