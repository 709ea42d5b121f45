"""Heads written outside the database, one JSON line each: who can rewrite the database cannot rewrite these as well.

The file is `settings.JOURNAL_HEADS`, by default `heads/journal.jsonl` in the state directory; put it on another machine or on a
medium that only takes additions. A line names a key or a head; a key stands before the first head that was signed with it. Whoever
checks should have got the keys by another way too.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from besttrav.journal import seals
from besttrav.journal.models import Batch
from besttrav.kernel import clock
from besttrav.kernel.keys import Signer


@dataclass(frozen=True, slots=True)
class Head:
    """The last batch's number and digest, signed: everything sealed so far follows from it."""

    number: int
    digest: bytes
    signature: bytes
    key_id: str

    @property
    def line(self) -> dict[str, Any]:
        return {"number": self.number, "digest": self.digest.hex(), "signature": self.signature.hex(), "key_id": self.key_id}


def head() -> Head | None:
    """The newest head; None before anything was sealed."""
    batch = Batch.objects.order_by("-number").first()
    return Head(batch.number, bytes(batch.head), bytes(batch.signature), batch.key_id) if batch else None


def publish(key: Signer) -> None:
    """Write the newest head outside, unless it stands there already; before the first head of a key, the key.

    Of two sealers one waits for the other, so heads stand once and in order.
    """
    if head() is None:
        return
    with _alone():
        newest, last = head(), _last()
        if newest is None or (last and last["number"] >= newest.number):
            return
        lines = [newest.line]
        if not last or last["key_id"] != newest.key_id:
            lines.insert(0, {"key_id": key.key_id, "public_key": key.public_key().hex()})
        _append(lines)


def note_restore(number: int) -> None:
    """Say outside that the journal was brought back from a backup whose newest batch has this number: the heads beyond are of a lost one.

    They stay in the file, and the line says when they were given up, so nobody can cut a tail and call it a restore without leaving this.
    """
    with _alone():
        last = _last()
        if last and last["number"] > number:
            _append([{"restored_at": seals.moment(clock.now()), "restored_to": number}])


def length() -> int:
    """Of the file, in bytes: what is written later lies beyond."""
    return place().stat().st_size if place().exists() else 0


def written(below: int | None = None) -> Iterator[Head]:
    """Every head in the file, or in its first `below` bytes, as they were written, but for those that a restore has given up."""
    below = length() if below is None else below
    restores = [(at, line["restored_to"]) for at, line in enumerate(_lines(below)) if "restored_to" in line]
    for at, line in enumerate(_lines(below)):
        if "number" in line and not any(at < later and line["number"] > number for later, number in restores):
            yield Head(line["number"], bytes.fromhex(line["digest"]), bytes.fromhex(line["signature"]), line["key_id"])


def known_keys() -> dict[str, bytes]:
    """The public keys named in the file."""
    return {line["key_id"]: bytes.fromhex(line["public_key"]) for line in _lines(length()) if "public_key" in line}


def place() -> Path:
    return Path(settings.JOURNAL_HEADS)


def _lines(below: int) -> Iterator[dict[str, Any]]:
    try:
        with place().open("rb") as file:
            for line in file:
                below -= len(line)
                if below < 0:
                    return
                if line.endswith(b"}\n"):  # A line that a crash cut short is no line.
                    yield json.loads(line)
    except FileNotFoundError:
        return


def _last() -> dict[str, Any] | None:
    """The last head in the file, or the one a restore went back to, read from its end: the file grows for years."""
    lines = [json.loads(line) for line in _tail().splitlines()[1:] if line.endswith("}")]
    for line in reversed(lines):
        if "restored_to" in line:
            return {"number": line["restored_to"], "key_id": ""}
        if "number" in line:
            return dict(line)
    return None


def _tail() -> str:
    try:
        with place().open("rb") as file:
            begin = max(0, file.seek(0, os.SEEK_END) - 4096)
            file.seek(begin)
            # The first line of the tail is taken to be cut off, so the file's own first line gets one before it.
            return ("" if begin else "\n") + file.read().decode("ascii")
    except FileNotFoundError:
        return ""


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else writes meanwhile. The lock goes with the process that holds it, however that ends."""
    place().parent.mkdir(parents=True, exist_ok=True)
    with place().open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _append(lines: list[dict[str, Any]]) -> None:
    text = "".join(seals.canonical(line) + "\n" for line in lines)
    with place().open("a+b") as file:
        if file.tell() and not _tail().endswith("\n"):
            text = "\n" + text
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
