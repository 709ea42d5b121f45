"""The simulated carrier, once per test process, and what a test asks of it: the texts of a number, and misbehaviour."""

import json
import re
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulators.sms.books import Books
from simulators.sms.server import serve


class CarrierSimulator:
    """Talks to the simulator the way a person with a browser would."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def texts(self, phone: str) -> list[str]:
        """What arrived at the number, newest first."""
        return [message["text"] for message in self._get(f"/messages.json?phone={phone.removeprefix('+86')}")]

    def code(self, phone: str) -> str:
        """The newest code that arrived at the number."""
        found = re.search(r"#(\d{6})$", self.texts(phone)[0])
        assert found, "the newest text holds no code"
        return found[1]

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Script the next faults: see simulators/sms/faults.py."""
        self._post("/control/faults", list(faults))

    def set_clock(self, seconds_ahead: float) -> None:
        self._post("/control/clock", {"seconds": seconds_ahead})

    def forget(self) -> None:
        self._post("/control/forget", {})
        self.misbehave()

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=5) as answer:
            return json.load(answer)

    def _post(self, path: str, content: Any) -> None:
        request = urllib.request.Request(self.address + path, json.dumps(content).encode(), method="POST")
        urllib.request.urlopen(request, timeout=5).close()


@contextmanager
def running_carrier() -> Iterator[CarrierSimulator]:
    """The simulator on a free port, with empty books."""
    with tempfile.TemporaryDirectory(prefix="besttrav-sms-") as folder:
        server = serve(host="127.0.0.1", port=0, books=Books(Path(folder) / "sms.sqlite3"), keys={"demo-key": "demo-secret"})
        thread = threading.Thread(target=server.run, name="sms-simulator")
        thread.start()
        try:
            yield CarrierSimulator(server.port)
        finally:
            server.stop()
            thread.join()
