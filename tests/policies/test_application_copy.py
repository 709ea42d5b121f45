"""The copy of an application holds everything that was declared, confirmed and signed."""

from pathlib import Path

import pytest

from besttrav.kernel.money import Money
from besttrav.kernel.pdf import page_texts, text_of
from besttrav.policies.papers.application_copy import Answer, Language, PremiumLine, Signature, application_copy
from besttrav.policies.papers.setting import CannotPrint
from tests.kernel import pdfa
from tests.policies.samples import AT, application_facts, drawing, person

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_word_for_word_what_it_said_before(language: Language) -> None:
    """After a wanted change: write the new text into the file, and look at the page."""
    golden = (GOLDEN / f"application_copy.{language}.txt").read_text(encoding="utf-8")
    assert text_of(application_copy(application_facts(), at=AT, language=language)).splitlines() == golden.splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_of_the_application_stands_on_it(language: Language) -> None:
    text = text_of(application_copy(application_facts(), at=AT, language=language))
    for words in (
        "AP26482177350193",
        "OR26112200478155",
        "法国、意大利",
        "12300000001",
        "EA1234568",
        "林素云",
        "300,000 元",
        "450.00",
        "-9.00",
        "441.00",
        "过去两年内是否住院治疗？",
        "旅行保险条款",
        "2024 版",
        "9f86d081884c7d65",
        "处理身份证件信息",
        "2026-11-22 10:37:05",
        "100 %",
        "—",
    ):
        assert words in text, words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_pdf_a_with_a_drawn_signature_in_it(language: Language) -> None:
    assert pdfa.faults(application_copy(application_facts(5), at=AT, language=language)) == []


@pytest.mark.parametrize("people", [1, 10, 200])
def test_however_many_are_insured_each_stands_on_it_under_a_head(people: int) -> None:
    texts = page_texts(application_copy(application_facts(people), at=AT, language="zh"))
    whole = "\n".join(texts)
    assert all(whole.count(person(place)[2]) == 1 for place in range(people))
    for number, text in enumerate(texts, start=1):
        assert f"第 {number} 页，共 {len(texts)} 页" in text
        if person(people - 1)[2] in text:
            assert "与投保人关系" in text, "the head of the table comes again on every page"


def test_the_same_facts_are_the_same_file_and_languages_differ() -> None:
    first = application_copy(application_facts(), at=AT, language="zh")
    assert application_copy(application_facts(), at=AT, language="zh") == first
    assert application_copy(application_facts(), at=AT, language="en") != first


def test_a_typed_signature_stands_for_a_drawn_one() -> None:
    typed = Signature(signer="周予宁", signed_at=AT, typed="Zhou Yuning")
    assert "Zhou Yuning" in text_of(application_copy(application_facts(signature=typed), at=AT, language="en"))


def test_legal_heirs_are_named_where_nobody_else_is() -> None:
    facts = application_facts(beneficiaries=(), statutory_beneficiaries=True, answers=(), signature=None)
    assert "各被保险人的法定继承人" in text_of(application_copy(facts, at=AT, language="zh"))


@pytest.mark.parametrize(
    "drawn",
    [b"GIF89a", drawing()[:20], drawing(3_001, 2), b"\x89PNG\r\n\x1a\n" + bytes(200_000)],
    ids=["no PNG", "cut", "too wide", "too large"],
)
def test_what_is_no_modest_picture_is_no_signature(drawn: bytes) -> None:
    with pytest.raises(ValueError, match="modest"):
        Signature(signer="a", signed_at=AT, drawn=drawn)


def test_a_signature_is_drawn_or_typed_and_not_both() -> None:
    for drawn, typed in ((b"", ""), (drawing(), "a")):
        with pytest.raises(ValueError, match="one of the two"):
            Signature(signer="a", signed_at=AT, drawn=drawn, typed=typed)


def test_lines_that_do_not_add_up_to_the_premium_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="add up"):
        application_facts(premium_lines=(PremiumLine(name="a", amount=Money(1)),))


def test_an_answer_that_cannot_be_printed_is_refused_by_its_field() -> None:
    with pytest.raises(CannotPrint) as refused:
        application_copy(application_facts(answers=(Answer(about="a", question="b", answer="yes 😀"),)), at=AT, language="zh")
    assert refused.value.fields == ("answers[0].answer",)


def test_a_signature_of_strokes_is_a_picture_and_nothing_else() -> None:
    strokes = Signature(signer="周予宁", signed_at=AT, strokes="M10 60 L40 20 L70 60M90 20 L90 60")
    made = application_copy(application_facts(signature=strokes), at=AT, language="en")
    assert pdfa.faults(made) == []
    assert "M10 60" not in text_of(made)
    for wrong in ('M10 60"/><script/>', "L10 60", "M10 60 C1 2 3 4 5 6", "M10 60 " * 60_000):
        with pytest.raises(ValueError, match="strokes"):
            Signature(signer="周予宁", signed_at=AT, strokes=wrong)
    with pytest.raises(ValueError, match="one of the two"):
        Signature(signer="周予宁", signed_at=AT, strokes="M10 60 L40 20", typed="周予宁")
