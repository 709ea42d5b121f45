"""An application through its pages: whose it is, which step comes next, what it costs, what is asked and what is refused."""

import gzip
import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from besttrav.catalogue.offer import Asked, Offer, PaperKind
from besttrav.kernel.identity import Sex
from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.people.visitors import digest
from besttrav.policies.models import Party
from besttrav.portal.forms.applying_person import FIELDS
from besttrav.privacy.models import ConsentEvent
from besttrav.sales import evidence
from besttrav.sales.limits import DRAFT
from besttrav.sales.models import Answer, Application, ApplicationState
from besttrav.sales.operations import applying
from tests import invented
from tests.catalogue.shelf import SLUGS, stock
from tests.portal.applicant import FRAGMENT, Applicant, fields, offer_of, told
from tests.portal.conftest import browser_of as browser_of
from tests.world import World

STEPS = ("entry", "trip", "people", "papers", "consents", "confirmation")


@pytest.fixture(autouse=True)
def _a_full_shelf(world: World) -> None:
    stock()


@pytest.fixture
def applicant(client: Client) -> Applicant:
    return Applicant(client)


# --- Beginning and coming back ---


@pytest.mark.parametrize("slug", SLUGS)
def test_every_product_can_be_applied_for_through_its_pages(client: Client, slug: str) -> None:
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).consenting()

    page = applicant.page("confirmation")
    assert page.status_code == 200
    assert "林知远" in told(page)
    for position, party in enumerate(Party.objects.filter(contract=applicant.application.contract, is_insured=True), 1):
        assert party.age is not None, position


@pytest.mark.parametrize("slug", SLUGS)
def test_the_button_of_every_product_page_begins_one(client: Client, slug: str) -> None:
    applicant = Applicant(client, slug)
    days = {"start": applicant.first_day.isoformat(), "end": (applicant.first_day + timedelta(days=7)).isoformat()}
    place = {"to": "FR" if slug == "schengen" else "JP"} if len(applicant.offer.areas) > 1 or slug == "schengen" else {}
    button = fields(client.get(f"/products/{slug}/", {**days, **place, "adults": "3"}), "insure")
    response = client.post("/applications/", button.values)

    assert response.status_code == 303
    assert response["Location"].endswith("/entry/")
    assert Application.objects.get().groups == {"adults": 3}


