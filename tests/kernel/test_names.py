"""Names as documents write them: one spelling is kept, nothing is guessed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel.names import LONGEST, NameRefused, chinese, full, latin, passport


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("周晚舟", "周晚舟"),
        (" 周晚舟\u3000", "周晚舟"),
        ("周\u200b晚\ufeff舟", "周晚舟"),
        ("欧阳见山", "欧阳见山"),
        ("古丽·买买提", "古丽·买买提"),
        ("古丽•买买提", "古丽·买买提"),
        ("古丽・买买提", "古丽·买买提"),
        ("古丽･买买提", "古丽·买买提"),
        ("古丽．买买提", "古丽·买买提"),
        ("古丽.买买提", "古丽·买买提"),
        ("古丽‧买买提", "古丽·买买提"),
        ("古丽˙买买提", "古丽·买买提"),
        ("古丽 · 买买提", "古丽·买买提"),
        ("古丽··买买提", "古丽·买买提"),
        ("周𪚥", "周𪚥"),
        ("𠮷田", "𠮷田"),
        ("周䶮", "周䶮"),
        ("周𰻝", "周𰻝"),
        ("周\U0003134a", "周\U0003134a"),
        ("周〇", "周〇"),
        ("辻\U000e0100晚", "辻晚"),
        ("陳大文", "陳大文"),
        ("周" * LONGEST, "周" * LONGEST),
    ],
)
def test_chinese_names_are_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert chinese(typed) == full(typed) == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the name"),
        ("\u200b \u3000", "Enter the name"),
        ("周", "between 2 and 25"),
        ("周" * (LONGEST + 1), "between 2 and 25"),
        ("周" * 300, "too long"),
        ("周 晚舟", "blank inside"),
        ("周晚舟1", "digit in the name"),
        ("周晚舟２", "digit in the name"),
        ("周wanzhou", "mixes"),
        ("·周晚舟", "stands between"),
        ("周晚舟。", "stands between"),
        ("周晚舟💣", "no document has"),
        ("周晚舟<", "no document has"),
        ("周晚舟'--", "no document has"),
        ("周\ue863", "on this device only"),
        ("周晚\ud840", "no document has"),
        ("Волков", "no document has"),
    ],
)
@pytest.mark.usefixtures("in_english")
def test_what_is_no_chinese_name_is_refused_in_plain_words(typed: str, words: str) -> None:
    with pytest.raises(NameRefused, match=words) as refused:
        chinese(typed)
    assert refused.value.way_out


@pytest.mark.parametrize(
    ("surname", "given_names", "kept"),
    [
        ("zhou", "wanzhou", "ZHOU WANZHOU"),
        ("ＺＨＯＵ", "Wan  Zhou ", "ZHOU WAN ZHOU"),
        ("O'Connor", "Anne-Marie", "OCONNOR ANNE MARIE"),
        ("O’Connor", "J.", "OCONNOR J"),
        ("D´Artagnan", "René", "DARTAGNAN RENE"),
        ("Sørensen", "Þór", "SOERENSEN THOR"),
        ("Groß", "Łucja", "GROSS LUCJA"),
        ("Nguyễn", "Thị Đào", "NGUYEN THI DAO"),
        ("IVANOV<<", "IVAN<PETR<<<<", "IVANOV IVAN PETR"),
        ("LYU", "LVYE", "LYU LVYE"),
        ("O", "JIWON", "O JIWON"),
    ],
)
def test_passport_names_are_written_as_the_machine_readable_lines_have_them(surname: str, given_names: str, kept: str) -> None:
    assert str(passport(surname, given_names)) == kept


@pytest.mark.parametrize("typed", ["LÜ", "lü", "Lǚ", "Müller", "Mu\u0308ller", "Muñoz", "Åberg"])
@pytest.mark.usefixtures("in_english")
def test_letters_that_countries_write_differently_are_to_be_copied(typed: str) -> None:
    with pytest.raises(NameRefused, match="different ways") as refused:
        passport(typed, "ANNA")
    assert refused.value.field == "surname"
    assert "bottom of the passport" in str(refused.value.way_out)


@pytest.mark.parametrize(
    ("surname", "given_names", "field"),
    [
        ("", "WANZHOU", "surname"),
        ("ZHOU", "", "given_names"),
        ("ZH0U", "WANZHOU", "surname"),
        ("周", "WANZHOU", "surname"),
        ("ZHOU", "WAN,ZHOU", "given_names"),
        ("ZHOU", "<script>1", "given_names"),
        ("ZHOU", "WAN💣", "given_names"),
        ("Волков", "IVAN", "surname"),
        ("A" * 20, "B" * 20, "given_names"),
        ("A" * 40, "B", "surname"),
        ("A" * 500, "B", "surname"),
    ],
)
def test_a_refusal_names_the_field(surname: str, given_names: str, field: str) -> None:
    with pytest.raises(NameRefused) as refused:
        passport(surname, given_names)
    assert refused.value.field == field


@pytest.mark.usefixtures("in_english")
def test_a_passport_may_have_one_name_only_when_its_holder_says_so() -> None:
    assert str(passport("SUKARTI", "", one_name=True)) == "SUKARTI"
    with pytest.raises(NameRefused, match="here are two"):
        passport("SUKARTI", "ANI", one_name=True)


def test_a_whole_name_in_latin_letters_keeps_its_order() -> None:
    assert full("john smith") == latin("John  Smith") == "JOHN SMITH"
    for typed in ("", "J", "John3", "John 周"):
        with pytest.raises(NameRefused):
            latin(typed)


def test_a_passport_name_does_not_show_when_printed() -> None:
    assert "ZHOU" not in repr(passport("ZHOU", "WANZHOU"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_is_kept_in_one_spelling_or_refused(one: str, other: str) -> None:
    with suppress(NameRefused):
        kept = full(one)
        assert full(kept) == kept
    with suppress(NameRefused):
        name = passport(one, other)
        assert passport(name.surname, name.given_names) == name


@given(st.text(alphabet=st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF), min_size=2, max_size=5))
def test_rare_characters_beyond_the_first_plane_are_names(name: str) -> None:
    assert chinese(name) == name
