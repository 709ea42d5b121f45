"""What exactly is hashed and signed, byte for byte. Pure; `dev/verify_journal.py` repeats it without us.

An entry's digest is SHA-256 over the JSON of its columns and its salt. A batch's head is SHA-256 over the JSON of its header, which
names the head before it. JSON here has sorted keys, no spaces and ASCII only. An entry's tick is not part of its digest, because the
database gives it: moved into another batch's window it breaks the roots of both, within one it means nothing.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

FORMAT = 1
FIRST = bytes(32)
"""What the first batch names as the head before it."""

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode

Text = str | None


def entry_columns(
    id: str, stream: int, at: str, action: str, about_type: str, about_id: Text, subject: Text,
    actor_kind: str, actor_id: Text, actor_name: str, facts: Mapping[str, Any], salt: str,
) -> dict[str, Any]:  # fmt: skip
    """The columns an entry answers for, as they are hashed and exported."""
    return {
        "about_id": about_id,
        "about_type": about_type,
        "action": action,
        "actor_id": actor_id,
        "actor_kind": actor_kind,
        "actor_name": actor_name,
        "at": at,
        "facts": facts,
        "format": FORMAT,
        "id": id,
        "salt": salt,
        "stream": stream,
        "subject": subject,
    }


def shared_text(at: str, action: str, about_type: str, actor_kind: str, actor_id: Text, actor_name: str, facts: Mapping[str, Any]) -> str:
    """What all entries of one happening have in common, as it stands in the text of each: sorted, these names are neighbours."""
    columns = {
        "about_type": about_type,
        "action": action,
        "actor_id": actor_id,
        "actor_kind": actor_kind,
        "actor_name": actor_name,
        "at": at,
        "facts": facts,
        "format": FORMAT,
    }
    return canonical(columns)[1:-1]


def entry_text(shared: str, about_id: Text, id: str, salt: str, stream: int, subject: Text) -> str:
    """The text that is hashed, the same as `canonical` makes of `entry_columns`, from the part that was encoded once for many."""
    about = "null" if about_id is None else f'"{about_id}"'
    person = "null" if subject is None else f'"{subject}"'
    return f'{{"about_id":{about},{shared},"id":"{id}","salt":"{salt}","stream":{stream},"subject":{person}}}'


def entry_digest(columns: Mapping[str, Any]) -> bytes:
    return digest_of(canonical(columns))


def digest_of(hashed: str) -> bytes:
    """The digest of an entry whose canonical text is at hand already."""
    return sha256(hashed.encode("ascii")).digest()


def header(
    *,
    number: int,
    stream: int,
    month: date,
    low: int,
    high: int,
    entries: int,
    root: bytes,
    previous: bytes,
    key_id: str,
    sealed_at: datetime,
) -> dict[str, Any]:
    """What a batch states about itself and signs."""
    return {
        "entries": entries,
        "format": FORMAT,
        "high": high,
        "key_id": key_id,
        "low": low,
        "month": month.isoformat()[:7],
        "number": number,
        "previous": previous.hex(),
        "root": root.hex(),
        "sealed_at": moment(sealed_at),
        "stream": stream,
    }


def head_digest(header: Mapping[str, Any]) -> bytes:
    return sha256(canonical(header).encode("ascii")).digest()


def signed_message(head: bytes) -> bytes:
    """What the key signs: the head, under a name that no other signature of ours uses."""
    return b"besttrav journal head 1\n" + head


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