def test_an_application_belongs_to_a_random_token_of_which_the_digest_is_kept(client: Client, applicant: Applicant) -> None:
    response = applicant.begin()

    cookie = response.cookies[APPLICATION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 7 * 24 * 3600
    assert applicant.application.browser_sha256 == digest(cookie.value)
    assert cookie.value not in str(applicant.application.__dict__)
    assert response["Location"] == f"{applicant.address}entry/"


def test_what_was_priced_is_what_the_application_begins_with(client: Client) -> None:
    offer = offer_of("schengen")
    applicant = Applicant(client, "schengen")
    applicant.begin(to="FR", plan=offer.plans[1].code, options=offer.options[0].code, children="1")

    application = applicant.application
    assert application.version_id == offer.version.id
    assert (application.plan, application.destinations, application.options) == (offer.plans[1].code, ["FR"], [offer.options[0].code])
    assert application.groups == {"children": 1, "adults": 2}
    assert application.first_day == applicant.first_day


def test_whoever_begins_too_many_is_told_what_to_do_and_chooses_nothing_twice(
    client: Client, applicant: Applicant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "DRAFT", replace(DRAFT, begun_a_day=1))
    applicant.begin(to="JP", children="1")
    refused = client.post("/applications/", {"product": "outbound", "to": "FR", "start": applicant.first_day.isoformat(), "children": "2"})

    assert refused.status_code == 429
    assert Application.objects.count() == 1
    page = told(refused)
    assert "请继续下面已开始的投保" in page
    assert f"/applications/{applicant.application.id}/" in page
    (back,) = re.findall(r'href="(/products/outbound/[^"]+)"', page)
    assert {"to=FR", "children=2", f"start={applicant.first_day.isoformat()}"} <= set(unescape(back).partition("?")[2].split("&"))
    assert client.get(unescape(back)).status_code == 200


def test_a_product_that_is_not_sold_leads_to_the_shelf(client: Client) -> None:
    response = client.post("/applications/", {"product": "nothing-like-it"})

    assert (response.status_code, response["Location"]) == (303, "/products/")
    assert not Application.objects.exists()


def test_nobody_else_finds_an_application(world: World, browser_of: Any, applicant: Applicant) -> None:
    applicant.with_people()
    addresses = ["", *(f"{step}/" for step in (*STEPS, "papers/clauses", "phone", "outcome", "premium", "leaving"))]
    for stranger in (Client(), browser_of(world.stranger)):
        for part in addresses:
            for ask in (stranger.get, stranger.post):
                response = ask(f"{applicant.address}{part}")
                # The address a code is asked at leads any reader to its page; what cannot be posted is refused to everybody.
                is_open = (part == "phone/" and ask == stranger.get) or (part in {"", "papers/"} and ask == stranger.post)
                assert response.status_code == 404 or (is_open and response.status_code in {302, 405}), (part, response.status_code)
    assert "林知远" not in told(Client().get("/applications/"))
    assert Applicant(applicant.client).client.get(f"/applications/{uuid4()}/").status_code == 404


def test_an_application_of_an_account_is_not_shown_to_its_browser_signed_out(world: World, browser_of: Any) -> None:
    browser = browser_of(world.buyer)
    applicant = Applicant(browser).entered()
    assert applicant.application.account == world.buyer.account

    signed_out = Client()
    signed_out.cookies[APPLICATION_COOKIE] = browser.cookies[APPLICATION_COOKIE].value
    assert signed_out.get(f"{applicant.address}trip/").status_code == 404
    assert browser_of(world.buyer).get(f"{applicant.address}trip/").status_code == 200


def test_whoever_comes_back_goes_on_where_they_left(client: Client, applicant: Applicant) -> None:
    applicant.begin()
    for step in ("entry", "trip"):
        assert client.get(applicant.address)["Location"] == f"{applicant.address}{step}/"
        for later in STEPS[STEPS.index(step) + 1 :]:
            assert applicant.page(later)["Location"] == f"{applicant.address}{step}/", later
            posted = client.post(f"{applicant.address}{later}/", {})
            assert posted.status_code == 405 if later == "papers" else posted["Location"] == f"{applicant.address}{step}/"
        assert applicant.send(step, applicant.trip() if step == "trip" else {}).status_code == 303
    assert client.get(applicant.address)["Location"] == f"{applicant.address}people/"
    assert applicant.page("health")["Location"] == f"{applicant.address}people/"  # This product asks nothing about health.


def test_what_was_saved_stands_in_its_fields_again(applicant: Applicant) -> None:
    applicant.with_people()

    people, trip = applicant.form("people"), applicant.form("trip")
    assert people["h-name"] == ["林知远"]
    assert people["h-phone"] == ["12900001001"]
    assert people["p1-surname"] == ["LIN"]
    assert people["p2-relation"] == ["spouse"]
    assert people["row"] == ["1", "2"]
    assert trip["destinations"] == ["日本"]
    assert trip["start"] == [applicant.first_day.isoformat()]


def test_drafts_are_listed_and_one_can_be_deleted(client: Client, applicant: Applicant) -> None:
    applicant.with_people()
    contract = applicant.application.contract
    listed = told(client.get("/applications/"))
    assert f'href="{applicant.address}"' in listed
    assert f'href="{applicant.address}leaving/"' in listed

    page = told(client.get(f"{applicant.address}leaving/"))
    for kept in ("销售过程记录", "会立即删除的"):
        assert kept in page
    assert client.post(f"{applicant.address}leaving/").status_code == 303
    assert not Party.objects.filter(contract=contract).exists()
    assert applicant.application.state == ApplicationState.WITHDRAWN
    assert "已经删除的" in told(client.get(f"{applicant.address}leaving/"))
    assert applicant.address not in told(client.get("/applications/"))
    for step in STEPS:
        assert applicant.page(step)["Location"] == f"{applicant.address}leaving/", step
    assert "开始而没有完成" in told(Client().get("/applications/"))


def test_pages_with_somebodys_data_are_never_stored(applicant: Applicant) -> None:
    applicant.with_people()
    for step in ("people", "papers"):
        assert "no-store" in applicant.page(step)["Cache-Control"]


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("put", "trip/"),
        ("delete", "people/"),
        ("post", "papers/"),
        ("put", "papers/clauses/"),
        ("put", "confirmation/"),
        ("put", "leaving/"),
        ("post", ""),
    ],
)
def test_other_methods_are_refused(client: Client, applicant: Applicant, method: str, part: str) -> None:
    applicant.entered()
    assert getattr(client, method)(f"{applicant.address}{part}").status_code == 405


