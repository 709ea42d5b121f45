"""What the platform remembers: invoices by seller and number, nonces seen, its clock. SQLite, one file."""

import json
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS invoice (
    number TEXT NOT NULL, seller TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
    invoice_no TEXT NOT NULL DEFAULT '', twists TEXT NOT NULL, taken_at REAL NOT NULL, done_at REAL NOT NULL, visible_at REAL NOT NULL,
    PRIMARY KEY (seller, number)
);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
PENDING, ISSUED, DECLINED = "pending", "issued", "declined"


class Conflict(Exception):
    """The number was used before for something else."""


@dataclass(frozen=True)
class Invoice:
    """What was asked for and what became of it. A red one's `content` names the `blue` it takes back."""

    number: str
    seller: str
    content: dict[str, Any]
    state: str
    code: str
    invoice_no: str
    twists: list[str]
    taken_at: float
    done_at: float

    @property
    def is_red(self) -> bool:
        return bool(self.content["blue"])


class Books:
    """Threads share one connection under one lock; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Books that a power cut takes are nobody's loss; waiting for the disk would slow every call down.
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._database.executescript(SCHEMA)

    def now(self) -> float:
        """The platform's clock: the machine's, moved by what `/control/clock` asked for."""
        return time.time() + float(self._setting("clock_offset") or 0)

    def move_clock(self, seconds: float) -> None:
        self._set("clock_offset", str(seconds))

    def nonce_is_new(self, nonce: str) -> bool:
        with self._lock:
            return self._database.execute("INSERT OR IGNORE INTO nonce VALUES (?)", (nonce,)).rowcount == 1

    def take(
        self, *, seller: str, number: str, content: dict[str, Any], code: str, done_in: float, hidden_for: float, twists: list[str]
    ) -> Invoice:
        """What stands under this number, taken now if it is new; `code` declines it. Raises Conflict when it stands for something else."""
        with self._lock:
            now, text = self.now(), json.dumps(content, ensure_ascii=False, sort_keys=True)
            known = self._rows("SELECT * FROM invoice WHERE seller = ? AND number = ?", seller, number)
            if known and known[0]["content"] != text:
                raise Conflict
            if not known:
                state = DECLINED if code else PENDING
                self._database.execute(
                    "INSERT INTO invoice (number, seller, content, state, code, twists, taken_at, done_at, visible_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, seller, text, state, code, json.dumps(twists), now, now + done_in, now + hidden_for),
                )
            found = self.invoice(seller, number, hidden=True)
            assert found
            return found

    def invoice(self, seller: str, number: str, *, hidden: bool = False) -> Invoice | None:
        """What stands under the number, done by now if its time has come; only what can be seen unless `hidden` ones are asked for."""
        with self._lock:
            rows = self._rows("SELECT * FROM invoice WHERE seller = ? AND number = ?", seller, number)
            if not rows or (rows[0]["visible_at"] > self.now() and not hidden):
                return None
            found = _invoice(rows[0])
            if found.state == PENDING and found.done_at <= self.now() and "never_answers" not in found.twists:
                self._issue(found)
                found = _invoice(self._rows("SELECT * FROM invoice WHERE seller = ? AND number = ?", seller, number)[0])
            return found

    def taken_back(self, seller: str, blue: str) -> bool:
        with self._lock:
            reds = [_invoice(row) for row in self._rows("SELECT * FROM invoice WHERE seller = ? AND state <> ?", seller, DECLINED)]
        return any(red.content["blue"] == blue for red in reds)

    def invoices(self) -> list[Invoice]:
        with self._lock:
            found = [_invoice(row) for row in self._rows("SELECT * FROM invoice ORDER BY taken_at")]
            return [self.invoice(one.seller, one.number, hidden=True) or one for one in found]

    def put_right(self, number: str) -> None:
        """What a clerk does after a phone call: the invoice says what was asked for."""
        with self._lock:
            self._database.execute("UPDATE invoice SET twists = '[]' WHERE number = ?", (number,))

    def forget(self) -> None:
        """Empty the books: a fresh platform."""
        with self._lock:
            self._database.executescript("DELETE FROM invoice; DELETE FROM nonce; DELETE FROM setting WHERE name <> 'serial';")

    def _issue(self, invoice: Invoice) -> None:
        last = self._rows("SELECT invoice_no FROM invoice WHERE invoice_no <> '' ORDER BY done_at DESC LIMIT 1")
        number = last[0]["invoice_no"] if last and "same_invoice_number" in invoice.twists else self._invoice_no()
        self._database.execute(
            "UPDATE invoice SET state = ?, invoice_no = ? WHERE seller = ? AND number = ?", (ISSUED, number, invoice.seller, invoice.number)
        )

    def _invoice_no(self) -> str:
        """Twenty digits, as the fully digitalised invoice has: two of the year, two of the place, one of the channel, then a serial."""
        serial = int(self._setting("serial") or 0) + 1
        self._set("serial", str(serial))
        return f"{time.strftime('%y', time.gmtime(self.now()))}990{serial:015}"

    def _setting(self, name: str) -> str:
        with self._lock:
            rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0]["value"]) if rows else ""

    def _set(self, name: str, value: str) -> None:
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self._database.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _invoice(row: dict[str, Any]) -> Invoice:
    values = {name: row[name] for name in Invoice.__annotations__}
    return Invoice(**values | {"content": json.loads(row["content"]), "twists": json.loads(row["twists"])})
