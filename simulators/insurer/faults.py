"""Scripted misbehaviour. `POST /control/faults` with a list replaces the script; each fault fires `times` times; several may fire at once.

    [{"fault": "drop_after", "action": "submit", "number": "S...", "times": 2}]

On the wire: `slow` waits `seconds` first, `drop_before` closes and does nothing, `drop_after` does the work and closes, `status` answers
HTTP `code`, `truncated` answers half a body, `unsigned` forgets the signature, `wrong_signature` signs with another key.
In the books, at `submit`: `decline`, `never_answers` (taken and never decided), `absent` (cannot be found for `seconds`), and policies that
say something else than was asked: `wrong_name`, `wrong_identity`, `wrong_birth_date`, `wrong_date`, `wrong_plan`, `wrong_area`,
`wrong_product`, `wrong_sum`, `wrong_premium`, `missing_person`, `same_policy_number` (the number of the policy before). `hidden` answers a
`query` as if it had never heard of the number.
Callbacks, at `submit`: `duplicate_callback`, `forged_callback`, `lost_callback`, `stale_callback`, `foreign_callback` (about a number that
nobody sent).
At `cancel`: `refused`, and `wrong_refund` (a fen more is given back than was filed).
At `document`: `not_ready`, `broken_document` (half the file), `web_page` (an error page), `foreign_link` (leads to another host), and
`paper` (the e-policy is wrong, or wrongly signed, in the way that the key `paper` names: see simulators/paper).
"""

import threading
from dataclasses import dataclass

ON_THE_WIRE = {"slow", "drop_before", "drop_after", "status", "truncated", "unsigned", "wrong_signature"}
IN_THE_BOOKS = {"decline", "never_answers", "absent", "hidden", "missing_person", "same_policy_number"} | {
    f"wrong_{what}" for what in ("name", "identity", "birth_date", "date", "plan", "area", "product", "sum", "premium")
}
AT_THE_END = {"refused", "wrong_refund"}
CALLBACKS = {f"{what}_callback" for what in ("duplicate", "forged", "lost", "stale", "foreign")}
DOCUMENTS = {"not_ready", "broken_document", "web_page", "foreign_link", "paper"}
KINDS = ON_THE_WIRE | IN_THE_BOOKS | AT_THE_END | CALLBACKS | DOCUMENTS


@dataclass
class Fault:
    """One scripted fault and how often it is still to fire."""

    fault: str
    action: str = "submit"
    number: str = ""
    times: int = 1
    seconds: float = 0
    code: int = 503
    paper: str = ""

    def __post_init__(self) -> None:
        if self.fault not in KINDS:
            raise ValueError(f"unknown fault {self.fault!r}; known: {', '.join(sorted(KINDS))}")


class Firing:
    """The faults that fire at one call."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = {fault.fault: fault for fault in faults}

    def __contains__(self, name: str) -> bool:
        return name in self._faults

    def seconds(self, name: str) -> float:
        return self._faults[name].seconds if name in self._faults else 0

    @property
    def status(self) -> int:
        return self._faults["status"].code

    @property
    def paper(self) -> str:
        return self._faults["paper"].paper if "paper" in self._faults else ""

    def names(self, among: set[str]) -> list[str]:
        return sorted(among & set(self._faults))


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
            return Firing(fitting)
