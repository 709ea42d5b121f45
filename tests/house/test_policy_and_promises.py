"""The policy's own text is lawful in form and the same in both languages, and no promise is passed over in silence."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from besttrav.kernel import clock
from besttrav.privacy import policy
from besttrav.privacy.policy import CLAUSES, LANGUAGES, LISTS, Text
from besttrav.privacy.promises import Part, promises
from dev.promises import PAGE, ROOT, named_tests, page

TEXTS = {(version.number, language): version.text(language) for version in policy.versions() for language in LANGUAGES}
NEWEST = {language: policy.versions()[-1].text(language) for language in LANGUAGES}

SENSITIVE = {
    "zh-hans": ("证件号码", "银行卡", "健康信息", "病历", "人脸图像", "登录凭证", "敏感个人信息", "单独同意", "未满十四周岁儿童的个人信息"),
    "en": (
        *("identity document number", "bank card", "health information", "medical record", "face image", "sign-in secret"),
        *("sensitive personal information", "personal information of a child under 14"),
    ),
}
# Ways of taking silence or use for agreement; the law wants it explicit.
IMPLIED = {
    "zh-hans": r"继续使用.{0,6}(即|视为|表示|代表).{0,4}同意|视为.{0,4}同意|默认.{0,2}同意|即表示.{0,4}同意|即同意",
    "en": r"(?i)by (continuing|using|visiting)[^.]{0,60}(agree|accept)|(deemed to (have )?|constitutes? (your )?)(agree|consent|accept)",
}
REFERENCE = {"zh-hans": r"第 ?([\d.]+[ab]?) ?条", "en": r"clauses? ([\d.]*\d[ab]?)"}


@pytest.mark.parametrize(("number", "language"), TEXTS)
def test_every_version_has_each_clause_once_and_in_order(number: str, language: str) -> None:
    numbers = [section.number for section in TEXTS[number, language].sections if section.is_clause]
    assert numbers == list(CLAUSES)


@pytest.mark.parametrize(("number", "language"), TEXTS)
def test_no_version_takes_silence_for_consent(number: str, language: str) -> None:
    assert re.findall(IMPLIED[language], TEXTS[number, language].markdown) == []


@pytest.mark.parametrize(("number", "language"), TEXTS)
def test_every_reference_leads_to_a_section(number: str, language: str) -> None:
    text = TEXTS[number, language]
    numbers = {section.number for section in text.sections}
    lawless = re.sub(r"《[^》]*》第[^条]*条|article [\d.]+", "", text.markdown)
    assert set(re.findall(REFERENCE[language], lawless)) - numbers == set()


@pytest.mark.parametrize("language", NEWEST)
def test_sensitive_kinds_stand_in_bold_wherever_they_are_named(language: str) -> None:
    plain = re.sub(r"\*\*.+?\*\*", "", NEWEST[language].markdown).lower()
    assert [kind for kind in SENSITIVE[language] if kind in plain] == []
    assert [kind for kind in SENSITIVE[language] if kind not in NEWEST[language].markdown.lower()] == []


def test_the_languages_are_in_step() -> None:
    chinese, english = (_shape(text) for text in NEWEST.values())
    assert chinese == english


def _shape(text: Text) -> list[tuple[object, ...]]:
    reference = REFERENCE[text.language]
    return [
        (
            section.number,
            section.level,
            len(section.markdown.strip().split("\n\n")),
            re.findall(r"(?m)^- ", section.markdown).__len__(),
            sorted(re.findall(r"\{\{ [a-z_.]+ \}\}|\[\[list:\w+\]\]", section.markdown)),
            sorted(re.findall(reference, re.sub(r"《[^》]*》第[^条]*条|article [\d.]+", "", section.markdown))),
        )
        for section in text.sections
    ]


def test_the_policy_holds_what_the_law_wants_in_it() -> None:
    for text in NEWEST.values():
        assert {name for name in LISTS if f"[[list:{name}]]" in text.markdown} == set(LISTS)
        contact = text.clause("11").markdown
        assert all(
            f"operator.{name}" in contact for name in ("name", "address", "licence", "privacy_department", "privacy_mailbox", "hotline")
        )


def test_versions_follow_each_other_and_take_effect_after_they_are_published() -> None:
    versions = policy.versions()
    assert all(version.published <= version.effective and version.approval for version in versions)
    assert [version.effective for version in versions] == sorted({version.effective for version in versions})


def test_a_part_needs_a_proof_or_says_what_is_missing() -> None:
    for tests, missing in (((), ""), (("tests/a.py::test_b",), "everything")):
        with pytest.raises(ImproperlyConfigured):
            Part(en="a part", zh="一部分", tests=tests, missing=missing)


def test_every_clause_has_parts_in_both_languages() -> None:
    assert tuple(promises()) == CLAUSES
    assert [part for promise in promises().values() for part in promise.parts if not (part.en and re.search(r"[一-鿿]", part.zh))] == []


def test_every_test_named_as_proof_exists() -> None:
    for name in named_tests():
        file, _, function = name.partition("::")
        assert (ROOT / file).is_file(), name
        assert not function or f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_the_page_of_promises_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make promises`"


def test_the_current_version_is_the_one_in_effect() -> None:
    first = policy.versions()[0]
    assert policy.current(first.effective) is first
    assert policy.current(clock.today()) in policy.versions()