def test_the_address_of_the_code_leads_a_reader_to_the_page(client: Client, applicant: Applicant) -> None:
    applicant.consenting()
    assert client.get(f"{applicant.address}phone/")["Location"] == f"{applicant.address}confirmation/"


# --- The price at every step ---


@pytest.mark.parametrize("step", ["entry", "trip", "people", "papers", "consents", "confirmation"])
def test_every_step_shows_what_it_costs(applicant: Applicant, step: str) -> None:
    {
        "entry": applicant.begin,
        "trip": applicant.entered,
        "people": applicant.tripped,
        "papers": applicant.healthy,
        "consents": applicant.informed,
    }.get(step, applicant.consenting)()
    page = told(applicant.page(step))
    assert re.search(r'class="bar only-phone"[^>]*id="premium-bar".*?80<span class="dec">.00', page), step
    assert 'id="ticket"' in page


def test_the_price_follows_the_trip_while_it_is_typed_and_nothing_is_saved(client: Client, applicant: Applicant) -> None:
    applicant.entered()
    typed = {**applicant.form("trip"), **applicant.trip(), "plan": "four"}
    before = applicant.application.revision

    fragment = told(client.post(f"{applicant.address}premium/", typed, headers=FRAGMENT))
    assert "188<span" in fragment
    assert fragment.count('hx-swap-oob="true"') == 2
    assert "<html" not in fragment
    assert "80<span" in told(client.get(f"{applicant.address}premium/", headers=FRAGMENT))
    assert client.get(f"{applicant.address}premium/")["Location"] == f"{applicant.address}trip/"
    assert applicant.application.revision == before


def test_another_price_is_told_once_with_the_old_one_beside_it(client: Client, applicant: Applicant) -> None:
    applicant.tripped()
    values = applicant.everybody()
    response = applicant.send("people", {**values, "p2-number": invented.id_number(date(1950, 5, 4), Sex.FEMALE), "p2-relation": "parent"})
    page = told(client.get(response["Location"]))
    assert "保费有变化" in page
    assert "¥80.00" in page
    assert "保费有变化" not in told(applicant.page("papers"))


@pytest.mark.parametrize("was", ["-1", "x", "9" * 30, "８０", "8000"])
def test_what_an_address_says_of_the_old_price_is_read_with_care(client: Client, applicant: Applicant, was: str) -> None:
    applicant.tripped()
    page = client.get(f"{applicant.address}people/", {"was": was})
    assert page.status_code == 200
    assert "保费有变化" not in told(page)


# --- Only what the product asks ---


def names_in(page: Any, prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in fields(page).names if name.startswith(prefix)}


def needed(offer: Offer, asked: Any) -> set[str]:
    names = {name for what in asked for name in FIELDS[what]}
    return names if len(offer.documents) > 1 else names - {"kind"}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_asks_what_the_product_needs_and_no_more(client: Client, slug: str) -> None:
    """Seen with a child whose document tells nothing, so that everything that can be asked is asked."""
    offer = offer_of(slug)
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).tripped()
    row = applicant.form("people")["row"][-1]
    telling_nothing = next(
        one.value for one in offer.documents if one.value not in {"id_card", "residence_permit", "foreign_residence_card"}
    )
    asked = {**applicant.form("people"), "do": "look", f"p{row}-kind": telling_nothing, f"p{row}-born": "2018-05-04"}
    if len(offer.documents) == 1:
        del asked[f"p{row}-kind"]
    page = client.post(f"{applicant.address}people/", asked)

    assert names_in(page, f"p{row}-") == needed(offer, offer.needs.insured)
    holder = needed(offer, offer.needs.applicant)
    assert names_in(page, "h-") | {"kind"} == holder - ({"born", "sex"} if offer.documents[0] == "id_card" else set()) | {"kind"}
    trip = fields(applicant.page("trip")).names - {"csrfmiddlewaretoken", "start", "end", "plan", "area", "annual", "options", "letter"}
    wanted = {"destinations": {"destinations"}, "purpose": {"purpose"}, "school": {"words"}, "company": {"words"}, "tour_number": {"words"}}
    metres = {f"metres-{one.code}" for one in offer.activities if one.asks}
    expected = {name for what in offer.needs.trip for name in wanted.get(what, {"activities", *metres})}
    assert trip == expected


