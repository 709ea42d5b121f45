"""Scripted misbehaviour. `POST /control/faults` with a list of faults replaces the script; each fires `times` times, in order.

    [{"fault": "drop_after", "call": "refund", "number": "BTP01…", "times": 2}]

On calls (`call` is prepay, query, close, refund, query_refund, bill): `drop_before` closes the connection and does nothing, `drop_after`
does the work and closes, `delay` waits `seconds` first, `truncated` answers half a body, `wrong_signature` signs the answer with another
key, `unsigned` leaves the signature out, `status` answers HTTP `code`, `refuse` answers the vendor's error `word` and does nothing.

On refunds: `refund_becomes` with `word` says what a refund comes to (the vendor's status). On notices (`call` is notice): `lost` sends it
never, `late` so many `seconds` later, `repeated` three times at once, `reordered` the newest of a round first. On bills: `bill_missing`
leaves a number out, `bill_changed` writes `fen` for it, `bill_extra` adds a row nobody paid, `bill_twice` the first row
once more.
"""

import threading
from dataclasses import dataclass

KINDS = {
    *("drop_before", "drop_after", "delay", "truncated", "wrong_signature", "unsigned", "status", "refuse"),
    *("refund_becomes", "lost", "late", "repeated", "reordered", "bill_missing", "bill_changed", "bill_extra", "bill_twice"),
}


@dataclass
class Fault:
    """One scripted fault and how often it is still to fire."""

    fault: str
    call: str = ""
    number: str = ""
    times: int = 1
    seconds: float = 0
    code: int = 500
    word: str = ""
    fen: int = 0

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(KINDS))}")


class Script:
    """The faults still to come, shared by the threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def write(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = faults

    def next(self, *kinds: str, call: str = "", number: str = "") -> Fault | None:
        """The first fault of these kinds that fits, used up once."""
        with self._lock:
            for fault in self._faults:
                fits = fault.fault in kinds and fault.call in ("", call) and fault.number in ("", number)
                if fits and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None
