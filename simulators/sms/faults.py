"""Scripted misbehaviour. `POST /control/faults` with a list of faults replaces the script; each fires `times` times, in order.

    [{"fault": "drop_after", "action": "SendSms", "phone": "12900000001", "times": 2, "seconds": 0}]

`drop_before` closes the connection and does nothing, `drop_after` does the work and closes, `delay` waits `seconds` first, `truncated`
answers half a body, `wrong_signature` answers as to a bad signature, `status` answers HTTP `code` (429, 500, 503).
`action` and `phone` narrow it.
"""

import threading
from dataclasses import dataclass

KINDS = {"delay", "drop_before", "drop_after", "wrong_signature", "status", "truncated"}


@dataclass
class Fault:
    """One scripted fault and how often it is still to fire."""

    fault: str
    action: str = ""
    phone: str = ""
    times: int = 1
    seconds: float = 0
    code: int = 500

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(KINDS))}")

    def fits(self, action: str, phone: str) -> bool:
        return self.times > 0 and self.action in ("", action) and (not self.phone or phone.endswith(self.phone))


class Script:
    """The faults still to come, shared by the threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def write(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = faults

    def next(self, action: str, phone: str) -> Fault | None:
        """The first fault that fits this call, used up once."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(action, phone):
                    fault.times -= 1
                    return fault
        return None