@pytest.mark.parametrize("slug", SLUGS)
def test_a_document_that_tells_birth_and_sex_takes_their_questions_away(client: Client, slug: str) -> None:
    if "id_card" not in offer_of(slug).documents:
        assert offer_of(slug).documents == ("passport",)
        return
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2).with_people()
    names = fields(applicant.page("people")).names
    assert not {name for name in names if name.endswith(("-born", "-sex", "-elsewhere"))}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_field_the_product_does_not_ask_is_refused_and_nothing_is_saved(client: Client, slug: str) -> None:
    offer = offer_of(slug)
    applicant = Applicant(client, slug, people=3 if slug == "group-tour" else 2)
    assert client.post("/applications/", {"product": slug, "start": "2030-01-01", "name": "林知远"}).status_code == 422
    assert not Application.objects.exists()
    applicant.entered()
    for name in {"words", "purpose", "destinations", "activities", "metres-hiking", "health"} - fields(applicant.page("trip")).names:
        refused(applicant, "trip", {**applicant.trip(), name: "日本"})
    assert applicant.send("trip", applicant.trip()).status_code == 303
    everybody = applicant.everybody()
    last = applicant.form("people")["row"][-1]
    for what in set(Asked) - set(offer.needs.insured):
        for name in FIELDS[what]:
            refused(applicant, "people", {**everybody, f"p{last}-{name}": "x"})
    for what in set(Asked) - set(offer.needs.applicant):
        for name in FIELDS[what]:
            refused(applicant, "people", {**everybody, f"h-{name}": "x"})
    refused(applicant, "people", {**everybody, "p99-name": "林知远"})
    refused(applicant, "people", {**everybody, "do": "add", "h-blood": "A"})
    assert not Party.objects.filter(contract=applicant.application.contract).exists()


def refused(applicant: Applicant, step: str, values: dict[str, Any]) -> None:
    before = applicant.application.revision
    response = applicant.send(step, values)
    assert response.status_code == 422, (step, values, response.status_code)
    assert "不询问的信息" in told(response), values
    assert applicant.application.revision == before


def test_what_was_not_asked_is_refused_at_the_later_steps_too(client: Client) -> None:
    applicant = Applicant(client, "annual-accident").with_people()
    refused(applicant, "health", {"diabetes": "yes"})
    applicant = Applicant(client).informed()
    refused(applicant, "consents", {"K13": "on"})
    applicant.consenting()
    refused(applicant, "confirmation", {"name": "林知远", "true": "on", "marketing": "on"})
    assert client.post(f"{applicant.address}papers/clauses/", {"text": "x", "more": "1"}).status_code == 422


# --- Health, papers, consents ---


def test_health_is_asked_person_by_person_with_nothing_chosen_and_consent_first(client: Client) -> None:
    applicant = Applicant(client, "annual-accident").with_people()
    page = applicant.page("health")
    asked = fields(page)
    text = told(page)

    assert not asked.ticked
    assert len([name for name in asked.names if name.startswith("a-")]) == 2 * len(applicant.offer.questions)
    assert text.index('name="agrees"') < text.index('name="a-')
    for name in ("林知远", "苏晚晴"):
        assert name in text
    response = applicant.send("health", {name: "no" for name in asked.names if name.startswith("a-")})
    assert response.status_code == 422
    assert not Answer.objects.exists()
    first = next(name for name in asked.names if name.startswith("a-"))
    response = applicant.send("health", {name: "no" for name in asked.names if name.startswith("a-") and name != first} | {"agrees": "on"})
    assert response.status_code == 422
    assert f'id="id_{first}_error"' in told(response)


def test_answers_of_a_page_that_was_left_open_are_not_given_to_somebody_else(client: Client) -> None:
    applicant = Applicant(client, "annual-accident").with_people()
    old = {name: "no" for name in fields(applicant.page("health")).names if name.startswith("a-")} | {"agrees": "on"}
    assert applicant.send("people").status_code == 303

    assert client.post(f"{applicant.address}health/", old).status_code == 422
    assert not Answer.objects.exists()


def test_each_paper_is_read_on_its_own_page_and_confirmed_at_its_end(client: Client, applicant: Applicant) -> None:
    applicant.healthy()
    listed = told(applicant.page("papers"))
    assert listed.count("待阅读") == 4
    page = applicant.page("papers/clauses")
    text = told(page)
    assert text.index("</article>") < text.index("已读到底部")
    assert applicant.offer.paper(PaperKind.CLAUSES).sha256.zh in text

    wrong = client.post(f"{applicant.address}papers/clauses/", {"text": "0" * 64})
    assert wrong.status_code == 422
    assert "有了变化" in told(wrong)
    right = client.post(f"{applicant.address}papers/clauses/", fields(page, "end").values)
    assert right["Location"] == f"{applicant.address}papers/customer-notice/"
    assert told(applicant.page("papers")).count("待阅读") == 3
    for name in ("claim-guide", "nothing"):
        assert applicant.page(f"papers/{name}").status_code == 404


