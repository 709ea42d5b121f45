"""Numbers of identity documents: what can be right passes and tells birth and sex, what is mistyped is refused in plain words."""

import subprocess
import sys
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel.identity import (
    DocumentKind,
    Identity,
    IdentityRefused,
    Sex,
    age_on,
    check,
    check_character,
    grouped,
    tells_birth_and_sex,
)
from besttrav.kernel.period import anniversary
from tests import invented

TODAY = date(2026, 7, 1)
BORN = date(1990, 3, 7)
BIRTHS = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)
SEXES = st.sampled_from(Sex)
SERIALS = st.integers(min_value=0, max_value=4_999_999)
NUMBERS = st.builds(invented.id_number, BIRTHS, SEXES, SERIALS)


def reason(kind: str, number: str, *, country: str = "") -> str:
    with pytest.raises(IdentityRefused) as refused:
        check(kind, number, today=TODAY, country=country)
    return refused.value.reason


@given(BIRTHS, SEXES, SERIALS)
def test_an_id_number_tells_the_day_of_birth_and_the_sex(born: date, sex: Sex, serial: int) -> None:
    for kind, number in (
        ("id_card", invented.id_number(born, sex, serial)),
        ("residence_permit", invented.residence_permit(born, sex, serial % 500)),
        ("foreign_residence_card", invented.foreign_card(born, sex, serial % 500)),
    ):
        assert check(kind, number, today=TODAY) == Identity(DocumentKind(kind), number, born, sex)
        assert tells_birth_and_sex(kind, number)


@given(NUMBERS, st.integers(min_value=0, max_value=17), st.sampled_from("0123456789X"))
def test_every_single_wrong_character_is_caught(number: str, place: int, wrong: str) -> None:
    if number[place] != wrong:
        reason("id_card", number[:place] + wrong + number[place + 1 :])


@given(NUMBERS, st.integers(min_value=0, max_value=16))
def test_every_swap_of_two_neighbours_is_caught(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        reason("id_card", swapped)


def test_all_single_errors_and_swaps_of_some_numbers_are_caught() -> None:
    for serial in range(0, 400, 7):
        number = invented.id_number(BORN, Sex.MALE, serial)
        wrong = {number[:place] + digit + number[place + 1 :] for place in range(18) for digit in "0123456789X"}
        wrong |= {number[:place] + number[place + 1] + number[place] + number[place + 2 :] for place in range(17)}
        for mistyped in wrong - {number}:
            reason("id_card", mistyped)


def test_the_check_character_is_that_of_the_standards_examples() -> None:
    assert check_character("11010519491231002") == "X"  # GB 11643-1999, and below its second one
    assert check_character("44052418800101001") == "4"


def test_the_specimens_of_the_foreigners_card_are_right() -> None:
    assert check("foreign_residence_card", "931586198001010028", today=TODAY).sex is Sex.FEMALE
    old = check("foreign_residence_card", "CAN110081080319", today=TODAY)
    assert (old.birth_date, old.sex) == (None, None)
    assert not tells_birth_and_sex("foreign_residence_card", "can 110081080319")
    assert reason("foreign_residence_card", "CAN110081130319") == "no_such_day"


def test_a_newer_district_is_no_reason_to_refuse() -> None:
    body = "33011320000101000"  # a district of 2021, and the order code nobody gets
    assert check("id_card", body + check_character(body), today=TODAY).birth_date == date(2000, 1, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "{0}-{1}-{2}",
        " {0} {1}\u3000{2} ",
        "\ufeff{0}\u200b{1}\u202e{2}\n",
        "{0}–{1}—{2}",
    ],
)
def test_blanks_dashes_and_marks_without_width_are_forgiven(typed: str) -> None:
    number = invented.id_number(BORN, Sex.FEMALE, 3)
    assert check("id_card", typed.format(number[:6], number[6:14], number[14:]), today=TODAY).number == number


def test_full_width_and_small_characters_are_forgiven() -> None:
    number = next(n for n in (invented.id_number(BORN, Sex.FEMALE, serial) for serial in range(60)) if n.endswith("X"))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    for typed in (wide, number.lower(), wide.lower(), number[:17] + "×", number[:17] + "Ⅹ"):
        assert check("id_card", typed, today=TODAY).number == number


