"""The simulated insurers, once per test process: what a test asks of them, and people to be insured."""

import json
import secrets
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings as SettingsWrapper

from besttrav.insurers.models import Kind, number_of
from besttrav.insurers.port import (
    Beneficiary,
    Confirmation,
    Identity,
    IdentityKind,
    Insured,
    Person,
    Relation,
    Sex,
    Submit,
)
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.kernel.period import days
from simulators.heyan.__main__ import serve as serve_heyan
from simulators.insurer.desk import Server
from simulators.yunhang.__main__ import serve as serve_yunhang

if TYPE_CHECKING:  # The fixtures of tests/conftest.py import this file.
    from tests.conftest import StoppedClock

CODES = ("heyan", "songhe", "yunhang")
DECIDES_AFTER = 60  # seconds of its own clock that yunhang takes: tests move that clock, nobody waits
CHANNEL = "BT0001"


@dataclass
class Delivered:
    """A callback as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def insurer(self) -> str:
        return self.path.strip("/").rpartition("/")[2]


@dataclass
class Mailbox:
    """Where the insurers call back: takes everything and keeps it for the test."""

    port: int = 0
    items: list[Delivered] = field(default_factory=list)

    def take(self) -> list[Delivered]:
        taken, self.items = self.items, []
        return taken


class InsurerSimulators:
    """Talks to the simulators over their control interface, as somebody in the insurer's office would."""

    def __init__(self, folder: Path, heyan: int, yunhang: int, mailbox: Mailbox) -> None:
        self.folder = folder
        self.mailbox = mailbox
        self._addresses = {code: f"http://127.0.0.1:{heyan if code != 'yunhang' else yunhang}" for code in CODES}

    def address(self, code: str) -> str:
        return self._addresses[code]

    def wire(self, settings: SettingsWrapper) -> None:
        """Point the product at them."""
        theirs = {address.removeprefix("http://") for address in self._addresses.values()}
        settings.OUTGOING_ALLOWED = sorted({*settings.OUTGOING_ALLOWED, *theirs})
        settings.INSURER_CERTIFICATES = str(self.folder / "*" / "papers" / "{insurer}" / "root.pem")
        providers = dict(settings.PROVIDERS)
        for code in CODES:
            entry = providers[f"insurer:{code}"]
            providers[f"insurer:{code}"] = entry | {"options": entry["options"] | self.options(code)}
        settings.PROVIDERS = providers

    def options(self, code: str) -> dict[str, Any]:
        options = {"address": self.address(code), "notify_url": f"http://127.0.0.1:{self.mailbox.port}/api/callbacks/insurers/{code}/"}
        if code == "yunhang":
            keys = {"key": str(self.folder / "yunhang_private.pem"), "insurer_key": str(self.folder / "yunhang" / "insurer_public.pem")}
            return options | keys | {"channel": CHANNEL}
        return options | {"partner": f"besttrav-{code}", "secret": str(self.folder / f"{code}.secret")}

    def misbehave(self, code: str, *faults: dict[str, Any]) -> None:
        """Script the next faults: see simulators/insurer/faults.py."""
        self._order(code, "faults", list(faults))

    def set_clock(self, seconds_ahead: float) -> None:
        for code in ("heyan", "yunhang"):
            self._order(code, "clock", {"seconds": seconds_ahead})

    def decide(self) -> None:
        """Let everybody decide what has become due by their clocks, and send their callbacks."""
        for code in ("heyan", "yunhang"):
            self._order(code, "tick", {})

    def put_right(self, code: str, number: str) -> None:
        self._order(code, "correct", {"number": number})

    def policies(self, code: str) -> list[dict[str, str]]:
        """Numbers and states in the insurer's books."""
        with urllib.request.urlopen(f"{self.address(code)}/policies.json", timeout=5) as answer:
            listed: list[dict[str, str]] = json.load(answer)
        return [policy for policy in listed if policy["account"] == code]

    def statement(self, code: str, first: date, last: date) -> bytes:
        """The file its office sends us."""
        with urllib.request.urlopen(f"{self.address(code)}/statements/{code}.csv?from={first}&to={last}", timeout=20) as answer:
            return bytes(answer.read())

    def live(self, code: str) -> list[str]:
        """Our numbers of the policies that stand."""
        return [policy["number"] for policy in self.policies(code) if policy["state"] == "issued"]

    def forget(self) -> None:
        for code in ("heyan", "yunhang"):
            self._order(code, "forget", {})
            self.misbehave(code)
        self.mailbox.take()

    def _order(self, code: str, order: str, content: Any) -> None:
        request = urllib.request.Request(f"{self.address(code)}/control/{order}", json.dumps(content).encode(), method="POST")
        urllib.request.urlopen(request, timeout=20).close()


