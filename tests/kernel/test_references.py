"""Public references: forgiving about how they are typed, strict about what."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel import clock
from besttrav.kernel.references import ReferenceRefused, check_character, grouped, mint, parse

PREFIXES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
FULL_WIDTH = {ord(character): ord(character) + 0xFEE0 for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@pytest.mark.parametrize(("text", "check"), [("G123498654321", "H"), ("G123489654321", "Y")])
def test_the_check_is_the_one_of_the_standard(text: str, check: str) -> None:
    """The first is the worked example of the blood services (ISBT 128), which number their donations by this algorithm."""
    assert check_character(text) == check


def test_a_reference_names_its_kind_and_its_year() -> None:
    with clock.frozen(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)):
        assert mint("PR").startswith("PR27"), "it is already the new year in Beijing"


@given(PREFIXES)
def test_what_was_minted_parses_in_every_way_people_type_it(prefix: str) -> None:
    reference = mint(prefix)
    shown = grouped(reference)
    assert len(shown) == 19
    for typed in (
        reference,
        shown,
        shown.lower(),
        f"  {shown}\n",
        shown.replace(" ", "-"),
        shown.replace(" ", "–"),
        reference.translate(FULL_WIDTH),
        shown.replace(" ", "\u3000"),
    ):
        assert parse(typed) == reference
        assert parse(typed, prefix=prefix) == reference


@given(PREFIXES, st.data())
def test_one_wrong_character_is_always_refused(prefix: str, data: st.DataObject) -> None:
    reference = mint(prefix)
    place = data.draw(st.integers(min_value=0, max_value=len(reference) - 1))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if place < 2 else "0123456789"
    wrong = data.draw(st.sampled_from([character for character in alphabet if character != reference[place]]))
    with pytest.raises(ReferenceRefused):
        parse(reference[:place] + wrong + reference[place + 1 :])


@given(PREFIXES, st.data())
def test_any_two_swapped_characters_are_always_refused(prefix: str, data: st.DataObject) -> None:
    reference = mint(prefix)
    places = st.integers(min_value=0, max_value=len(reference) - 1)
    one, other = data.draw(places), data.draw(places)
    if reference[one] == reference[other]:
        return
    swapped = list(reference)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    with pytest.raises(ReferenceRefused):
        parse("".join(swapped))


@given(PREFIXES, st.integers(min_value=0, max_value=15))
def test_a_missing_or_doubled_character_is_refused(prefix: str, place: int) -> None:
    reference = mint(prefix)
    for typed in (reference[:place] + reference[place + 1 :], reference[:place] + reference[place] + reference[place:]):
        with pytest.raises(ReferenceRefused):
            parse(typed)


def test_a_reference_to_something_else_is_refused() -> None:
    with pytest.raises(ReferenceRefused):
        parse(mint("CL"), prefix="PR")


@pytest.mark.parametrize(
    "text", ["", " ", "PR26", "1234567890123456", "PR26 1121 0044 719", "PR26·1121·0044·7190", "PR٢٦112100447190", "\x00", "*" * 16]
)
def test_what_is_no_reference_at_all_is_refused_politely(text: str) -> None:
    with pytest.raises(ReferenceRefused) as refused:
        parse(text)
    assert refused.value.code == "reference_refused"
    assert str(refused.value.way_out)
    assert not text.strip() or text not in str(refused.value)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_reference_or_is_refused(text: str) -> None:
    try:
        reference = parse(text)
    except ReferenceRefused:
        return
    assert parse(grouped(reference)) == reference


@pytest.mark.parametrize("prefix", ["", "P", "pr", "PRX", "P1", "保单"])
def test_a_prefix_is_two_capital_letters(prefix: str) -> None:
    with pytest.raises(ValueError, match="two capital letters"):
        mint(prefix)


def test_references_do_not_repeat_or_count_up() -> None:
    minted = [mint("PO") for _ in range(500)]
    assert len(set(minted)) == 500
    assert minted != sorted(minted)
