"""A canary in every field, on every page, in every job: nobody finds a word of it where it should not be, and after the end nowhere at all.

Looked through byte by byte: dumps of both databases, their table files and write-ahead log, the server's log with every statement and its
parameters, our own log at its most talkative, the job table, the ledger and the heads, and what other people were shown and sent.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.postgres import find_installation
from tests.faults.canary import BOUGHT_NUMBERS, NEXT_PHONE, PHONE
from tests.faults.house import House

pytestmark = pytest.mark.cluster


# What every canary of the declared fields begins with, and the numbers of the ones who buy and who walk about.
PROBES = ("kanarie", "金丝雀", "12971828", *BOUGHT_NUMBERS, PHONE, NEXT_PHONE)


def test_a_canary_is_found_nowhere_and_after_the_end_opens_nowhere(house: House) -> None:
    log_every_statement(house)
    placed = house.play("canary_settle")
    bought = house.play("canary_buy")
    assert (bought["state"], bought["paid"], bought["papers"], bought["people"]) == ("issued", 1, ["application", "e_policy"], 3)
    assert {"policies.party.name", "policies.party.identity_number", "sales.answer.answer"} <= set(bought["shared"])
    assert bought["others"] > 0
    assert bought["leaked"] == 0, "the other insured person was told who else is in the contract"
    walked = house.play("canary_walk")
    assert all(any(probe in text for probe in PROBES) for text in placed.values())
    assert len(walked["visited"]) >= 40
    assert len(walked["jobs"]) >= 8
    assert walked["others"] >= 50
    assert walked["leaked"] == [], "somebody else was shown or sent a number of the canary"

    collected = house.play("canary_collect")
    (house.state / "collected.json").write_text(json.dumps(collected))
    places = dict(everything_written(house))
    assert sum(map(len, places.values())) > 10_000_000, "there was nothing to look through"
    assert len(places["cashiers"]) > 10_000, "the channels have books, too"
    answers = {bytes(answer) for (answer,) in house.query("default", "SELECT answer FROM sales_answer")}
    assert len(answers) >= 8
    assert min(map(len, answers)) > len("yes") + 16, "what was answered about health is sealed"
    assert {(name, probe) for name, content in places.items() for probe in PROBES if is_in(content, probe)} == set()
    record, vault = places["record dump"], places["vault dump"]
    assert not [digest for text in (*placed.values(), PHONE, NEXT_PHONE) for digest in digests(text) if digest in record]
    assert not [digest for digest in house.play("canary_hashes") if digest.encode() in record]

    wrapped = [bytes.fromhex(row[2]) for row in collected["keys"]]
    assert len(wrapped) >= len(placed) / 4
    assert all(key.hex().encode() in vault for key in wrapped), "the copy we look through is a copy of this vault"
    before = house.play("canary_opened", house.state / "collected.json")
    assert (before["keys"], before["marks"]) == (len(wrapped), len(collected["marks"]))
    assert before["epochs"] > 0
    assert before["matches"] > 0

    assert house.play("canary_forget")["left"] == 0
    house.play("recover")
    files = b"".join(content for name, content in everything_written(house) if "file" in name)
    assert sum(key in files for key in wrapped) > 0, "deleting is not shredding: that is why the epoch must end"
    house.play("rotate")
    assert house.play("canary_opened", house.state / "collected.json") == {"epochs": 0, "keys": 0, "marks": 0, "matches": 0}
    assert house.recovered() == {}


@pytest.mark.parametrize("probe", PROBES)
def test_a_leak_in_any_form_would_be_found(probe: str) -> None:
    text = f"a name {probe}42"
    leaks = [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    leaks += [form(text.encode()) for form in (lambda it: it.hex().encode(), lambda it: it.hex().upper().encode(), base64.b64encode)]
    leaks += [base64.b64encode(b"x" + text.encode()), base64.b64encode(b"xx" + text.encode()), json.dumps(text).encode()]
    assert [leak for leak in leaks if not is_in(b"something before " + leak + b" and behind", probe)] == []
    assert not is_in(b"kanari 1293141592 nothing here", probe)


def log_every_statement(house: House) -> None:
    with psycopg.connect(house.cluster.url("postgres"), autocommit=True) as server:
        for name in house.names.values():
            server.execute(f'ALTER DATABASE "{name}" SET log_min_duration_statement = 0'.encode())
            server.execute(f'ALTER DATABASE "{name}" SET log_parameter_max_length_on_error = -1'.encode())


def everything_written(house: House) -> Iterator[tuple[str, bytes]]:
    with psycopg.connect(house.cluster.url("postgres"), autocommit=True) as server:
        server.execute("CHECKPOINT")
        oids = server.execute("SELECT datname, oid FROM pg_database WHERE datname = ANY(%s)", [list(house.names.values())]).fetchall()
    for alias, label in (("default", "record"), ("vault", "vault")):
        yield f"{label} dump", dump(house, alias)
    for name, oid in oids:
        yield f"table files of {name}", joined(house.cluster.data / "base" / str(oid))
    yield "write-ahead log files", joined(house.cluster.data / "pg_wal")
    yield "server log", house.cluster.log.read_bytes()
    yield "our log", (house.state / "log").read_bytes()
    for folder in ("ledger", "heads", "backups", "cashiers"):
        yield folder, joined(house.state / folder)


def dump(house: House, alias: str) -> bytes:
    program = find_installation().program("pg_dump")
    environment = {"PGPASSWORD": house.cluster.password, "PATH": os.defpath}
    words = ["-h", "127.0.0.1", "-p", str(house.cluster.port), "-U", "postgres", house.names[alias]]
    return subprocess.run([program, *words], env=environment, capture_output=True, check=True).stdout


def joined(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()) if folder.exists() else b""


def is_in(content: bytes, probe: str) -> bool:
    return any(form in content for form in forms(probe))


def forms(text: str) -> Iterator[bytes]:
    """How a text may stand somewhere without being readable at once."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield text.encode(encoding)
    plain = text.encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield text.encode("unicode_escape")
    for shift in range(3):
        # Base64 looks different at each place within three bytes. Characters that depend on a neighbour are left out.
        whole = base64.b64encode(bytes(shift) + plain)
        yield whole[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6]


def digests(text: str) -> Iterator[bytes]:
    """Hashes anybody could make, and those with the keys that lie about."""
    for plain in (text.encode(), f"+86{text}".encode()):
        for algorithm in ("md5", "sha1", "sha256", "sha512", "sm3"):
            found = [hashlib.new(algorithm, plain).digest()] if algorithm in hashlib.algorithms_available else []
            found += [hmac.digest(os.environ["BESTTRAV_SECRET_KEY"].encode(), plain, algorithm)] if found else []
            for digest in found:
                yield digest.hex().encode()
                yield base64.b64encode(digest).rstrip(b"=")
