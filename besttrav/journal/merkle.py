"""Merkle trees as in RFC 6962 section 2.1: one root for many leaves, and a short path that proves one leaf is among them. Pure."""

from collections.abc import Sequence
from hashlib import sha256


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in this order; of no leaves, the hash of nothing."""
    level = list(leaves)
    if not level:
        return sha256(b"").digest()
    while len(level) > 1:
        level = _paired(level)
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from the leaf at `index` up to the root."""
    level, siblings = list(leaves), []
    while len(level) > 1:
        if (neighbour := index ^ 1) < len(level):
            siblings.append(level[neighbour])
        level, index = _paired(level), index >> 1
    return siblings


def root_from(leaf_hash: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that the path leads to; None when the path does not fit a tree of this size."""
    if not 0 <= index < size:
        return None
    remaining, found = list(siblings), leaf_hash
    while size > 1:
        if (neighbour := index ^ 1) < size:
            if not remaining:
                return None
            sibling = remaining.pop(0)
            found = _node(sibling, found) if neighbour < index else _node(found, sibling)
        index, size = index >> 1, (size + 1) >> 1
    return None if remaining else found


def _paired(level: list[bytes]) -> list[bytes]:
    # A last node without a neighbour goes up as it is: the same tree as splitting at the largest power of two.
    pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return pairs if len(level) % 2 == 0 else [*pairs, level[-1]]


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
