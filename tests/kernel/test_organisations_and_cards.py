"""Credit codes and bank cards: check digits by library, words by us."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import uscc

from besttrav.kernel import cards, organisations
from besttrav.kernel.cards import CardRefused
from besttrav.kernel.organisations import CreditCodeRefused

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Regions no province has, so nobody's.
BODIES = st.builds(
    "{}{}{}".format, st.sampled_from(["91", "51", "12", "Y1", "N2"]), st.just("190000"), st.text(ALPHABET, min_size=9, max_size=9)
)


def code(body: str = "91190000MA0000000") -> str:
    return body + str(uscc.calc_check_digit(body))


@given(BODIES)
def test_a_credit_code_is_kept_without_blanks_in_capitals(body: str) -> None:
    right = code(body)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in right)
    assert {organisations.check(typed) for typed in (right, right.lower(), f" {right[:9]}-{right[9:]} ", wide)} == {right}


@given(BODIES, st.integers(min_value=0, max_value=17), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_of_a_credit_code_is_caught(body: str, place: int, wrong: str) -> None:
    right = code(body)
    if right[place] != wrong:
        with pytest.raises(CreditCodeRefused):
            organisations.check(right[:place] + wrong + right[place + 1 :])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter"),
        ("9" * 100, "too long"),
        (code()[:17], "these are 17"),
        (code().replace("M", "O"), "I, O, S, V and Z"),
        ("一" * 18, "no unified social credit code"),
        ("\x00" * 18, "no unified social credit code"),
    ],
)
@pytest.mark.usefixtures("in_english")
def test_what_is_no_credit_code_is_refused_in_plain_words(typed: str, words: str) -> None:
    with pytest.raises(CreditCodeRefused, match=words) as refused:
        organisations.check(typed)
    assert refused.value.way_out


@given(st.text("0123456789", min_size=11, max_size=18))
def test_a_card_number_passes_with_its_check_digit_and_with_no_other(body: str) -> None:
    right = body + luhn.calc_check_digit(body)
    assert cards.check(" ".join(right[place : place + 4] for place in range(0, len(right), 4))) == right
    for last in set("0123456789") - {right[-1]}:
        with pytest.raises(CardRefused):
            cards.check(body + last)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter"),
        ("1" * 100, "too long"),
        ("12345678901", "12 to 19"),
        ("1" * 20, "12 to 19"),
        ("١" * 16, "digits only"),
        ("4111x11111111111", "digits only"),
    ],
)
@pytest.mark.usefixtures("in_english")
def test_what_is_no_card_number_is_refused_in_plain_words(typed: str, words: str) -> None:
    with pytest.raises(CardRefused, match=words) as refused:
        cards.check(typed)
    assert refused.value.way_out


@given(st.text(max_size=80))
def test_whatever_is_typed_is_kept_in_one_spelling_or_refused(text: str) -> None:
    for check, refusal in ((organisations.check, CreditCodeRefused), (cards.check, CardRefused)):
        with suppress(refusal):
            kept = check(text)
            assert check(kept) == kept
