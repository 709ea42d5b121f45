"""An application through its pages: whose it is, which step comes next, what is kept of it."""

import pytest
from django.test import Client

from tests.portal.applicant import SLUGS, Applicant, stock
from tests.world import World


@pytest.fixture(autouse=True)
def _a_full_shelf(world: World) -> None:
    stock()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_product_can_be_applied_for_through_its_pages(client: Client, slug: str) -> None:
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).consenting()
    page = applicant.page("confirmation")
    assert page.status_code == 200
    assert "林知远" in page.content.decode()
