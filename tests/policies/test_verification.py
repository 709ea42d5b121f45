"""Codes on papers: typed in every way, mistaken in none; and a public page that tells nothing about a person."""

import dataclasses
import io
import xml.etree.ElementTree as ElementTree
from datetime import date

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from besttrav.policies import verification
from besttrav.policies.verification import (
    CodeRefused,
    Public,
    Standing,
    code_of,
    comparable_name,
    comparable_number,
    grouped,
    masked_number,
    mint,
    parse,
    public_view,
    qr_svg,
    secret_of,
    token_of,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_what_was_minted_is_read_in_every_way_people_type_it() -> None:
    for _ in range(200):
        minted = mint()
        assert len(minted.secret) * 8 == 128
        shown = grouped(minted.code)
        full_width = minted.code.translate({ord(one): ord(one) + 0xFEE0 for one in minted.code})
        for typed in (minted.code, shown, shown.lower(), shown.replace("-", " "), shown.replace("-", "–"), full_width, f" {shown}\n"):
            assert parse(typed) == minted.code
        assert parse(minted.code.replace("0", "o").replace("1", "l")) == minted.code
        assert code_of(minted.secret) == minted.code


@settings(deadline=None)
@given(st.integers(0, 15), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_is_refused(place: int, other: str) -> None:
    code = mint().code
    if code[place] != other:
        with pytest.raises(CodeRefused):
            parse(code[:place] + other + code[place + 1 :])


@settings(deadline=None)
@given(st.integers(0, 15), st.integers(0, 15))
def test_two_swapped_characters_are_refused(one: int, other: int) -> None:
    code = list(mint().code)
    if code[one] != code[other]:
        code[one], code[other] = code[other], code[one]
        with pytest.raises(CodeRefused):
            parse("".join(code))


@pytest.mark.parametrize("typed", ["", "1", "0" * 15, "U" * 16, "*" * 16, "保" * 16, "0" * 10_000])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(CodeRefused):
        parse(typed)


def test_no_two_secrets_share_a_code_and_a_code_does_not_tell_its_secret() -> None:
    minted = [mint() for _ in range(2_000)]
    assert len({one.code for one in minted}) == 2_000
    assert not any(one.code.lower()[:6] in token_of(one.secret) for one in minted[:50])


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_a_token_leads_back_to_its_secret_and_only_one_does(secret: bytes) -> None:
    token = token_of(secret)
    assert secret_of(token) == secret
    assert len(token) == 26
    # The last letter holds three bits of the secret and two that are always zero; "b" has one of those set.
    for other in (token.upper(), token + "a", token[:-1], token[:-1] + "b", "=" + token[1:]):
        if other != token:
            with pytest.raises(CodeRefused):
                secret_of(other)


def test_the_qr_is_a_picture_without_styles_and_says_the_address() -> None:
    address = f"https://besttrav.example/verify/{token_of(bytes(16))}/"
    drawn = qr_svg(address)
    tree = ElementTree.fromstring(drawn)
    assert {one.tag for one in tree.iter()} == {f"{SVG}svg", f"{SVG}path"}
    assert "style" not in drawn
    assert "script" not in drawn
    expected = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        expected, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    assert drawn == expected.getvalue().decode()
    assert qr_svg(address + "x") != drawn


def view(on: date, cancelled_on: date | None = None) -> Public:
    return public_view(
        number="PX20261122000123",
        insurer="禾岸财险",
        product="申根旅行保险",
        first_day=date(2026, 12, 1),
        last_day=date(2026, 12, 18),
        cancelled_on=cancelled_on,
        on=on,
    )


@pytest.mark.parametrize(
    ("on", "cancelled_on", "standing"),
    [
        (date(2026, 11, 30), None, Standing.NOT_YET),
        (date(2026, 12, 1), None, Standing.IN_FORCE),
        (date(2026, 12, 18), None, Standing.IN_FORCE),
        (date(2026, 12, 19), None, Standing.ENDED),
        (date(2026, 11, 25), date(2026, 11, 24), Standing.CANCELLED),
        (date(2026, 11, 25), date(2026, 11, 26), Standing.CANCELLED),
        (date(2026, 12, 4), date(2026, 12, 5), Standing.IN_FORCE),
        (date(2026, 12, 5), date(2026, 12, 5), Standing.CANCELLED),
        (date(2027, 1, 1), date(2026, 12, 5), Standing.CANCELLED),
    ],
)
def test_a_public_page_says_whether_it_is_in_force(on: date, cancelled_on: date | None, standing: Standing) -> None:
    assert view(on, cancelled_on).standing is standing


def test_a_public_page_tells_nothing_of_a_person() -> None:
    assert {field.name for field in dataclasses.fields(Public)} == {
        "number_masked",
        "insurer",
        "product",
        "first_day",
        "last_day",
        "standing",
    }
    assert view(date(2026, 12, 1)).number_masked == "PX20********0123"


@pytest.mark.parametrize(("number", "masked"), [("", ""), ("1", "1"), ("12345", "***45"), ("123456789012", "1234****9012")])
def test_a_short_number_is_masked_too(number: str, masked: str) -> None:
    assert masked_number(number) == masked


@pytest.mark.parametrize("typed", ["ZHOU, YUNING", "zhou yuning", "Zhou  Yu-ning", "ＺＨＯＵ　ＹＵＮＩＮＧ", "ZHOU'YUNING"])
def test_a_name_is_compared_without_what_people_type_differently(typed: str) -> None:
    assert comparable_name(typed) == comparable_name("ZHOU YUNING")


def test_names_that_differ_stay_different() -> None:
    assert comparable_name("周予宁") != comparable_name("周予")
    assert comparable_name("阿卜杜拉·买买提") == comparable_name("阿卜杜拉・买买提")


def test_a_document_number_is_compared_by_its_letters_and_digits() -> None:
    assert comparable_number(" ea 123-4567 ") == comparable_number("ＥＡ1234567") == "EA1234567"


def test_the_secret_is_drawn_anew() -> None:
    assert verification.mint().secret != verification.mint().secret
