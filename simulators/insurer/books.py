"""What an insurer remembers: applications and policies, cancellations, callbacks to send, nonces seen. SQLite, one file."""

import json
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS policy (
    number TEXT NOT NULL, account TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
    policy_no TEXT NOT NULL DEFAULT '', twists TEXT NOT NULL DEFAULT '[]', notify TEXT NOT NULL DEFAULT '', taken_at REAL NOT NULL,
    decide_at REAL NOT NULL, visible_at REAL NOT NULL, refund INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, number)
);
CREATE TABLE IF NOT EXISTS insured (
    account TEXT NOT NULL, identity TEXT NOT NULL, product TEXT NOT NULL, start_on TEXT NOT NULL, end_on TEXT NOT NULL, number TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS insured_by_identity ON insured (account, identity);
CREATE INDEX IF NOT EXISTS policy_undecided ON policy (state, decide_at);
CREATE TABLE IF NOT EXISTS cancellation (
    number TEXT NOT NULL, account TEXT NOT NULL, submission TEXT NOT NULL, PRIMARY KEY (account, number)
);
CREATE TABLE IF NOT EXISTS callback (
    event_id TEXT PRIMARY KEY, account TEXT NOT NULL, number TEXT NOT NULL, url TEXT NOT NULL, fault TEXT NOT NULL,
    due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS movement (
    account TEXT NOT NULL, policy_no TEXT NOT NULL, kind TEXT NOT NULL, premium INTEGER NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
PENDING, ISSUED, DECLINED, CANCELLED = "pending", "issued", "declined", "cancelled"
CALLBACK_WAITS = (1.0, 5.0, 30.0)


class Conflict(Exception):
    """The number was used before for something else."""


@dataclass(frozen=True)
class Policy:
    """An application and what became of it."""

    number: str
    account: str
    content: dict[str, Any]
    state: str
    code: str
    policy_no: str
    twists: list[str]
    notify: str
    taken_at: float
    decide_at: float
    visible_at: float
    refund: int


@dataclass(frozen=True)
class Movement:
    """One line of a statement: what a policy's premium came to, or what went back. `kind` is issue or cancel; premiums are signed fen."""

    policy_no: str
    kind: str
    premium: int
    at: float


@dataclass(frozen=True)
class Event:
    """A callback to be sent."""

    event_id: str
    account: str
    number: str
    url: str
    fault: str
    due_at: float
    tries: int


class Books:
    """Threads share one connection under one lock; every method is one transaction."""

    def __init__(self, path: Path, *, prefix: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._prefix = prefix
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Books that a power cut takes are nobody's loss; waiting for the disk would slow every exchange down.
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
        self._database.executescript(SCHEMA)

    def now(self) -> float:
        """The insurer's clock: the machine's, moved by what `/control/clock` asked for."""
        return time.time() + float(self._setting("clock_offset") or 0)

    def move_clock(self, seconds: float) -> None:
        self._set("clock_offset", str(seconds))

    def nonce_is_new(self, nonce: str) -> bool:
        with self._lock:
            return self._database.execute("INSERT OR IGNORE INTO nonce VALUES (?)", (nonce,)).rowcount == 1

    def take(
        self, *, account: str, number: str, content: dict[str, Any], notify: str, decide_in: float, hidden_for: float, twists: list[str]
    ) -> tuple[Policy, bool]:
        """The application under this number, and whether it is new. Raises Conflict when the number stands for something else."""
        with self._lock:
            now, text = self.now(), json.dumps(content, ensure_ascii=False, sort_keys=True)
            known = self._row("SELECT * FROM policy WHERE account = ? AND number = ?", account, number)
            if known:
                if known["content"] != text:
                    raise Conflict
                return _policy(known), False
            self._database.execute(
                "INSERT INTO policy (number, account, content, state, twists, notify, taken_at, decide_at, visible_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, account, text, PENDING, json.dumps(twists), notify, now, now + decide_in, now + hidden_for),
            )
            self._database.executemany(
                "INSERT INTO insured VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (account, person["identity"]["number"], content["product"], content["start"], content["end"], number)
                    for person in content["insured"]
                ],
            )
            return self.policy(account, number, hidden=True), True  # type: ignore[return-value]  # it was just written

    def policy(self, account: str, number: str, *, hidden: bool = False) -> Policy | None:
        """What stands under the number, and can be seen by now unless `hidden` ones are asked for as well."""
        with self._lock:
            row = self._row("SELECT * FROM policy WHERE account = ? AND number = ?", account, number)
            return _policy(row) if row and (hidden or row["visible_at"] <= self.now()) else None

    def decide(self, policy: Policy, code: str) -> Policy:
        """Issue it, or decline it for `code`; what was decided or withdrawn meanwhile stays as it is."""
        with self._lock:
            policy_no = "" if code else self._policy_no(policy)
            decided = self._database.execute(
                "UPDATE policy SET state = ?, code = ?, policy_no = ? WHERE account = ? AND number = ? AND state = ?",
                (DECLINED if code else ISSUED, code, policy_no, policy.account, policy.number, PENDING),
            )
            if policy_no and decided.rowcount:
                self._moved(policy.account, policy_no, "issue", policy.content["premium"])
            return self.policy(policy.account, policy.number, hidden=True) or policy

    def cancel(self, *, account: str, number: str, submission: str, refund: int) -> Policy | None:
        """End the policy; the same cancellation twice is one."""
        with self._lock:
            self._database.execute("INSERT OR IGNORE INTO cancellation VALUES (?, ?, ?)", (number, account, submission))
            before = self.policy(account, submission, hidden=True)
            cancelled = self._database.execute(
                "UPDATE policy SET state = ?, refund = ? WHERE account = ? AND number = ? AND state IN (?, ?)",
                (CANCELLED, refund, account, submission, PENDING, ISSUED),
            )
            if before and before.policy_no and cancelled.rowcount and refund:
                self._moved(account, before.policy_no, "cancel", -refund)
            return self.policy(account, submission, hidden=True)

    def undecided(self) -> list[Policy]:
        with self._lock:
            rows = self._rows("SELECT * FROM policy WHERE state = ? AND decide_at <= ?", PENDING, self.now())
        return [_policy(row) for row in rows]

    def covers(self, *, account: str, identity: str, product: str, start: str, end: str, but: str) -> int:
        """How many policies of the product this person has in that period already. Days as text, the end excluded."""
        with self._lock:
            row = self._row(
                "SELECT count(*) AS copies FROM insured JOIN policy USING (account, number) WHERE account = ? AND identity = ?"
                " AND product = ? AND start_on < ? AND ? < end_on AND state = ? AND number <> ?",
                *(account, identity, product, end, start, ISSUED, but),
            )
        return int(row["copies"]) if row else 0

    def policies(self) -> list[Policy]:
        with self._lock:
            return [_policy(row) for row in self._rows("SELECT * FROM policy ORDER BY taken_at")]

    def movements(self, account: str) -> list[Movement]:
        """What a statement of everything would tell, in the order in which it happened."""
        with self._lock:
            rows = self._rows("SELECT policy_no, kind, premium, at FROM movement WHERE account = ? ORDER BY at, rowid", account)
        return [Movement(**row) for row in rows]

    def put_right(self, number: str) -> None:
        """What a clerk does after a phone call: the policy says what was asked for."""
        with self._lock:
            self._database.execute("UPDATE policy SET twists = '[]' WHERE number = ?", (number,))

    def announce(self, policy: Policy, fault: str = "") -> None:
        """A callback to be sent as soon as it can be."""
        if policy.notify:
            with self._lock:
                self._database.execute(
                    "INSERT INTO callback (event_id, account, number, url, fault, due_at) VALUES (?, ?, ?, ?, ?, ?)",
                    (uuid.uuid4().hex, policy.account, policy.number, policy.notify, fault, self.now()),
                )

    def announcements(self) -> list[Event]:
        with self._lock:
            rows = self._rows("SELECT * FROM callback WHERE done = 0 AND due_at <= ? ORDER BY due_at", self.now())
        return [Event(**{name: row[name] for name in Event.__annotations__}) for row in rows]

    def announced(self, event: Event, *, taken: bool) -> None:
        """Taken, or to be tried again a little later, a few times."""
        with self._lock:
            gives_up = event.tries >= len(CALLBACK_WAITS)
            wait = 0 if gives_up else CALLBACK_WAITS[event.tries]
            self._database.execute(
                "UPDATE callback SET done = ?, tries = tries + 1, due_at = ? WHERE event_id = ?",
                (int(taken or gives_up), self.now() + wait, event.event_id),
            )

    def forget(self) -> None:
        """Empty the books: a fresh insurer."""
        with self._lock:
            self._database.executescript(
                "DELETE FROM policy; DELETE FROM insured; DELETE FROM cancellation; DELETE FROM callback; DELETE FROM nonce;"
                " DELETE FROM movement;"
                " DELETE FROM setting WHERE name <> 'serial';"
            )

    def _moved(self, account: str, policy_no: str, kind: str, premium: int) -> None:
        self._database.execute("INSERT INTO movement VALUES (?, ?, ?, ?, ?)", (account, policy_no, kind, premium, self.now()))

    def _policy_no(self, policy: Policy) -> str:
        if "same_policy_number" in policy.twists:
            last = self._row("SELECT policy_no FROM policy WHERE policy_no <> '' ORDER BY taken_at DESC LIMIT 1")
            if last:
                return str(last["policy_no"])
        serial = int(self._setting("serial") or 0) + 1
        self._set("serial", str(serial))
        return f"{self._prefix}{time.strftime('%Y', time.gmtime(self.now()))}{serial:09}"

    def _setting(self, name: str) -> str:
        with self._lock:
            row = self._row("SELECT value FROM setting WHERE name = ?", name)
        return str(row["value"]) if row else ""

    def _set(self, name: str, value: str) -> None:
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _row(self, statement: str, *values: Any) -> dict[str, Any] | None:
        rows = self._rows(statement, *values)
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self._database.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _policy(row: dict[str, Any]) -> Policy:
    values = {name: row[name] for name in Policy.__annotations__}
    return Policy(**values | {"content": json.loads(row["content"]), "twists": json.loads(row["twists"])})