@contextmanager
def running_insurers() -> Iterator[InsurerSimulators]:
    """Both programs on free ports, with keys of their own in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="besttrav-insurers-") as name, _mailbox() as mailbox:
        folder = Path(name)
        _exchange_keys(folder)
        heyan = serve_heyan(host="127.0.0.1", port=0, state=folder / "heyan")
        yunhang = serve_yunhang(host="127.0.0.1", port=0, state=folder / "yunhang", channel=CHANNEL, decide_in=DECIDES_AFTER)
        with _running(heyan), _running(yunhang):
            yield InsurerSimulators(folder, heyan.port, yunhang.port, mailbox)


@contextmanager
def _running(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=server.run, name="insurer-simulator")
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


@contextmanager
def _mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Taker(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.items.append(Delivered(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.daemon_threads = True
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="mailbox")
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _exchange_keys(folder: Path) -> None:
    accounts = {}
    for code in ("heyan", "songhe"):
        secret = secrets.token_hex(32)
        (folder / f"{code}.secret").write_text(secret)
        accounts[f"besttrav-{code}"] = {"insurer": code, "secret": secret}
    for name in ("heyan", "yunhang"):
        (folder / name).mkdir()
    (folder / "heyan" / "accounts.json").write_text(json.dumps(accounts))
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "yunhang_private.pem").write_bytes(private)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "yunhang" / "broker_public.pem").write_bytes(public)


class Later:
    """Time passes, for us and for the insurers, who then decide what is due: `later(seconds)`."""

    def __init__(self, insurers: InsurerSimulators, stopped_clock: "StoppedClock") -> None:
        self._insurers = insurers
        self._clock = stopped_clock
        self._passed = 0.0

    def __call__(self, seconds: float) -> None:
        self._passed += seconds
        self._clock.advance(timedelta(seconds=seconds))
        self._insurers.set_clock(self._passed)
        self._insurers.decide()


# People


def id_card(born: date, order: str = "000") -> str:
    """An identity number with a valid check digit that nobody has: of a region that does not exist, with an order code never given out."""
    first = f"990101{born:%Y%m%d}{order}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11]


def person(name: str = "林月", born: date = date(1990, 3, 7), **more: Any) -> Person:
    values: dict[str, Any] = {
        "name": name,
        "identity": Identity(kind=IdentityKind.ID_CARD, number=id_card(born), valid_until=date(2041, 5, 6)),
        "passport_name": "LIN YUE",
        "birth_date": born,
        "sex": Sex.FEMALE,
        "nationality": "CN",
        "phone": "+8612900001001",
        "email": "lin@besttrav.example",
    }
    return Person(**values | more)


def insured(one: Person, relation: Relation = Relation.SELF, **more: Any) -> Insured:
    values: dict[str, Any] = {
        "person": one,
        "relation": relation,
        "premium": Money(12_050),
        "sums": {"accident": Money(30_000_000), "medical": Money(40_000_000)},
        "occupation": "0001001",
        "occupation_class": 1,
    }
    return Insured(**values | more)


def submit(**more: Any) -> Submit:
    """Lin Yue insures herself and Gao Chen, her child, for eight days from next week on."""
    child = person("高晨", date(2015, 8, 9), passport_name="GAO CHEN", sex=Sex.MALE, phone="", email="")
    child_sums = {"accident": Money(20_000_000), "medical": Money(40_000_000)}
    people = (
        insured(
            person(),
            beneficiaries=(Beneficiary(person=child, relation=Relation.CHILD, order=1, share=100),),
            answers={"q1": "no"},
        ),
        insured(child, Relation.CHILD, sums=child_sums, premium=Money(6_025)),
    )
    start = clock.today() + timedelta(days=7)
    values: dict[str, Any] = {
        "number": number_of(Kind.SUBMIT, uuid4(), 1),
        "product": "outbound",
        "plan": "gold",
        "area": "schengen",
        "period": days(start, start + timedelta(days=7)),
        "premium": Money(18_075),
        "holder": person(),
        "insured": people,
        "trip": {"destinations": "FR,DE", "purpose": "leisure"},
        "confirmations": (Confirmation(text="exclusions", version="2026-11", at=clock.now()),),
    }
    return Submit(**values | more)


def numbered(command: Submit, number: str) -> Submit:
    return replace(command, number=number)
