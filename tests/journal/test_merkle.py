"""Trees against the definition in RFC 6962 section 2.1, written the slow way."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from besttrav.journal import merkle

leaves = st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=70).map(lambda contents: [merkle.leaf(one) for one in contents])


def by_definition(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = max(2**power for power in range(10) if 2**power < len(hashes))
    return sha256(b"\x01" + by_definition(hashes[:split]) + by_definition(hashes[split:])).digest()


@given(leaves)
def test_the_root_is_that_of_the_definition(hashes: list[bytes]) -> None:
    assert merkle.root(hashes) == by_definition(hashes)


@given(leaves, st.data())
def test_every_leaf_has_a_path_to_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    siblings = merkle.path(hashes, index)
    assert merkle.root_from(hashes[index], index, len(hashes), siblings) == merkle.root(hashes)
    assert len(siblings) <= len(hashes).bit_length()


@given(leaves, st.data())
def test_a_path_proves_no_other_leaf_place_size_or_sibling(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    siblings, root = merkle.path(hashes, index), merkle.root(hashes)
    assert merkle.root_from(merkle.leaf(b"another leaf"), index, len(hashes), siblings) != root
    assert merkle.root_from(hashes[index], len(hashes), len(hashes), siblings) is None
    assert merkle.root_from(hashes[index], index, len(hashes), [*siblings, root]) is None
    if siblings:
        assert merkle.root_from(hashes[index], index, len(hashes), siblings[:-1]) is None
        assert merkle.root_from(hashes[index], index, len(hashes), [bytes(32), *siblings[1:]]) != root


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


def test_a_known_tree_of_the_certificate_transparency_tests() -> None:
    contents = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    hashes = [merkle.leaf(bytes.fromhex(content)) for content in contents]
    assert merkle.root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert merkle.root(hashes[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
