"""Words in two languages, amounts and days as people say them, and countries as people look for them."""

from datetime import date

import pytest
from django.template import Context, Template
from django.utils import translation

from besttrav.catalogue.countries import COUNTRIES, SCHENGEN, found
from besttrav.catalogue.offer import Asked, AskedOfTrip, DocumentType, Effect, Group, Line, PaperKind, Relation, Scene
from besttrav.catalogue.text import Text, day_in_words, in_words, joined
from besttrav.kernel.money import Money

BOTH = Text("山 & 海", "hill & sea")


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "山 &amp; 海"), ("en", "hill &amp; sea"), ("en-gb", "hill &amp; sea")])
def test_a_text_follows_the_language_of_the_page_and_is_escaped(language: str, said: str) -> None:
    with translation.override(language):
        assert Template("{{ text }}").render(Context({"text": BOTH})) == said


def test_where_nobody_said_a_language_it_is_chinese() -> None:
    with translation.override(None):
        assert str(BOTH) == BOTH.zh


def test_a_text_within_a_text_keeps_its_own_language() -> None:
    assert Text("去%(where)s", "to %(where)s") % {"where": Text("日本", "Japan")} == Text("去日本", "to Japan")


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (30_000_000, "30 万元", "CNY 300,000"),
        (800_000, "8,000 元", "CNY 8,000"),
        (150, "1.50 元", "CNY 1.50"),
        (0, "0 元", "CNY 0"),
        (1_000_000, "1 万元", "CNY 10,000"),
        (1_550_000, "15,500 元", "CNY 15,500"),
    ],
)
def test_amounts_are_said_as_people_say_them(fen: int, zh: str, en: str) -> None:
    assert in_words(Money(fen)) == Text(zh, en)


def test_days_and_lists_are_said_as_people_say_them() -> None:
    assert day_in_words(date(2026, 12, 1)) == Text("2026 年 12 月 1 日", "1 December 2026")
    assert joined([Text("甲", "a"), Text("乙", "b")]) == Text("甲、乙", "a, b")


@pytest.mark.parametrize("kind", [Line, Scene, Group, DocumentType, Relation, Asked, AskedOfTrip, Effect, PaperKind])
def test_every_code_has_words_in_both_languages(kind: type[Scene]) -> None:
    for code in kind:
        assert code.label.zh
        assert code.label.en


def test_countries_have_both_names_and_schengen_states_are_among_them() -> None:
    assert len(COUNTRIES) == 249
    assert all(country.name.zh and country.name.en for country in COUNTRIES.values())
    assert len(SCHENGEN) == 29
    assert COUNTRIES.keys() >= SCHENGEN


@pytest.mark.parametrize(
    ("words", "first"), [("日", "JP"), ("jap", "JP"), ("台湾", "TW"), ("JP", "JP"), (" 泰国 ", "TH"), ("guinea", "GN")]
)
def test_a_country_is_found_by_the_beginning_of_either_name(words: str, first: str) -> None:
    assert found(words)[0].code == first


def test_nothing_is_found_for_nothing() -> None:
    assert found("  ") == []
    assert found("atlantis") == []
