"""The simulated platform that issues invoices, once per test process, and what a test asks of it."""

import json
import secrets
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_django import Settings as SettingsWrapper

from simulators.invoices.__main__ import serve

SELLERS = ("heyan", "songhe", "yunhang")


class InvoicingSimulator:
    """Talks to the simulator over its control interface, as somebody in its office would."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"

    def options(self, seller: str) -> dict[str, Any]:
        return {"address": self.address, "partner": f"besttrav-{seller}", "secret": str(self.folder / f"{seller}.secret")}

    def wire(self, settings: SettingsWrapper) -> None:
        """Point the product at it."""
        settings.OUTGOING_ALLOWED = [*settings.OUTGOING_ALLOWED, self.address.removeprefix("http://")]
        entries = {f"invoicing:{seller}": settings.PROVIDERS[f"invoicing:{seller}"] for seller in SELLERS}
        settings.PROVIDERS = settings.PROVIDERS | {
            name: entry | {"options": entry["options"] | self.options(name.partition(":")[2])} for name, entry in entries.items()
        }

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Script the next faults: see simulators/invoices/faults.py."""
        self._order("faults", list(faults))

    def set_clock(self, seconds_ahead: float) -> None:
        self._order("clock", {"seconds": seconds_ahead})

    def put_right(self, number: str) -> None:
        self._order("correct", {"number": number})

    def invoices(self) -> list[dict[str, Any]]:
        """Numbers, amounts and states in its books, the oldest first."""
        with urllib.request.urlopen(f"{self.address}/invoices.json", timeout=5) as answer:
            listed: list[dict[str, Any]] = json.load(answer)
        return listed

    def invoiced(self) -> int:
        """What its books say that was invoiced, in fen, red ones taken off."""
        return sum(one["amount"] for one in self.invoices() if one["state"] == "issued")

    def forget(self) -> None:
        self._order("forget", {})
        self.misbehave()

    def _order(self, order: str, content: Any) -> None:
        request = urllib.request.Request(f"{self.address}/control/{order}", json.dumps(content).encode(), method="POST")
        urllib.request.urlopen(request, timeout=20).close()


@contextmanager
def running_invoicing() -> Iterator[InvoicingSimulator]:
    """The program on a free port, with secrets in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="besttrav-invoicing-") as name:
        folder, accounts = Path(name), {}
        for seller in SELLERS:
            secret = secrets.token_hex(32)
            (folder / f"{seller}.secret").write_text(secret)
            accounts[f"besttrav-{seller}"] = {"seller": seller, "secret": secret}
        (folder / "state").mkdir()
        (folder / "state" / "accounts.json").write_text(json.dumps(accounts))
        server = serve(host="127.0.0.1", port=0, state=folder / "state")
        thread = threading.Thread(target=server.run, name="invoice-simulator")
        thread.start()
        try:
            yield InvoicingSimulator(folder, server.port)
        finally:
            server.stop()
            thread.join()
