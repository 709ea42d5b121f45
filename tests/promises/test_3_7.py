"""3.7: nothing is done with personal data but on one of the seven bases of the law."""

import re

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override

from besttrav.privacy.artefacts import published_purposes
from besttrav.privacy.policy import CLAUSES
from besttrav.privacy.purposes import Basis, purposes


def test_each_purpose_rests_on_exactly_one_of_the_seven_bases() -> None:
    assert len(Basis) == 7
    assert {type(purpose.basis) for purpose in purposes().values()} == {Basis}


def test_each_purpose_serves_a_clause_of_the_policy() -> None:
    assert {purpose.code: purpose.clause for purpose in purposes().values() if purpose.clause not in CLAUSES} == {}


def test_the_ground_of_news_reporting_is_not_used() -> None:
    assert [purpose.code for purpose in purposes().values() if purpose.basis is Basis.PUBLIC_INTEREST_REPORTING] == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_shows_each_purpose_with_its_one_basis(client: Client, language: str) -> None:
    client.cookies["language"] = language
    page = client.get("/privacy/").content.decode()
    section = page.partition('id="clause-3.7"')[2].partition('id="clause-3.8"')[0]
    shown = [re.findall(r"<td>(.*?)</td>", row)[:2] for row in section.split("<tr>")[2:]]

    with override(language):
        assert shown == [[escape(str(purpose.label)), escape(str(purpose.basis.label))] for purpose in published_purposes()]