ID = invented.id_number(BORN)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("", "missing"),
        (" -\u200b ", "missing"),
        ("1" * 65, "too_long"),
        (ID[:6] + ID[8:17], "old_number"),
        (ID[:17], "wrong_length"),
        (ID[:12], "wrong_length"),
        (ID + "1", "wrong_length"),
        (ID.replace("0", "O", 1), "wrong_character"),
        (ID[:16] + "X" + ID[17], "wrong_character"),
        ("١" * 18, "wrong_character"),
        ("<b>" + ID[3:], "wrong_character"),
        ("\x00" + ID[1:], "wrong_character"),
        ("10" + ID[2:], "wrong_region"),
        ("66" + ID[2:], "wrong_region"),
        ("72" + ID[2:], "wrong_region"),
        ("84" + ID[2:], "wrong_region"),
        ("00" + ID[2:], "wrong_region"),
        (ID[:6] + "19900230" + ID[14:], "no_such_day"),
        (ID[:6] + "20230229" + ID[14:], "no_such_day"),
        (ID[:6] + "00001301" + ID[14:], "no_such_day"),
        (ID[:6] + "20260702" + ID[14:], "birth_in_future"),
        (ID[:6] + "18951231" + ID[14:], "too_long_ago"),
        (ID[:17] + ("1" if ID[17] != "1" else "2"), "check_digit"),
        (invented.residence_permit(), "other_document"),
        (invented.foreign_card(), "other_document"),
        ("H0123456700", "other_document"),
    ],
)
def test_each_mistake_has_its_own_words(number: str, expected: str) -> None:
    assert reason("id_card", number) == expected


def test_somebody_born_today_has_a_number_already() -> None:
    assert check("id_card", invented.id_number(TODAY), today=TODAY).birth_date == TODAY


@pytest.mark.parametrize(
    ("chosen", "number", "suggested"),
    [
        ("id_card", invented.residence_permit(place="83"), DocumentKind.RESIDENCE_PERMIT),
        ("id_card", invented.foreign_card(), DocumentKind.FOREIGN_RESIDENCE_CARD),
        ("residence_permit", ID, DocumentKind.ID_CARD),
        ("foreign_residence_card", ID, DocumentKind.ID_CARD),
        ("passport", ID, DocumentKind.ID_CARD),
        ("birth_certificate", ID, DocumentKind.ID_CARD),
        ("taiwan_permit", "H0123456700", DocumentKind.HK_MACAO_PERMIT),
        ("passport", "CAN110081080319", DocumentKind.FOREIGN_RESIDENCE_CARD),
        ("hk_macao_permit", invented.birth_certificate(), DocumentKind.BIRTH_CERTIFICATE),
    ],
)
def test_the_number_of_another_document_is_recognised(chosen: str, number: str, suggested: DocumentKind) -> None:
    with pytest.raises(IdentityRefused) as refused:
        check(chosen, number, today=TODAY)
    assert (refused.value.reason, refused.value.suggests) == ("other_document", suggested)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("passport", "e12345678", "E12345678"),
        ("passport", "EA 1234567", "EA1234567"),
        ("passport", "P.1234567", "P1234567"),
        ("passport", "C01X00T47<", "C01X00T47"),
        ("hk_macao_permit", "h01234567", "H01234567"),
        ("hk_macao_permit", "M0123456701", "M0123456701"),
        ("hk_macao_permit", "HA1234567", "HA1234567"),
        ("taiwan_permit", "01234567", "01234567"),
        ("taiwan_permit", "0123456701（B）", "0123456701"),
        ("birth_certificate", "z 190000001", "Z190000001"),
    ],
)
def test_documents_without_a_check_digit_are_known_by_their_shape(kind: str, typed: str, kept: str) -> None:
    assert check(kind, typed, today=TODAY) == Identity(DocumentKind(kind), kept)
    assert not tells_birth_and_sex(kind, typed)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("passport", "ABCDEFGH"),
        ("passport", "1234"),
        ("passport", "E1234567890"),
        ("passport", "E1234💣78"),
        ("hk_macao_permit", "H1234567"),
        ("hk_macao_permit", "C12345678"),
        ("taiwan_permit", "123456789"),
        ("birth_certificate", "A12345678"),
    ],
)
def test_other_shapes_are_refused(kind: str, number: str) -> None:
    assert reason(kind, number) == "wrong_shape"


@pytest.mark.parametrize(
    ("country", "right", "wrong"),
    [
        ("cn", "EA1234567", "EI1234567"),
        ("CN", "G12345678", "E1234567"),
        ("CN", "DE1234567", "A12345678"),
        ("US", "A12345678", "AB1234567"),
        ("KR", "M123A4567", "M12A34567"),
        ("CA", "A123456BC", "A12345678"),
        ("IS", "A1234567", "A-"),
    ],
)
def test_a_passport_fits_its_country_where_its_numbers_are_known(country: str, right: str, wrong: str) -> None:
    assert check("passport", right, today=TODAY, country=country).number == right
    assert reason("passport", wrong, country=country) == "wrong_shape"