def test_a_paper_in_english_is_confirmed_in_its_english_text(client: Client, applicant: Applicant) -> None:
    applicant.healthy()
    client.cookies["language"] = "en"
    values = fields(applicant.page("papers/exclusions"), "end").values
    assert values["text"] == [applicant.offer.paper(PaperKind.EXCLUSIONS).sha256.en]
    assert client.post(f"{applicant.address}papers/exclusions/", values).status_code == 303


def test_each_consent_is_its_own_control_unticked_and_refusing_it_leaves_a_way_out(applicant: Applicant) -> None:
    applicant.informed()
    page = applicant.page("consents")
    asked, text = fields(page), told(page)

    assert asked.names - {"csrfmiddlewaretoken"} == {"K02", "K05", "K15", "authority", "K10"}
    assert not asked.ticked
    assert text.count("如果不同意") == 5
    assert str(applicant.offer.insurer.name) in text
    assert text.index('name="K15"') < text.index('class="optional"') < text.index('name="K10"')
    assert f'href="{applicant.address}leaving/"' in text
    for missing in ("K02", "K05", "K15", "authority"):
        response = applicant.send("consents", dict.fromkeys({"K02", "K05", "K15", "authority"} - {missing}, "on"))
        assert response.status_code == 422
        assert f'href="#id_{missing}"' in told(response)
    assert applicant.application.consented_at is None
    assert applicant.send("consents", dict.fromkeys({"K02", "K05", "K15", "authority"}, "on")).status_code == 303


def test_an_optional_consent_is_given_alone_and_for_the_applicant_only(applicant: Applicant) -> None:
    applicant.informed()
    assert applicant.send("consents", dict.fromkeys({"K02", "K05", "K15", "authority", "K10"}, "on")).status_code == 303
    assert [(event.detail, event.result) for event in ConsentEvent.objects.filter(code="K10")] == [("sms", "given")]


# --- Evidence and cost ---


def test_every_step_leaves_the_page_and_its_version(client: Client) -> None:
    applicant = Applicant(client, "annual-accident").consenting()
    steps = evidence.told(applicant.application)

    assert evidence.broken_at(steps) is None
    pages = [step.page for step in steps]
    papers = ["paper-customer-notice", "paper-application-notice", "paper-exclusions", "paper-clauses"]
    assert pages == ["product", "entry", "trip", "people", "health", *papers, "consents"]
    assert all(re.fullmatch(r"[0-9a-f]{10}", step.page_version) for step in steps)
    assert len({step.page_version for step in steps}) == len(steps)


# What a page asks of both databases: no more for three people than for two.
QUERIES = {"": 4, "entry": 5, "trip": 5, "people": 6, "papers": 5, "papers/clauses": 4, "consents": 5, "confirmation": 6, "leaving": 3}


@pytest.mark.parametrize("step", QUERIES)
def test_a_page_costs_the_same_for_few_and_for_many(client: Client, step: str) -> None:
    counts = []
    for people in (2, 4):
        applicant = Applicant(client, people=people).consenting()
        path = f"{applicant.address}{step}/" if step else applicant.address
        client.get(path)  # what each process reads once
        with CaptureQueriesContext(connections["default"]) as record, CaptureQueriesContext(connections["vault"]) as vault:
            client.get(path)
        counts.append(len(record) + len(vault))
    assert counts == [QUERIES[step]] * 2


# --- Weight ---


@pytest.mark.parametrize("slug", ["annual-accident", "outdoor"])
def test_a_step_is_light_enough_for_a_phone_on_a_train(client: Client, collected_static: Path, slug: str) -> None:
    """The design allows 12 kB of HTML a step, and 80 with style and script on the first visit, of which we reach half."""
    applicant = Applicant(client, slug).consenting()
    shell = 0
    for name in ("shell-portal.css", "shell-portal.js"):
        stored = Path(staticfiles_storage.path(staticfiles_storage.stored_name(f"ui/{name}")))  # type: ignore[attr-defined]  # the manifest storage has it
        shell += len(gzip.compress(stored.read_bytes()))
    for step in ("entry", "trip", "people", "papers", "consents", "confirmation", *(["health"] if slug == "annual-accident" else [])):
        page = len(gzip.compress(applicant.page(step).content))
        assert page <= 12 * 1024, (step, page)
        assert page + shell <= 40 * 1024, (step, page + shell)
