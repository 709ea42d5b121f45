"""Choosing: the home page, the list for a trip, the comparison, a product with its price and papers, the disclosure."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from besttrav.catalogue import operations, rating
from besttrav.catalogue import queries as catalogue
from besttrav.catalogue.models import Product
from besttrav.catalogue.offer import Offer, PaperKind
from besttrav.catalogue.rating import Traveller, Trip
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people.models import SearchedWords
from besttrav.people.operations import searching
from besttrav.portal import shelf
from besttrav.portal.shelf import Filters
from besttrav.portal.trips import BANDS, AskedTrip
from tests import invented
from tests.catalogue.shelf import stock
from tests.portal.conftest import Browser
from tests.portal.nasty import NASTY
from tests.world import World

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _a_full_shelf() -> None:
    stock()


@pytest.fixture
def start() -> date:
    return clock.today() + timedelta(days=10)


@pytest.fixture
def trip(start: date) -> dict[str, str]:
    """Eight days in Japan, two adults and a child."""
    return {"to": "JP", "start": start.isoformat(), "end": (start + timedelta(days=7)).isoformat(), "adults": "2", "children": "1"}


def offers() -> list[Offer]:
    return catalogue.on_shelf(clock.today())


def get(
    client: Client, path: str, given: dict[str, str] | list[tuple[str, str]] | None = None, headers: dict[str, str] | None = None
) -> str:
    response = client.get(f"{path}?{urlencode(given or {})}", headers=headers)
    assert response.status_code == 200, response.content.decode()[:2000]
    return text_of(response.content.decode())


def text_of(page: str) -> str:
    return unescape(page)


# --- Home ---


def test_home_offers_the_trip_what_people_come_for_and_help_for_those_insured(client: Client) -> None:
    page = get(client, "/")

    assert re.search(r'<form[^>]*action="/products/" method="get"', page)
    for name in ("to", "start", "end", *(band.code for band in BANDS)):
        assert f'name="{name}"' in page
    for offer in offers():
        assert f"/products/?scene={offer.scene.value}" in page
        assert offer.insurer.emergency in page
    for promise in ("三条承诺", "资质与披露", "/disclosure/#complaints"):
        assert promise in page


def test_home_of_an_empty_shelf_still_stands(client: Client) -> None:
    from besttrav.catalogue.models import Product

    Product.objects.update(state="off")

    assert "三条承诺" in get(client, "/")
    assert "没有产品" in get(client, "/products/") or "（0）" in get(client, "/products/")


# --- The list ---


def test_each_product_shows_the_total_for_exactly_these_people(client: Client, trip: dict[str, str], start: date) -> None:
    page = get(client, "/products/", trip)
    shown = re.findall(r'name="p" value="([\w-]+)\.([\w-]+)"', page)
    assert shown
    for slug, plan in shown:
        offer = catalogue.current(slug, clock.today())
        assert offer is not None
        adult, child = ages_in(offer, "adults"), ages_in(offer, "children")
        by_the_year = offer.longest == 0
        asked = Trip(plan, start, None if by_the_year else start + timedelta(days=7), is_annual=by_the_year, destinations=("JP",))
        total = rating.price(offer, asked, [Traveller(age=child), Traveller(age=adult), Traveller(age=adult)]).total
        whole, fen = str(total).split(".")
        assert f'{whole}<span class="dec">.{fen}</span>' in page, slug


def ages_in(offer: Offer, band: str) -> int:
    people = tuple(1 if one.code == band else 0 for one in BANDS)
    ((_band, traveller),) = shelf.travellers_of(offer, AskedTrip(people=people))
    assert traveller.age is not None
    return traveller.age


def test_without_a_trip_prices_say_from_and_nothing_is_made_up(client: Client) -> None:
    page = get(client, "/products/")

    for offer in offers():
        assert str(offer.name) in page
    assert page.count("起</p>") == len(offers())


def test_the_count_is_announced_and_exclusions_stand_beside_benefits(client: Client, trip: dict[str, str]) -> None:
    page = get(client, "/products/", trip)
    found = page.count('<article class="ticket')

    assert f'data-announce="{found} 款' in page
    assert page.count("> 不保<") == page.count("> 保<") == found or page.count("不保</h4>") == page.count("保</h4>") - found


def test_a_product_that_does_not_take_the_trip_is_named_with_the_reason(client: Client, trip: dict[str, str]) -> None:
    page = get(client, "/products/", trip)
    trip_asked = AskedTrip("JP", date.fromisoformat(trip["start"]), date.fromisoformat(trip["end"]), (1, 2, 0, 0, 0))
    unfit = shelf.arranged(offers(), trip_asked, Filters(), clock.now()).unfit

    assert unfit
    for one in unfit:
        assert str(one.offer.name) in page
        assert str(one.reason) in page


@pytest.mark.parametrize("sort", shelf.SORTS)
def test_every_order_explains_itself_in_one_line_and_keeps_its_word(client: Client, trip: dict[str, str], sort: str) -> None:
    page = get(client, "/products/", trip | {"sort": sort})
    asked = AskedTrip("JP", date.fromisoformat(trip["start"]), date.fromisoformat(trip["end"]), (1, 2, 0, 0, 0))
    shown = shelf.arranged(offers(), asked, Filters(sort=sort), clock.now()).shown

    assert str(shelf.SORTS[sort][1]) in page
    assert "保险公司不能" in page
    assert [slug for slug, _plan in re.findall(r'name="p" value="([\w-]+)\.([\w-]+)"', page)] == [one.offer.slug for one in shown]
    if sort == "premium":
        assert [one.total for one in shown] == sorted(one.total for one in shown)
    if sort in {"medical", "accident"}:
        sums = [getattr(one, sort) for one in shown]
        assert sums == sorted(sums, reverse=True)


def test_two_visitors_with_other_histories_see_the_same_list(world: World, browser_of: Browser, trip: dict[str, str]) -> None:
    searching.remember(account=world.buyer.account, words="滑雪")
    lists = [re.findall(r'name="p" value="([^"]+)"', get(browser_of(who), "/products/", trip)) for who in (world.buyer, world.spouse)]

    assert lists[0] == lists[1] != []


@pytest.mark.parametrize("filters", [{"medical": "300000"}, {"medical": "500000"}])
def test_a_minimum_of_cover_is_kept_by_every_plan_shown(client: Client, trip: dict[str, str], filters: dict[str, str]) -> None:
    page = get(client, "/products/", trip | filters)
    for slug, code in re.findall(r'name="p" value="([\w-]+)\.([\w-]+)"', page):
        offer = catalogue.current(slug, clock.today())
        assert offer is not None
        sums = [offer.benefit(cover, code).sum for cover in offer.coverages if cover.is_medical]
        assert max(one.fen for one in sums if one) >= int(filters["medical"]) * 100


def test_insurer_scene_and_activity_narrow_the_list(client: Client) -> None:
    everything = offers()
    insurer = everything[0].insurer.code
    page = get(client, "/products/", {"insurer": insurer})
    assert {slug for slug, _plan in re.findall(r'name="p" value="([\w-]+)\.([\w-]+)"', page)} == {
        offer.slug for offer in everything if offer.insurer.code == insurer
    }
    scene = everything[0].scene.value
    assert re.findall(r'name="p" value="([\w-]+)\.', get(client, "/products/", {"scene": scene})) == [
        offer.slug for offer in everything if offer.scene.value == scene
    ]
    activity = shelf.activities_of(everything)[-1]
    for slug, code in re.findall(r'name="p" value="([\w-]+)\.([\w-]+)"', get(client, "/products/", {"activity": activity.code})):
        offer = catalogue.current(slug, clock.today())
        assert offer is not None
        plan = offer.plan(code)
        assert plan is not None
        assert plan.activity_class >= activity.number


def test_an_empty_list_names_the_condition_that_removes_most_and_offers_to_take_it_away(client: Client) -> None:
    strict = {"scene": "domestic", "medical": "500000"}
    page = get(client, "/products/", strict)
    if "（0）" not in page:
        pytest.fail("the sample shelf has a domestic product with half a million of medical cover: choose stricter conditions here")
    relief = shelf.arranged(offers(), AskedTrip(), Filters(scene="domestic", medical=500_000), clock.now()).relief

    assert relief is not None
    assert relief.count == max(
        len(shelf.arranged(offers(), AskedTrip(), Filters(scene="domestic", medical=500_000).without(name), clock.now()).shown)
        for name in ("scene", "medical")
    )
    way_out = re.search(r'<a class="btn" href="([^"]+)">去掉', page)
    assert way_out
    assert client.get(way_out[1]).content.decode().count("<article") == relief.count


def test_a_fragment_brings_the_results_alone_and_names_the_address(client: Client, trip: dict[str, str]) -> None:
    response = client.get("/products/", trip | {"sort": "premium", "place": "JP"}, headers=FRAGMENT)
    fragment = response.content.decode()

    assert fragment.lstrip().startswith('<section id="results"')
    assert "<html" not in fragment
    assert response["HX-Push-Url"] == f"/products/?{urlencode(trip)}&sort=premium".replace("adults=2&children=1", "children=1&adults=2")
    assert "HX-Request" in response["Vary"]


# --- Search words ---


def test_a_place_typed_as_words_becomes_its_code_in_the_address(client: Client, trip: dict[str, str]) -> None:
    for typed in ("日本", " Japan ", "ｊｐ"):
        response = client.get("/products/", trip | {"to": typed})
        assert response.status_code == 302
        assert "to=JP" in response["Location"]
        assert typed.strip() not in unescape(response["Location"])


def test_what_a_visitor_types_is_not_kept(client: Client, trip: dict[str, str]) -> None:
    client.get("/products/", trip | {"to": "日本"})
    client.get("/products/", {"to": "没有的地方"})

    assert not SearchedWords.objects.exists()


def test_what_a_signed_in_person_types_is_kept_for_them(world: World, browser_of: Browser, trip: dict[str, str]) -> None:
    client = browser_of(world.buyer)
    client.get("/products/", trip | {"to": "日本"})
    client.get("/products/", {"to": "没有的地方"})
    client.get("/products/", trip)
    client.get("/products/", trip | {"to": "日本", "place": "JP"}, headers=FRAGMENT)

    page = get(client, "/my/privacy/searches/")
    assert "日本" in page
    assert "没有的地方" in page
    assert SearchedWords.objects.count() == 2


# --- One product ---


@pytest.fixture(params=["zh-hans", "en"])
def speaking(request: pytest.FixtureRequest, client: Client) -> Client:
    client.cookies["language"] = request.param
    return client


def test_a_product_page_holds_what_the_law_wants_on_it(speaking: Client, trip: dict[str, str]) -> None:
    language = speaking.cookies["language"].value
    for offer in offers():
        page = get(speaking, f"/products/{offer.slug}/", trip)
        wanted = [offer.name, offer.filing.name, offer.insurer.name, offer.surrender.says, *offer.suits, *offer.does_not_suit]
        wanted += [one.title for one in offer.exclusions] + [one.says for one in offer.exclusions]
        wanted += [cover.name for cover in offer.coverages] + [answer.asks for answer in offer.faq]
        missing = [text.in_language(language) for text in wanted if text.in_language(language) not in page]
        assert missing == [], offer.slug
        assert offer.filing.number in page
        for kind in PaperKind:
            assert f"/products/{offer.slug}/documents/{kind.value.replace('_', '-')}/" in page


def test_exclusions_are_as_loud_as_benefits_and_open(client: Client) -> None:
    offer = offers()[0]
    page = get(client, f"/products/{offer.slug}/")
    exclusions = page.partition('id="no"')[2].partition("</section>")[0]

    assert "<details" not in exclusions
    assert not re.search(r"\s(hidden|style)\b", exclusions)
    assert exclusions.count("<li") == len(offer.exclusions)
    assert str(len(offer.exclusions)) in exclusions.partition("</h2>")[0]


def test_the_price_on_the_page_is_the_engines_and_its_lines_add_up(client: Client, trip: dict[str, str], start: date) -> None:
    offer = next(offer for offer in offers() if len(offer.areas) > 1)
    for plan in offer.plans:
        page = get(client, f"/products/{offer.slug}/", trip | {"plan": plan.code})
        people = [Traveller(age=ages_in(offer, code)) for code in ("children", "adults", "adults")]
        total = rating.price(offer, Trip(plan.code, start, start + timedelta(days=7), destinations=("JP",)), people).total
        whole, fen = str(total).split(".")
        assert f'{whole}<span class="dec">.{fen}</span>' in page
        card = page.partition('class="table sums"')[2].partition("</table>")[0]
        amounts = [int(amount.replace(",", "").replace(".", "")) for amount in re.findall(r'<td class="r num">([\d,.]+)</td>', card)]
        assert sum(amounts) == total.fen


def test_a_line_says_for_which_ages_its_price_holds(client: Client, start: date) -> None:
    for offer in offers():
        for band in BANDS:
            people = tuple(1 if one is band else 0 for one in BANDS)
            asked = AskedTrip("", start, start + timedelta(days=3), people)
            ((_band, traveller),) = shelf.travellers_of(offer, asked)
            try:
                quote = rating.price(offer, shelf.trip_for(offer, asked, offer.plans[0], area=offer.areas[0].code), [traveller])
            except rating.Unpriced:
                continue
            assert traveller.age is not None
            first, last = shelf.ages_for(offer, quote, traveller.age, band)
            assert band.first <= first <= traveller.age <= last <= band.last
            for age in range(first, last + 1):
                same = rating.price(offer, shelf.trip_for(offer, asked, offer.plans[0], area=offer.areas[0].code), [Traveller(age=age)])
                assert same.total == quote.total, (offer.slug, age)


def test_the_insure_button_carries_exactly_what_was_priced_and_nothing_about_anybody(client: Client, trip: dict[str, str]) -> None:
    offer = next(offer for offer in offers() if len(offer.areas) > 1)
    page = get(client, f"/products/{offer.slug}/", trip | {"plan": offer.plans[1].code})
    form = page.partition('id="insure"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))

    assert 'action="/applications/" method="post"' in page
    assert fields.pop("csrfmiddlewaretoken")
    assert fields.pop("area")
    assert fields == trip | {"product": offer.slug, "version": str(offer.version.id), "plan": offer.plans[1].code}


def test_a_person_who_is_out_of_range_is_told_why_and_no_price_is_shown(client: Client, trip: dict[str, str]) -> None:
    offer = min(offers(), key=lambda one: one.oldest)
    assert offer.oldest < 81
    page = get(client, f"/products/{offer.slug}/", trip | {"eldest": "1", "to": ""})
    card = page.partition('id="quote-card"')[2].partition("</div>\n</div>")[0]

    assert 'id="insure"' not in page
    assert str(offer.oldest) in card
    assert "不能这样投保" in card


def test_before_anything_is_known_the_card_asks_for_it(client: Client) -> None:
    page = get(client, f"/products/{offers()[0].slug}/")

    assert "填写日期和人数" in page
    assert 'id="insure"' not in page


def test_the_share_address_shows_the_same_price_and_names_nobody(client: Client, trip: dict[str, str]) -> None:
    offer = next(offer for offer in offers() if len(offer.areas) > 1)
    page = get(client, f"/products/{offer.slug}/", trip | {"plan": offer.plans[-1].code})
    address = re.search(r'id="share-address"[^>]*value="http://testserver([^"]+)"', page)
    assert address
    assert set(re.findall(r"[?&](\w+)=", address[1])) <= {
        "to",
        "start",
        "end",
        "plan",
        "area",
        "annual",
        "options",
        *(band.code for band in BANDS),
    }
    price = re.search(r'class="price"><small>¥</small>([\d,]+)', page)
    again = re.search(r'class="price"><small>¥</small>([\d,]+)', client.get(address[1]).content.decode())
    assert price
    assert again
    assert price[1] == again[1]


def test_only_differences_leaves_out_what_is_the_same_in_every_plan(client: Client) -> None:
    offer = next(offer for offer in offers() if any(not row.differs for row in offer.comparison()))
    page = get(client, f"/products/{offer.slug}/", {"diff": "1"}).partition('id="plans"')[2].partition("</table>")[0]

    assert page.count("<tr") - 1 == len([row for row in offer.comparison() if row.differs])


def test_the_page_names_its_version_and_the_version_follows_the_product(client: Client) -> None:
    one, other = offers()[:2]
    versions = [re.search(r'本页版本 <span class="num">(\w{10})', get(client, f"/products/{offer.slug}/")) for offer in (one, other)]

    assert versions[0]
    assert versions[1]
    assert versions[0][1] != versions[1][1]


def test_the_quote_fragment_brings_card_bar_cover_and_plans(client: Client, trip: dict[str, str]) -> None:
    offer = offers()[0]
    response = client.get(f"/products/{offer.slug}/quote/", trip, headers=FRAGMENT)
    fragment = response.content.decode()

    assert fragment.lstrip().startswith('<div id="quote-card"')
    for part in ("premium-bar", "yes", "plans", "share-address"):
        assert re.search(rf'id="{part}"[^>]*hx-swap-oob="true"', fragment), part
    assert response["HX-Push-Url"].startswith(f"/products/{offer.slug}/?")


def test_without_scripts_the_quote_is_the_page(client: Client, trip: dict[str, str]) -> None:
    response = client.get(f"/products/{offers()[0].slug}/quote/", trip)

    assert response["Location"].startswith(f"/products/{offers()[0].slug}/?to=JP")


# --- Papers ---


def test_every_paper_is_a_page_of_its_own_with_its_digest(speaking: Client) -> None:
    language = speaking.cookies["language"].value
    for offer in offers():
        for kind in PaperKind:
            paper = offer.paper(kind)
            page = get(speaking, f"/products/{offer.slug}/documents/{kind.value.replace('_', '-')}/")
            assert paper.title.in_language(language) in page
            assert paper.sha256.in_language(language) in page
            fragment = get(speaking, f"/products/{offer.slug}/documents/{kind.value.replace('_', '-')}/", headers=FRAGMENT)
            assert "<html" not in fragment
            assert paper.sha256.in_language(language) in fragment


def test_what_does_not_exist_is_not_found(client: Client) -> None:
    slug = offers()[0].slug
    for path in (
        "/products/nothing-like-it/",
        f"/products/{slug}/documents/secrets/",
        "/products/nothing/documents/clauses/",
        "/products/nothing/quote/",
    ):
        assert client.get(path).status_code == 404


# --- Comparison ---


def picks(count: int) -> list[tuple[str, str]]:
    return [("p", f"{offer.slug}.{offer.plans[0].code}") for offer in offers()[:count]]


def test_two_to_four_plans_stand_side_by_side_with_differences_marked(client: Client, trip: dict[str, str]) -> None:
    for count in (2, 3, 4):
        page = get(client, "/compare/", [*trip.items(), *picks(count)])
        assert page.count('<th scope="col"><a') == count
        assert 'class="differs"' in page
        assert "有差异" in page
    only = get(client, "/compare/", [*trip.items(), *picks(2), ("diff", "1")])
    lines = re.findall(r'<tr class="([^"]*)"><th scope="row">', only)
    assert lines
    assert all("differs" in line for line in lines[1:])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_another_number_is_refused_with_a_way_out(client: Client, count: int) -> None:
    response = client.get("/compare/?" + urlencode(picks(count)))

    assert response.status_code == 422
    assert "2 至 4 个计划" in response.content.decode()


def test_what_left_the_shelf_is_left_out_of_a_comparison(client: Client) -> None:
    response = client.get("/compare/?" + urlencode([*picks(1), ("p", "gone.one"), ("p", "nonsense")]))

    assert response.status_code == 422
    assert "已下架" in response.content.decode()


# --- Disclosure ---


def test_the_disclosure_names_licence_insurers_products_by_filing_and_ways_to_complain(speaking: Client, settings: object) -> None:
    page = get(speaking, "/disclosure/")
    language = speaking.cookies["language"].value

    assert settings.OPERATOR["licence"] in page  # type: ignore[attr-defined]  # pytest-django's settings
    assert "12378" in page
    for offer in offers():
        assert offer.filing.number in page
        for text in (offer.filing.name, offer.insurer.name, offer.insurer.claim_channel):
            assert text.in_language(language) in page
        assert offer.insurer.complaints in page


# --- Bad input ---

FIELDS = ("to", "start", "end", *(band.code for band in BANDS))


@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text)[:20])
def test_whatever_is_typed_is_answered_beside_the_field_and_nothing_is_lost(client: Client, trip: dict[str, str], nasty: str) -> None:
    slug = next(offer.slug for offer in offers() if len(offer.areas) > 1)
    places = {
        "/products/": (*FIELDS, "scene", "medical", "activity", "insurer", "sort", "place"),
        f"/products/{slug}/": (*FIELDS, "plan", "area", "annual", "options", "diff"),
        "/compare/": (*FIELDS, "p", "diff"),
    }
    for path, names in places.items():
        for name in names:
            for headers in ({}, FRAGMENT):
                response = client.get(path, trip | {name: nasty}, headers=headers)
                assert response.status_code in {200, 302, 422}, (path, name, response.status_code)
                page = response.content.decode()
                assert "<script>alert" not in page
                if response.status_code == 422 and path != "/compare/":
                    assert 'class="field field-error"' in page, (path, name)
                    kept = trip["end"] if name != "end" else trip["start"]
                    assert kept in page, (path, name)


def test_a_typed_value_that_is_wrong_stays_in_its_field(client: Client, trip: dict[str, str]) -> None:
    page = client.get("/products/", trip | {"start": "下周三", "adults": "两个", "to": "火星"}).content.decode()

    for typed in ("下周三", "两个", "火星"):
        assert f'value="{typed}"' in page
    assert page.count('aria-invalid="true"') == 3


@pytest.mark.parametrize("typed", ["２０２６年１２月１日", "2026/12/1", "20261201", " 2026.12.01 "])
def test_days_are_read_as_people_write_them(client: Client, typed: str) -> None:
    from besttrav.portal.forms.trip import DayField

    assert DayField().clean(typed) == date(2026, 12, 1)


def test_full_width_counts_are_read(client: Client, trip: dict[str, str]) -> None:
    assert client.get("/products/", trip | {"adults": "２"}).content == client.get("/products/", trip).content or "大人 2" in text_of(
        client.get("/products/", trip | {"adults": "２"}).content.decode()
    )


def test_days_in_the_past_backwards_or_too_many_are_refused_in_words(client: Client, trip: dict[str, str]) -> None:
    today = clock.today()
    for changed, words in (
        ({"start": (today - timedelta(days=1)).isoformat()}, "已经过去"),
        ({"end": today.isoformat()}, "早于"),
        ({"end": (today + timedelta(days=700)).isoformat()}, "366 天"),
        ({"start": (today + timedelta(days=500)).isoformat(), "end": (today + timedelta(days=501)).isoformat()}, "一年以后"),
        ({"adults": "101"}, "100"),
    ):
        response = client.get("/products/", trip | changed)
        assert response.status_code == 422
        assert words in response.content.decode(), changed


def test_an_unclear_place_offers_what_comes_near(client: Client, trip: dict[str, str]) -> None:
    page = client.get("/products/", trip | {"to": "岛"}).content.decode()

    assert re.search(r'<a class="chip" href="/products/\?to=[A-Z]{2}&amp;start=', page)


# --- Methods ---


@pytest.mark.parametrize("path", ["/", "/products/", "/compare/", "/disclosure/"])
def test_nothing_is_posted_to_a_page_that_only_shows(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_nothing_is_posted_to_a_product(client: Client) -> None:
    slug = offers()[0].slug
    for path in (f"/products/{slug}/", f"/products/{slug}/quote/", f"/products/{slug}/documents/clauses/"):
        assert client.post(path).status_code == 405


# --- What it costs ---


def questions(client: Client, path: str, **headers: str) -> int:
    client.get(path, headers=headers)
    with CaptureQueriesContext(connections["default"]) as record, CaptureQueriesContext(connections["vault"]) as vault:
        client.get(path, headers=headers)
    return len(record) + len(vault)


def test_a_page_asks_few_questions_whoever_logs_it(client: Client, trip: dict[str, str]) -> None:
    slug, asked = offers()[0].slug, urlencode(trip)

    assert questions(client, f"/products/{slug}/quote/?{asked}", **FRAGMENT) <= 3
    for path in (
        "/",
        f"/products/?{asked}",
        f"/products/{slug}/?{asked}",
        f"/products/{slug}/documents/clauses/",
        "/disclosure/",
        f"/compare/?{asked}&{urlencode(picks(3))}",
    ):
        assert questions(client, path) <= 3, path


def test_the_pages_of_a_signed_in_person_ask_few_questions_too(world: World, browser_of: Browser, trip: dict[str, str]) -> None:
    client = browser_of(world.buyer)
    for path in (f"/products/?{urlencode(trip)}", f"/products/{offers()[0].slug}/?{urlencode(trip)}"):
        assert questions(client, path) <= 6, path


# --- Served again ---


def tokens_of(page: str) -> set[str]:
    return set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))


def without_token(page: str) -> str:
    (token,) = tokens_of(page)
    return page.replace(token, "")


@pytest.fixture
def pages(trip: dict[str, str]) -> list[str]:
    slug, asked = offers()[0].slug, urlencode(trip)
    return ["/", f"/products/?{asked}", f"/products/{slug}/?{asked}", f"/products/{slug}/documents/clauses/"]


def test_a_page_that_the_browser_holds_is_not_sent_again(client: Client, pages: list[str]) -> None:
    for path in pages:
        mark = client.get(path)["ETag"]
        again = client.get(path, headers={"If-None-Match": mark})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", mark), path
        assert "Cookie" in again["Vary"]


def test_another_language_size_trip_day_or_form_token_makes_another_page(client: Client, pages: list[str], stopped_clock: object) -> None:
    path = pages[1]
    mark = client.get(path)["ETag"]

    def is_other() -> bool:
        return client.get(path, headers={"If-None-Match": mark}).status_code == 200

    assert not is_other()
    for name, value in (("language", "en"), ("theme", "dark"), ("size", "elder"), ("forms", "x" * 32)):
        kept = client.cookies.get(name)
        client.cookies[name] = value
        assert is_other(), name
        del client.cookies[name]
        if kept is not None:
            client.cookies[name] = kept.value
    assert client.get(f"{path}&sort=premium", headers={"If-None-Match": mark}).status_code == 200
    assert client.get(path, headers={"If-None-Match": mark, **FRAGMENT}).status_code == 200
    stopped_clock.advance(timedelta(days=1))  # type: ignore[attr-defined]  # tests.conftest.StoppedClock
    assert is_other()


def test_a_new_version_of_a_product_makes_another_page(client: Client, pages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get(pages[2])
    changed = [replace(offer, version=replace(offer.version, id=uuid4())) for offer in offers()]
    monkeypatch.setattr(catalogue, "current", lambda slug, day: next(offer for offer in changed if offer.slug == slug))

    after = client.get(pages[2], headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after.templates


def test_a_product_taken_off_is_gone_from_every_page_at_once(client: Client, pages: list[str]) -> None:
    slug = offers()[0].slug
    marks = {path: client.get(path)["ETag"] for path in pages}
    operations.take_off(product=Product.objects.get(slug=slug), actor=Actor.job("test"))

    answers = {path: client.get(path, headers={"If-None-Match": mark}) for path, mark in marks.items()}

    assert [answer.status_code for answer in answers.values()] == [200, 200, 404, 404]
    assert f"/products/{slug}/" not in answers[pages[1]].content.decode()


def test_the_pages_of_a_signed_in_person_are_never_held(world: World, browser_of: Browser, pages: list[str]) -> None:
    for path in pages:
        response = browser_of(world.buyer).get(path)
        assert "ETag" not in response
        assert response["Cache-Control"] == "no-store"


def test_another_visitor_gets_the_kept_page_with_a_form_token_of_their_own(pages: list[str]) -> None:
    for path in pages:
        first, second = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
        one, other = first.get(path), second.get(path)
        mine, theirs = tokens_of(one.content.decode()), tokens_of(other.content.decode())

        assert not other.templates, "the page was made anew"
        assert mine != theirs
        assert without_token(one.content.decode()) == without_token(other.content.decode())
        assert second.post("/preferences/", {"size": "elder", "csrfmiddlewaretoken": theirs.pop()}).status_code == 302
        assert second.post("/preferences/", {"size": "elder", "csrfmiddlewaretoken": mine.pop()}).status_code == 403


def test_a_kept_page_is_the_one_that_would_be_made(pages: list[str]) -> None:
    """In each language, theme and size, and under each of the site's names."""
    ways = [{}, {"language": "en"}, {"theme": "dark"}, {"size": "elder"}, {"host": "127.0.0.1"}]

    def seen(path: str, way: dict[str, str]) -> str:
        client = Client(headers={"Host": way.get("host", "localhost")})
        client.cookies.load({name: value for name, value in way.items() if name != "host"})
        return without_token(client.get(path).content.decode())

    for path in pages:
        kept = [seen(path, way) for way in ways for _time in range(2)][1::2]
        caches["pages"].clear()
        assert kept == [seen(path, way) for way in ways], path
        assert len(set(kept[:4])) == 4, path


