"""What the carrier remembers: the messages it took, the nonces it saw, its own clock. SQLite, one file, nobody else's business."""

import sqlite3
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    biz_id TEXT PRIMARY KEY, out_id TEXT NOT NULL, phone TEXT NOT NULL, sign_name TEXT NOT NULL, template TEXT NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, taken_at TEXT NOT NULL, status INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS message_by_phone ON message (phone, taken_at);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, seen_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
DELIVERED = 3  # the vendor's status codes: 1 waiting for the receipt, 2 failed, 3 delivered


@dataclass(frozen=True)
class Text:
    """One message as the carrier knows it."""

    biz_id: str
    out_id: str
    phone: str
    sign_name: str
    template: str
    kind: str
    text: str
    taken_at: str
    status: int


class Books:
    """Every method is one short transaction; threads share one connection under one lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Books that a power cut takes are nobody's loss; waiting for the disk would slow every message down.
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._database.executescript(SCHEMA)

    def now(self) -> datetime:
        """The carrier's clock: the machine's, moved by what `/control/clock` asked for."""
        return datetime.now(UTC) + timedelta(seconds=float(self._setting("clock_offset") or 0))

    def move_clock(self, seconds: float) -> None:
        """Let the carrier's clock run `seconds` ahead of the machine's."""
        self._set("clock_offset", str(seconds))

    def nonce_is_new(self, nonce: str) -> bool:
        """Remember the nonce; false when it was seen before."""
        with self._lock:
            taken = self._database.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?)", (nonce, datetime.now(UTC).isoformat()))
            return taken.rowcount == 1

    def take(self, *, phone: str, sign_name: str, template: str, kind: str, text: str, out_id: str) -> Text:
        """Accept one message and deliver it to the page."""
        message = Text(_biz_id(), out_id, phone, sign_name, template, kind, text, self.now().isoformat(timespec="milliseconds"), DELIVERED)
        with self._lock:
            self._database.execute(
                "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(getattr(message, name) for name in Text.__annotations__)
            )
        return message

    def taken_since(self, *, phone: str, sign_name: str, kind: str, since: datetime) -> int:
        """How many of this kind went to the number under this signature."""
        with self._lock:
            (count,) = self._database.execute(
                "SELECT count(*) FROM message WHERE phone = ? AND sign_name = ? AND kind = ? AND taken_at > ?",
                (phone, sign_name, kind, since.isoformat(timespec="milliseconds")),
            ).fetchone()
        return int(count)

    def messages(self, *, phone: str = "", limit: int = 100) -> list[Text]:
        """The newest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT * FROM message WHERE ? IN ('', phone) ORDER BY taken_at DESC, rowid DESC LIMIT ?", (phone, limit)
            ).fetchall()
        return [Text(*row) for row in rows]

    def forget(self) -> None:
        """Empty the books: a fresh carrier."""
        with self._lock:
            self._database.executescript("DELETE FROM message; DELETE FROM nonce; DELETE FROM setting;")

    def _setting(self, name: str) -> str:
        with self._lock:
            row = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def _set(self, name: str, value: str) -> None:
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))


def _biz_id() -> str:
    return f"{uuid.uuid4().int % 10**18:018d}^0"
