"""No purpose without its place in the policy: a clause that is there, and a line in the list that clause 3.7 shows."""

import sys

import pytest
from django.utils.translation import override

from besttrav.privacy import artefacts, policy
from besttrav.privacy.policy import CLAUSES, LANGUAGES
from besttrav.privacy.purposes import Purpose
from besttrav.privacy.purposes import purposes as registry


def declared_purposes() -> list[Purpose]:
    """Those that a module of the product declares; tests have a few of their own."""
    product = [module for name, module in list(sys.modules.items()) if name.startswith("besttrav.")]
    found = {thing for module in product for thing in list(vars(module).values()) if isinstance(thing, Purpose)}
    return [purpose for purpose in registry().values() if purpose in found]


PURPOSES = declared_purposes()
NEWEST = policy.versions()[-1]


def row_of(purpose: Purpose) -> str:
    return f"| {purpose.label} | {purpose.basis.label} | [{purpose.clause}](#clause-{purpose.clause}) |"


@pytest.mark.parametrize("purpose", PURPOSES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_purpose_stands_in_the_policy_with_its_basis_and_its_clause(purpose: Purpose, language: str) -> None:
    assert purpose.clause in CLAUSES
    assert NEWEST.text(language).clause(purpose.clause).markdown.strip()
    with override(language):
        assert row_of(purpose) in artefacts.lists(language)["purposes"].splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_purposes_belongs_to_clause_3_7_and_holds_nothing_else(language: str) -> None:
    assert "[[list:purposes]]" in NEWEST.text(language).clause("3.7").markdown
    assert len(artefacts.lists(language)["purposes"].splitlines()) == 2 + len(PURPOSES)


def test_a_purpose_that_nothing_is_opened_for_is_not_declared() -> None:
    assert set(artefacts.published_purposes()) == set(PURPOSES)
