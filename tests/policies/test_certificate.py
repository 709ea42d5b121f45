"""The certificate says what a consul looks for, promises nothing that was not bought, and prints every name."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from besttrav.kernel.money import Money
from besttrav.kernel.pdf import page_texts, pictures_of, text_of
from besttrav.policies.papers.certificate import SCHENGEN_STATES, NotForSchengen, certificate, shortfalls
from besttrav.policies.papers.setting import CannotPrint
from besttrav.policies.papers.words import Both
from tests.kernel import pdfa
from tests.policies.samples import AT, certificate_facts, person

GOLDEN = Path(__file__).parent / "golden" / "certificate.txt"


def test_it_says_word_for_word_what_it_said_before() -> None:
    """After a wanted change: write the new text into the file, and look at the page."""
    assert text_of(certificate(certificate_facts(), at=AT)).splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_it_says_what_a_consul_looks_for() -> None:
    text = text_of(certificate(certificate_facts(), at=AT))
    for words in (
        "ZHOU, YUNING",
        "EA1234567",
        "3 February 1988",
        "1 December 2026",
        "18 December 2026",
        "18 days",
        "All Schengen member states",
        "CNY 300,000",
        "EUR 36,945",
        "Repatriation for medical reasons",
        "Deductible 免赔额 None EUR 0",
        "+86 400-000-0000",
        "PX20261122000123",
        "Hean Property & Casualty Insurance Co., Ltd",
        "Xingjian Insurance Brokers Ltd",
        "at least EUR 30,000 for each person",
    ):
        assert words in text, words
    assert all(state in text for state in SCHENGEN_STATES)


def test_a_traveller_of_a_small_family_gets_one_page() -> None:
    assert len(page_texts(certificate(certificate_facts(3), at=AT))) == 1


def test_where_nobody_is_insured_by_a_passport_there_is_no_column_of_dashes() -> None:
    facts = certificate_facts()
    text = text_of(certificate(replace(facts, travellers=tuple(replace(one, passport="—") for one in facts.travellers)), at=AT))
    assert "护照号" in text_of(certificate(facts, at=AT))
    assert "护照号" not in text
    assert "3 February 1988" in text


@pytest.mark.parametrize(("people", "pages"), [(1, 1), (10, 2), (200, 7)])
def test_however_many_are_insured_each_stands_on_it_once_under_a_head(people: int, pages: int) -> None:
    texts = page_texts(certificate(certificate_facts(people), at=AT))
    assert len(texts) <= pages
    whole = "\n".join(texts)
    for place in range(people):
        assert whole.count(person(place)[2]) == 1
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
        if any(person(place)[2] in text for place in range(people)):
            assert "name as in the passport" in text, "the head of the table comes again on every page"


def test_the_pages_of_many_are_full_and_the_last_is_not_alone_with_a_line() -> None:
    pictures = pictures_of(certificate(certificate_facts(200), at=AT), dpi=40)
    assert all(len(picture) > 3_000 for picture in pictures)


def test_it_is_pdf_a_with_rare_names_in_it() -> None:
    paper = certificate(certificate_facts(5), at=AT)
    assert pdfa.faults(paper) == []
    assert all(person(place)[0] in text_of(paper) for place in range(5))


def test_the_same_facts_are_the_same_file() -> None:
    assert certificate(certificate_facts(), at=AT) == certificate(certificate_facts(), at=AT)


FALLING_SHORT = {
    "medical": certificate_facts(travellers=(replace(certificate_facts().travellers[0], medical=Money(24_359_900)),)),
    "repatriation": certificate_facts(repatriation=Money(10_000_000)),
    "deductible": certificate_facts(deductible=Money(50_000)),
}


@pytest.mark.parametrize("what", FALLING_SHORT)
def test_a_plan_that_falls_short_of_the_visa_code_is_not_certified(what: str) -> None:
    assert shortfalls(FALLING_SHORT[what]) == (what,)
    with pytest.raises(NotForSchengen):
        certificate(FALLING_SHORT[what], at=AT)


def test_thirty_thousand_euros_to_the_fen_are_enough() -> None:
    exact = certificate_facts(travellers=(replace(certificate_facts().travellers[0], medical=Money(812 * 30_000)),))
    assert shortfalls(exact) == ()
    assert "EUR 30,000)" in text_of(certificate(exact, at=AT))


def test_the_least_insured_of_them_counts() -> None:
    old = replace(certificate_facts().travellers[1], medical=Money(15_000_000))
    assert shortfalls(certificate_facts(travellers=(certificate_facts().travellers[0], old))) == ("medical",)


def test_where_sums_differ_each_persons_own_is_told() -> None:
    young, old = certificate_facts().travellers
    text = text_of(certificate(certificate_facts(travellers=(replace(young, medical=Money(60_000_000)), old)), at=AT))
    assert "CNY 300,000 to 600,000" in text
    assert "EUR 36,945" in text, "what is told in euros is the lowest"
    assert "medical 医疗" in text


def test_a_plan_for_elsewhere_says_nothing_about_the_visa_code() -> None:
    facts = certificate_facts(
        covers_all_schengen_states=False, territory=Both(en="Japan", zh="日本"), deductible=Money(50_050), repatriation=None
    )
    text = text_of(certificate(facts, at=AT))
    assert "Japan" in text
    assert "CNY 500.50 EUR 62" in text
    assert "within the medical sum" in text
    assert "Schengen" not in text.replace("Schengen Travel Insurance", "")


def test_a_name_that_cannot_be_printed_is_refused_by_its_field() -> None:
    traveller = replace(certificate_facts().travellers[0], name="王𪚥")
    with pytest.raises(CannotPrint) as refused:
        certificate(certificate_facts(travellers=(traveller,)), at=AT)
    assert refused.value.fields == ("travellers[0].name",)
    assert "𪚥" not in str(refused.value)


def test_a_hostile_name_is_only_a_name() -> None:
    hostile = '#panic("x") *b* \\ "q"'
    traveller = replace(certificate_facts().travellers[0], name_latin=hostile, birth_date=date(1990, 1, 1))
    assert hostile in text_of(certificate(certificate_facts(travellers=(traveller,)), at=AT)).replace("\n", " ")
