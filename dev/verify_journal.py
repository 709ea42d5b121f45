#!/usr/bin/env python3
"""Check an exported journal bundle without Besttrav, its database or its good will.

    python verify_journal.py bundle.json heads.jsonl

`heads.jsonl` is your own copy of the heads that were written outside the database, with the keys they were signed by; nothing that
the bundle says about keys is believed. Needs Python 3.11 and the `cryptography` package. Ends with 0 when everything holds.
"""

import json
import sys
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Problems = list[str]


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    bundle = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    heads, keys = read_heads(Path(sys.argv[2]))
    problems = check(bundle, heads, keys)
    for problem in problems:
        print(problem)
    entries = len(bundle["proofs"]) + sum(map(len, bundle["batches"].values()))
    print(f"{entries} entries, {len(bundle['headers'])} batches, {len(heads)} heads: {'does NOT hold' if problems else 'holds'}")
    return 1 if problems else 0


def read_heads(path: Path) -> tuple[dict[int, str], dict[str, bytes]]:
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines() if line.endswith("}")]
    heads: dict[int, str] = {}
    for line in lines:
        if "restored_to" in line:  # From here on the journal is one that was brought back from a backup; what followed there is lost.
            heads = {number: digest for number, digest in heads.items() if number <= line["restored_to"]}
        elif "number" in line:
            heads[line["number"]] = line["digest"]
    return heads, {line["key_id"]: bytes.fromhex(line["public_key"]) for line in lines if "public_key" in line}


def check(bundle: dict[str, Any], heads: dict[int, str], keys: dict[str, bytes]) -> Problems:
    if bundle["format"] != "besttrav-journal-bundle/1":
        return [f"unknown format {bundle['format']!r}"]
    headers = {exported["header"]["number"]: exported["header"] for exported in bundle["headers"]}
    return [
        *check_signatures(bundle["headers"], keys),
        *check_chain(headers, heads),
        *(check_nothing_missing(bundle, headers, heads) if bundle["everything"] else []),
        *check_batches(bundle["batches"], headers),
        *check_proofs(bundle["proofs"], headers),
    ]


def check_signatures(exported: list[dict[str, Any]], keys: dict[str, bytes]) -> Problems:
    return [
        f"batch {item['header']['number']}: not signed by a key in the heads file"
        for item in exported
        if not is_signed(head_of(item["header"]), bytes.fromhex(item["signature"]), keys.get(item["header"]["key_id"]))
    ]


def is_signed(head: bytes, signature: bytes, key: bytes | None) -> bool:
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, b"besttrav journal head 1\n" + head)
    except InvalidSignature:
        return False
    return True


def check_chain(headers: dict[int, dict[str, Any]], heads: dict[int, str]) -> Problems:
    """Each header names the one before it, and every unbroken run of them reaches a head that was written outside."""
    problems = [
        f"batch {number}: another head was written outside"
        for number, header in headers.items()
        if number in heads and heads[number] != head_of(header).hex()
    ]
    for before, after in pairwise(sorted(headers)):
        if after == before + 1 and headers[after]["previous"] != head_of(headers[before]).hex():
            problems.append(f"batch {after}: does not follow batch {before}")
    anchored = False
    for number in sorted(headers, reverse=True):
        anchored = number in heads or (anchored and number + 1 in headers)
        if not anchored:
            problems.append(f"batch {number}: no head that follows it was written outside")
    return problems


def check_nothing_missing(bundle: dict[str, Any], headers: dict[int, dict[str, Any]], heads: dict[int, str]) -> Problems:
    last = max([*headers, *heads], default=0)
    missing = [number for number in range(1, last + 1) if number not in headers]
    problems = [f"batch {number}: missing, the tail is cut or the chain has a hole" for number in missing]
    if headers and headers[min(headers)]["previous"] != "00" * 32:
        problems.append("the first batch names one before it")
    dropped = {item["header"]["number"] for item in bundle["headers"] if item["dropped_at"]}
    without_entries = [number for number in headers if str(number) not in bundle["batches"] and number not in dropped]
    return problems + [f"batch {number}: its entries are missing" for number in without_entries]


def check_batches(batches: dict[str, list[dict[str, Any]]], headers: dict[int, dict[str, Any]]) -> Problems:
    problems = []
    for number, entries in batches.items():
        header = headers.get(int(number))
        if header is None:
            problems.append(f"batch {number}: has no header")
        elif len(entries) != header["entries"] or root_of([leaf_of(entry) for entry in entries]).hex() != header["root"]:
            problems.append(f"batch {number}: its entries are not those that were sealed")
    return problems


def check_proofs(proofs: list[dict[str, Any]], headers: dict[int, dict[str, Any]]) -> Problems:
    problems = []
    for proof in proofs:
        header = headers.get(proof["batch"])
        if header is None or not leads_to_root(proof, header):
            problems.append(f"entry {proof['entry']['id']}: is not what was sealed in batch {proof['batch']}")
    return problems


def leads_to_root(proof: dict[str, Any], header: dict[str, Any]) -> bool:
    """RFC 9162 section 2.1.3.2: from the leaf through its siblings to the root."""
    index, last, found = proof["index"], header["entries"] - 1, leaf_of(proof["entry"])
    if not 0 <= index <= last:
        return False
    for sibling in map(bytes.fromhex, proof["path"]):
        if last == 0:
            return False
        if index % 2 or index == last:
            found = node(sibling, found)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            found = node(found, sibling)
        index, last = index // 2, last // 2
    return last == 0 and bool(found.hex() == header["root"])


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_of(leaves[:split]), root_of(leaves[split:]))


def leaf_of(entry: dict[str, Any]) -> bytes:
    return sha256(b"\x00" + digest_of(entry)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def head_of(header: dict[str, Any]) -> bytes:
    return digest_of(header)


def digest_of(columns: dict[str, Any]) -> bytes:
    return sha256(json.dumps(columns, sort_keys=True, separators=(",", ":")).encode("ascii")).digest()


if __name__ == "__main__":
    sys.exit(main())
