"""Scripted misbehaviour. `POST /control/faults` with a list replaces the script; each fault fires `times` times; several may fire at once.

    [{"fault": "drop_after", "action": "issue", "number": "B...", "times": 2}]

On the wire: `slow` waits `seconds` first, `drop_before` closes and does nothing, `drop_after` does the work and closes, `status` answers
HTTP `code`, `truncated` answers half a body, `unsigned` forgets the signature, `wrong_signature` signs with another key.
In the books, at `issue` and `reverse`: `decline`, `never_answers` (taken and never done), `absent` (cannot be found for `seconds`), and
invoices that say something else than was asked: `wrong_title`, `wrong_tax_number`, `wrong_amount`, `same_invoice_number` (the one before).
At `document`: `not_ready`, `broken_document` (half the file), `web_page` (an error page), and papers that say something else than the
books: `paper_title`, `paper_amount`, `paper_number`.
"""

import threading
from dataclasses import dataclass

ON_THE_WIRE = {"slow", "drop_before", "drop_after", "status", "truncated", "unsigned", "wrong_signature"}
IN_THE_BOOKS = {"decline", "never_answers", "absent", "wrong_title", "wrong_tax_number", "wrong_amount", "same_invoice_number"}
DOCUMENTS = {"not_ready", "broken_document", "web_page", "paper_title", "paper_amount", "paper_number"}
KINDS = ON_THE_WIRE | IN_THE_BOOKS | DOCUMENTS


@dataclass
class Fault:
    """One scripted fault and how often it is still to fire."""

    fault: str
    action: str = "issue"
    number: str = ""
    times: int = 1
    seconds: float = 0
    code: int = 503

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(KINDS))}")


Firing = dict[str, Fault]
"""The faults that fire at one call, by name."""


class Script:
    """The faults still to come, shared by the threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def write(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = faults

    def at(self, action: str, number: str) -> Firing:
        """What fires at this call, each used up once."""
        with self._lock:
            fitting = [f for f in self._faults if f.times > 0 and f.action in ("", action) and f.number in ("", number)]
            for fault in fitting:
                fault.times -= 1
            return {fault.fault: fault for fault in fitting}
