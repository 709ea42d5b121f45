"""What a channel remembers: trades, refunds, notices on their way, nonces, its own clock. SQLite, one file, nobody else's business."""

import json
import secrets
import sqlite3
import threading
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

SCHEMA = """
CREATE TABLE IF NOT EXISTS trade (
    number TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, scene TEXT NOT NULL, description TEXT NOT NULL,
    fen INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    paid_at TEXT NOT NULL, closed_at TEXT NOT NULL, app TEXT NOT NULL, notify_url TEXT NOT NULL, return_url TEXT NOT NULL,
    parameters TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refund (
    number TEXT PRIMARY KEY, trade TEXT NOT NULL, reference TEXT NOT NULL, fen INTEGER NOT NULL, status TEXT NOT NULL,
    becomes TEXT NOT NULL, created_at TEXT NOT NULL, due_at TEXT NOT NULL, done_at TEXT NOT NULL, notify_url TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, trade TEXT NOT NULL, refund TEXT NOT NULL, kind TEXT NOT NULL, notify_url TEXT NOT NULL, created_at TEXT NOT NULL,
    tries INTEGER NOT NULL, due_at TEXT NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
OFFERED, OPEN, PAID, CLOSED = "offered", "open", "paid", "closed"
PROCESSING, SUCCESS = "PROCESSING", "SUCCESS"
WAITING, THANKED, GIVEN_UP = "waiting", "thanked", "given_up"


@dataclass(frozen=True)
class Trade:
    """A payment. `offered` is one whose page was opened and that nobody has begun to pay. Times are ISO texts in UTC, empty for not yet."""

    number: str
    token: str
    reference: str
    scene: str
    description: str
    fen: int
    currency: str
    status: str
    created_at: str
    expires_at: str
    paid_at: str
    closed_at: str
    app: str
    notify_url: str
    return_url: str
    parameters: str


@dataclass(frozen=True)
class Refund:
    number: str
    trade: str
    reference: str
    fen: int
    status: str
    becomes: str
    created_at: str
    due_at: str
    done_at: str
    notify_url: str


@dataclass(frozen=True)
class Event:
    """A notice: sent, and sent again by the vendor's schedule until it is thanked for."""

    id: str
    trade: str
    refund: str
    kind: str
    notify_url: str
    created_at: str
    tries: int
    due_at: str
    status: str


Row = TypeVar("Row", Trade, Refund, Event)


class Books:
    """Every method is one short transaction; threads share one connection under one lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Books that a power cut takes are nobody's loss; waiting for the disk would slow every purchase down.
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._database.executescript(SCHEMA)

    # --- Its clock ---

    def now(self) -> datetime:
        """The machine's clock, moved by what `/control/clock` asked for."""
        return datetime.now(UTC) + timedelta(seconds=float(self.setting("clock_offset") or 0))

    def moment(self, after: float = 0) -> str:
        """Now, or so many seconds later, as the books write it; waiting is shortened by the time scale."""
        return written(self.now() + timedelta(seconds=after / float(self.setting("time_scale") or 1)))

    def setting(self, name: str) -> str:
        rows = self._all("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def set(self, name: str, value: str) -> None:
        self._all("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def nonce_is_new(self, nonce: str) -> bool:
        """Remember the nonce; false when it was seen before."""
        with self.lock:
            return self._database.execute("INSERT OR IGNORE INTO nonce VALUES (?)", (nonce,)).rowcount == 1

    # --- Trades ---

    def trade(self, number: str = "", *, token: str = "") -> Trade | None:
        found = self._rows(Trade, "WHERE number = ? OR token = ?", number or None, token or None)
        return found[0] if found else None

    def trades(self, limit: int = 100) -> list[Trade]:
        """The newest first."""
        return self._rows(Trade, "ORDER BY created_at DESC, rowid DESC LIMIT ?", limit)

    def add_trade(self, *, status: str, parameters: dict[str, Any], **values: Any) -> Trade:
        made = {"paid_at": "", "closed_at": "", "return_url": "", "currency": "CNY", **values}
        trade = Trade(
            token=secrets.token_hex(8), status=status, created_at=self.moment(), parameters=json.dumps(parameters, sort_keys=True), **made
        )
        self._add(trade)
        return trade

    def change_trade(self, number: str, **values: Any) -> Trade:
        self._change("trade", number, values)
        trade = self.trade(number)
        assert trade
        return trade

    # --- Refunds ---

    def refund(self, number: str) -> Refund | None:
        found = self._rows(Refund, "WHERE number = ?", number)
        return found[0] if found else None

    def refunds(self, trade: str = "") -> list[Refund]:
        """The oldest first."""
        return self._rows(Refund, "WHERE ? IN ('', trade) ORDER BY created_at, rowid", trade)

    def add_refund(self, **values: Any) -> Refund:
        refund = Refund(status=PROCESSING, created_at=self.moment(), done_at="", **values)
        self._add(refund)
        return refund

    def change_refund(self, number: str, **values: Any) -> None:
        self._change("refund", number, values)

    def due_refunds(self) -> list[Refund]:
        return self._rows(Refund, "WHERE status = ? AND due_at <= ? ORDER BY due_at", PROCESSING, self.moment())

    # --- Notices ---

    def add_event(self, *, id: str, trade: str, refund: str, kind: str, notify_url: str) -> None:
        now = self.moment()
        self._add(Event(id, trade, refund, kind, notify_url, now, 0, now, WAITING))

    def events(self, trade: str = "") -> list[Event]:
        return self._rows(Event, "WHERE ? IN ('', trade) ORDER BY created_at, rowid", trade)

    def due_events(self) -> list[Event]:
        return self._rows(Event, "WHERE status = ? AND due_at <= ? ORDER BY due_at, rowid", WAITING, self.moment())

    def change_event(self, id: str, **values: Any) -> None:
        self._change("event", id, values, key="id")

    def forget(self) -> None:
        """Empty the books: a fresh channel."""
        with self.lock:
            self._database.executescript(
                "DELETE FROM trade; DELETE FROM refund; DELETE FROM event; DELETE FROM nonce; DELETE FROM setting;"
            )

    def _add(self, row: Trade | Refund | Event) -> None:
        values = [getattr(row, field.name) for field in fields(row)]
        marks = ", ".join("?" * len(values))
        self._all(f"INSERT INTO {type(row).__name__.lower()} VALUES ({marks})", *values)  # noqa: S608 - our own names

    def _change(self, table: str, key_value: str, values: dict[str, Any], key: str = "number") -> None:
        setting = ", ".join(f"{name} = ?" for name in values)
        self._all(f"UPDATE {table} SET {setting} WHERE {key} = ?", *values.values(), key_value)  # noqa: S608 - our own names

    def _rows(self, kind: type[Row], rest: str, *values: Any) -> list[Row]:
        statement = f"SELECT * FROM {kind.__name__.lower()} {rest}"  # noqa: S608 - our own names
        return [kind(*row) for row in self._all(statement, *values)]

    def _all(self, statement: str, *values: Any) -> list[Any]:
        with self.lock:
            return self._database.execute(statement, values).fetchall()


def written(moment: datetime) -> str:
    """A moment as the books write it: sorted as text it is sorted in time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
