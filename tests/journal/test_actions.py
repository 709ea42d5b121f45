"""Facts are declared, typed, and never personal."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.journal.actions import Action, Fact, FactRefused, Stream, action
from besttrav.journal.likeness import looks_personal
from besttrav.journal.streams import retentions
from besttrav.kernel import ids

EVERYTHING = Action(
    "tests.everything",
    Stream.ACCESS,
    "",
    {"code": Fact.CODE, "codes": Fact.CODES, "flag": Fact.FLAG, "count": Fact.COUNT, "fen": Fact.FEN, "id": Fact.ID, "day": Fact.DAY,
     "digest": Fact.DIGEST},
)  # fmt: skip


def plain(**facts: Any) -> dict[str, Any]:
    return EVERYTHING.plain(dict.fromkeys(EVERYTHING.facts) | facts)


def test_facts_are_stored_as_plain_json() -> None:
    id = ids.new_id()
    facts = plain(
        code="v1.2:zh-cn", codes=["name", "phone"], flag=True, count=3, fen=-199_00, id=id, day=date(2026, 2, 28), digest="0f" * 32
    )
    assert facts == {
        "code": "v1.2:zh-cn", "codes": ["name", "phone"], "flag": True, "count": 3, "fen": -19900, "id": str(id), "day": "2026-02-28",
        "digest": "0f" * 32,
    }  # fmt: skip


def test_a_fact_that_does_not_apply_is_left_out() -> None:
    assert plain(code="a") == {"code": "a"}


FIXED = "523958bc-edf4-4b86-93c0-f96620929f09"  # not a random one: every test worker collects the same


@pytest.mark.parametrize("facts", [{}, {"code": "a"}, {**dict.fromkeys(EVERYTHING.facts), "colour": "red"}])
def test_facts_are_those_declared(facts: dict[str, Any]) -> None:
    with pytest.raises(FactRefused, match="not declared"):
        EVERYTHING.plain(facts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", ""), ("code", "Upper"), ("code", "two words"), ("code", "x" * 81), ("code", 5), ("code", FIXED),
        ("codes", "abc"), ("codes", {"a": 1}), ("codes", ["a", ["b"]]), ("codes", ["a", {"b": "c"}]),
        ("flag", 1), ("flag", "true"), ("count", True), ("count", 1.5), ("count", "3"), ("fen", 1.0), ("id", FIXED),
        ("id", uuid5(NAMESPACE_DNS, "13800000000")), ("id", UUID("00000000-0000-0000-0000-013800000000")),
        ("day", datetime(2026, 1, 1, tzinfo=UTC)), ("day", "2026-01-01"),
        ("digest", "0f" * 20), ("digest", "0F" * 32), ("digest", b"0f" * 32),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(FactRefused):
        plain(**{name: value})


PERSONAL = [
    "13800000000", "8613800000000", "138-0000-0000", "138.0000.0000", "tel:13900000000", "x-19900000000-y",
    "990101199003070015", "99010119900307001x", "990101900307001", "id:990524188001010014",
    "1234567890123456789", "4" + "1" * 15, "-".join(["4111", *["1111"] * 3]),
]  # fmt: skip
OTHER = ["zhang@example.com", "王小明", "mr-王", "上海市浦东新区", "a@b"]


@pytest.mark.parametrize("text", PERSONAL + OTHER)
def test_what_looks_personal_is_refused_as_a_code_and_inside_a_list(text: str) -> None:
    assert looks_personal(text)
    for facts in ({"code": text}, {"codes": ["fine", text]}):
        with pytest.raises(FactRefused) as refused:
            plain(**facts)
        assert text not in str(refused.value)


@pytest.mark.parametrize("number", [13800000000, 990101900307001, int("4" + "1" * 15), 8613800000000])
def test_what_looks_personal_is_refused_as_a_number(number: int) -> None:
    for name in ("count", "fen"):
        with pytest.raises(FactRefused):
            plain(**{name: number})


@pytest.mark.parametrize(
    "code", ["2026-11-22", "policy-2020-08-01.2", "v1.2.3", "1234567890", "12345678901", "4111-1111-1111-1112", "k01", "6-8"]
)
def test_ordinary_codes_pass(code: str) -> None:
    assert plain(code=code) == {"code": code}


@given(st.integers(13_000_000_000, 19_999_999_999), st.text("abcxyz_.:-", max_size=20), st.text("abcxyz_.:-", max_size=20))
def test_no_mobile_number_hides_inside_a_code(number: int, before: str, after: str) -> None:
    with pytest.raises(FactRefused):
        plain(code=f"{before}{number}{after}")


@given(st.uuids(version=4), st.binary(min_size=32, max_size=32))
def test_random_ids_and_digests_always_pass(id: UUID, digest: bytes) -> None:
    assert plain(id=id, digest=digest.hex())


@given(st.integers(-9_999_999_999, 9_999_999_999))
def test_amounts_up_to_a_hundred_million_yuan_always_pass(fen: int) -> None:
    assert plain(fen=fen) == {"fen": fen}


@pytest.mark.parametrize("name", ["signed_in", "People.signed_in", "people.signed in", "journal.month_dropped"])
def test_an_action_has_a_name_of_its_own_in_its_room(name: str) -> None:
    with pytest.raises(ValueError, match=r"room\.what_happened"):
        action(name, Stream.ACCESS, "")


def test_a_fact_cannot_take_the_name_of_an_argument() -> None:
    with pytest.raises(ValueError, match="cannot be called actor"):
        action("tests.confused", Stream.ACCESS, "", actor=Fact.CODE)


def test_every_stream_has_a_retention_with_its_law() -> None:
    assert {stream: retention.months for stream, retention in retentions().items()} == {
        Stream.ACCESS: 7,
        Stream.SECURITY: 36,
        Stream.DISCLOSURE: 36,
        Stream.RIGHTS: 36,
        Stream.BUSINESS: 120,
    }
    assert all(retention.law and retention.rule.startswith("RC-") for retention in retentions().values())


def test_a_month_is_past_its_time_when_its_last_day_is() -> None:
    assert retentions()[Stream.ACCESS].ends(date(2026, 11, 1)) == datetime(2027, 7, 1, tzinfo=UTC)
    assert retentions()[Stream.BUSINESS].ends(date(2026, 12, 1)) == datetime(2037, 1, 1, tzinfo=UTC)
