"""The policy is read by version and clause, tied to its exact text, and shown as it is."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from besttrav.privacy import policy
from besttrav.privacy.policy import LISTS, NoSuchVersion, Text

OPERATOR = {
    "name": "Xingjian <b>Brokers</b> *Ltd*",
    "address": "1 Example Road",
    "licence": "2600",
    "privacy_department": "Privacy",
    "privacy_mailbox": "privacy@besttrav.example",
    "hotline": "400-000-0000",
}
TABLE = "| item | kept |\n|---|---|\n| mobile number | 15 days |"


@pytest.fixture
def text() -> Text:
    return policy.versions()[-1].text("en")


def shown(text: Text) -> Text:
    return text.filled(operator=OPERATOR, lists=dict.fromkeys(LISTS, TABLE))


def test_a_clause_is_found_by_its_id(text: Text) -> None:
    assert text.clause("2.2.2a").title == "Registration and sign-in"
    assert text.clause("2.2.2a").anchor == "clause-2.2.2a"
    assert [section.anchor for section in text.sections if section.number == "7"] == ["part-7"]


def test_the_operator_and_the_lists_stand_in_their_places(text: Text) -> None:
    filled = shown(text)
    assert "[[list:" not in filled.markdown
    assert "{{" not in filled.markdown
    assert "<table>" in filled.clause("5.1").html
    assert "Version 2026" in filled.sections[0].html


def test_what_an_operator_is_called_is_shown_and_not_obeyed(text: Text) -> None:
    assert "Xingjian &lt;b&gt;Brokers&lt;/b&gt; *Ltd*" in shown(text).clause("11").html


def test_emphasis_leaves_no_stars_behind() -> None:
    for language in policy.LANGUAGES:
        for section in policy.versions()[-1].text(language).sections:
            assert "**" not in section.html, (language, section.number)


def test_an_incomplete_policy_is_not_shown(text: Text) -> None:
    with pytest.raises(KeyError):
        text.filled(operator=OPERATOR, lists={})


def test_the_hash_is_of_exactly_what_was_shown(text: Text) -> None:
    other = text.filled(operator=OPERATOR | {"hotline": "400-000-0001"}, lists=dict.fromkeys(LISTS, TABLE))
    assert shown(text).sha256 == shown(text).sha256 != other.sha256


def test_a_published_text_that_was_edited_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.POLICY = copytree(settings.POLICY, tmp_path / "policy")
    version = policy.versions()[-1]
    path = version.path("en")
    path.write_text(path.read_text(encoding="utf-8").replace("never", "always", 1), encoding="utf-8")
    with pytest.raises(ImproperlyConfigured):
        version.text("en")


def test_the_version_of_a_day_is_the_latest_in_effect() -> None:
    first = policy.versions()[0]
    assert policy.current(first.effective) is first
    assert policy.current(first.effective - timedelta(days=400)) is first
    assert policy.current(date(2999, 1, 1)) is policy.versions()[-1]


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(NoSuchVersion):
        policy.version("1999-01")