def test_a_renewed_permit_belongs_to_the_same_holder() -> None:
    first, second = (check("hk_macao_permit", number, today=TODAY) for number in ("H0123456700", "h0123456701"))
    assert first != second
    assert first.holder == second.holder
    assert check("taiwan_permit", "0123456701", today=TODAY).holder == check("taiwan_permit", "01234567", today=TODAY).holder
    assert check("id_card", ID, today=TODAY).holder == ID


@given(st.sampled_from(DocumentKind), st.text(max_size=80), st.sampled_from(["", "CN", "US", "??", "\x00"]))
def test_whatever_is_typed_is_answered(kind: DocumentKind, text: str, country: str) -> None:
    with suppress(IdentityRefused):
        told = check(kind, text, today=TODAY, country=country)
        assert check(kind, told.number, today=TODAY, country=country) == told


def test_what_was_typed_is_neither_repeated_nor_printed() -> None:
    assert ID not in repr(check("id_card", ID, today=TODAY))
    for kind in DocumentKind:
        for number in (ID[:15] + "99X", ID[:17], "H123", "E1234567890"):
            with pytest.raises(IdentityRefused) as refused:
                check(kind, number, today=TODAY)
            words = f"{refused.value.message} {refused.value.way_out} {refused.value!r}"
            assert refused.value.way_out
            assert number not in words


@pytest.mark.usefixtures("in_english")
def test_an_empty_field_says_whose_and_which_number_is_wanted() -> None:
    with pytest.raises(IdentityRefused, match="passport of Traveller 2"):
        check("passport", "", today=TODAY, who="Traveller 2")


def test_a_refusal_speaks_the_language_of_the_page() -> None:
    with translation.override("zh-hans"), pytest.raises(IdentityRefused, match=r"^填写被保险人 2 的护照号码。$"):
        check("passport", "", today=TODAY, who="被保险人 2")


def test_an_unknown_kind_of_document_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="not a valid DocumentKind"):
        check("library_card", ID, today=TODAY)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2016, 7, 1), date(2026, 6, 30), 9),
        (date(2016, 7, 1), date(2026, 7, 1), 10),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2026, 7, 1), date(2026, 7, 1), 0),
        (date(2026, 7, 2), date(2026, 7, 1), -1),
    ],
)
def test_age_is_counted_in_whole_years_which_the_birthday_completes(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age


@given(BIRTHS, st.integers(min_value=0, max_value=120))
def test_a_year_of_age_begins_on_the_anniversary_and_not_the_day_before(born: date, years: int) -> None:
    birthday = anniversary(born, years)
    assert age_on(born, birthday) == years
    assert age_on(born, birthday - timedelta(days=1)) == years - 1


def test_a_number_is_read_back_in_groups() -> None:
    assert grouped("190000199003070006") == "190000 19900307 0006"
    assert grouped("E12345678") == "E12345678"


def test_every_kind_and_sex_has_a_name() -> None:
    assert all(str(word.label) for word in [*DocumentKind, *Sex])


@given(SEXES, SERIALS)
def test_invented_numbers_are_nobodys(sex: Sex, serial: int) -> None:
    assert invented.id_number(BORN, sex, serial)[:2] == "19", "no province has this code"
    assert invented.residence_permit(BORN, sex, serial % 500)[2:6] == "9999", "permits have 0000 here"
    assert invented.foreign_card(BORN, sex, serial % 500)[:6] == "919999", "no province is 19 and no country 999"
    assert invented.phone(serial).startswith("12")


def test_invented_numbers_of_different_serials_differ() -> None:
    assert len({invented.id_number(BORN, sex, serial) for sex in Sex for serial in range(1500)}) == 3000


def test_the_checks_need_neither_settings_nor_a_database() -> None:
    program = """
import sys
from datetime import date
from besttrav.kernel import cards, identity, names, organisations, pasting
identity.check("id_card", sys.argv[1], today=date(2026, 7, 1))
names.full("周晚舟")
assert pasting.read("周晚舟 " + sys.argv[1], today=date(2026, 7, 1)).is_clean
found = [name for name in sys.modules if name.startswith(("django.db", "psycopg", "procrastinate", "django.http"))]
assert not found, found
"""
    subprocess.run([sys.executable, "-c", program, ID], check=True)