def test_what_a_signed_in_person_is_shown_is_never_kept_nor_taken_from_there(world: World, browser_of: Browser, pages: list[str]) -> None:
    person = browser_of(world.buyer)
    for path in pages:
        caches["pages"].clear()
        theirs, anybodys, again = person.get(path), Client().get(path), person.get(path)

        assert theirs.templates
        assert anybodys.templates
        assert again.templates
        assert "/my/privacy/" in theirs.content.decode()
        assert "/my/privacy/" not in anybodys.content.decode()
        assert "/my/privacy/" in again.content.decode()


def test_what_somebody_typed_is_kept_with_no_page(client: Client, trip: dict[str, str]) -> None:
    product = f"/products/{offers()[0].slug}/"
    typed = [
        {"to": "日本"},
        {"x": invented.id_number()},
        {"start": invented.phone()},
        {"苏晚晴": "1"},
        {"x": "x" * 200},
        {"to": "Su Wanqing"},
    ]
    for path in ("/", "/products/", "/compare/", product, f"{product}documents/clauses/"):
        for values in typed:
            client.get(path, trip | values)
    assert not len(caches["pages"]._cache)  # type: ignore[attr-defined]  # of the one in this process


def test_the_pages_that_our_own_forms_lead_to_are_kept(client: Client, pages: list[str], trip: dict[str, str]) -> None:
    for path in (*pages, f"/products/?{urlencode(trip | {'to': '日本', 'place': 'JP', 'medical': '300000', 'insurer': ''})}"):
        assert [bool(client.get(path).templates) for _time in range(2)] == [True, False], path


def test_a_wrong_request_is_not_marked(client: Client) -> None:
    assert "ETag" not in client.get("/products/", {"start": "x"})


# --- No price that would be taken back ---


def test_a_day_on_which_cover_cannot_begin_has_no_price(client: Client, trip: dict[str, str]) -> None:
    today = {"start": clock.today().isoformat()}
    page = get(client, "/products/", trip | today)
    assert "<article" not in page
    assert "（0）" in page

    page = get(client, "/products/outbound/", trip | today)
    assert "不能这样投保" in page
    assert 'id="insure"' not in page


def test_a_group_product_wants_its_least_number(client: Client, start: date) -> None:
    offer = next(offer for offer in offers() if offer.least_people > 1)
    code = offer.areas[0].countries[0] if offer.areas[0].countries else "JP"
    days = {"to": code, "start": start.isoformat(), "end": start.isoformat()}

    assert 'id="insure"' not in get(client, f"/products/{offer.slug}/", days | {"adults": str(offer.least_people - 1)})
    assert 'id="insure"' in get(client, f"/products/{offer.slug}/", days | {"adults": str(offer.least_people)})


def test_reduced_sums_of_the_old_are_said_beside_the_price(client: Client, trip: dict[str, str]) -> None:
    page = get(client, "/products/outbound/", trip | {"elders": "1"})

    assert 'class="small remark"' in page
    assert 'class="small remark"' not in get(client, "/products/outbound/", trip)
