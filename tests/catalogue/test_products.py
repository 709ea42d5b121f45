"""The products of the sample catalogue: whole, readable, and each priced as somebody calculated by hand from its table."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from besttrav.catalogue import checking, document, rating
from besttrav.catalogue.offer import PaperKind
from besttrav.catalogue.rating import Loading, Traveller, Trip
from besttrav.catalogue.text import Text
from besttrav.kernel.money import Money
from tests.catalogue.shelf import SLUGS, START, aged, days_from, offer_of


def test_the_shelf_has_the_nine_shapes_of_three_insurers() -> None:
    offers = [offer_of(slug) for slug in SLUGS]
    assert {offer.scene.value for offer in offers} == {
        "outbound", "schengen", "domestic", "outdoor", "study", "inbound", "accident", "group", "business",
    }  # fmt: skip
    assert {offer.insurer.code for offer in offers} == {"heyan", "yunhang", "songhe"}


@pytest.mark.parametrize("slug", SLUGS)
def test_every_product_is_in_order(slug: str) -> None:
    assert checking.problems(offer_of(slug)) == []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_canonical_text_gives_the_same_product_back(slug: str) -> None:
    offer = offer_of(slug)
    text = document.written(offer)
    again = document.read(text, offer.version)
    assert document.written(again) == text
    assert (again.plans, again.coverages, again.rates, again.papers) == (offer.plans, offer.coverages, offer.rates, offer.papers)


# Product, trip, people, and the premium of each, calculated by hand from rates.csv and the factors of product.toml.
BY_HAND = [
    ("outbound", days_from(8, "two", "asia"), aged(36, 66, 7), ["63.00", "94.50", "63.00"]),
    ("outbound", days_from(3, "four", "world"), aged(71), ["224.00"]),
    ("outbound", Trip("one", START, area="schengen", is_annual=True), aged(60, 61), ["500.00", "750.00"]),
    ("schengen", days_from(12, "standard"), aged(30, 75), ["108.00", "216.00"]),
    ("schengen", days_from(20, "premium", options=frozenset({"visa_refusal"})), aged(30), ["350.00"]),
    ("domestic", days_from(1, "easy"), aged(25, 72), ["1.50", "2.25"]),
    ("domestic", days_from(5, "light"), aged(25, 80), ["4.50", "6.75"]),
    ("outdoor", days_from(10, "summit", "china"), aged(28, 75), ["75.00", "112.50"]),
    ("outdoor", days_from(3, "path", "abroad"), aged(71), ["20.25"]),
    ("study-abroad", days_from(366, "campus", "world"), aged(19), ["2400.00"]),
    ("visiting-china", days_from(32, "plus"), aged(45, 46), ["500.00", "625.00"]),
    ("group-tour", days_from(9, "a", "abroad"), aged(30, 40, 50), ["22.50", "22.50", "22.50"]),
    ("business-travel", days_from(11, "p3"), [Traveller(age=40, occupation="photographer"), Traveller(age=40, occupation="guide")],
     ["225.00", "225.00"]),
    ("business-travel", days_from(11, "p1"), [Traveller(age=40, occupation="police"), Traveller(age=40, occupation="cabin_crew")], None),
    ("business-travel", days_from(11, "p1"), [Traveller(age=40, occupation="cabin_crew")], ["156.25"]),
    ("annual-accident", Trip("p1", START, is_annual=True),
     [Traveller(age=30, occupation=code) for code in ("office", "nurse", "taxi_driver", "courier")],
     ["200.00", "200.00", "240.00", "300.00"]),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "trip", "people", "premiums"), BY_HAND)
def test_premiums_are_what_a_person_calculates_from_the_table(
    slug: str, trip: Trip, people: list[Traveller], premiums: list[str] | None
) -> None:
    if premiums is None:
        with pytest.raises(rating.Unpriced):
            rating.price(offer_of(slug), trip, people)
        return
    quote = rating.price(offer_of(slug), trip, people)
    expected = [Money(int(Decimal(premium) * 100)) for premium in premiums]
    assert [person.premium for person in quote.people] == expected
    assert quote.total.fen == sum(money.fen for money in expected)


def test_every_product_is_calculated_by_hand_at_least_once() -> None:
    assert {slug for slug, _, _, premiums in BY_HAND if premiums} == set(SLUGS)


def test_a_loading_is_part_of_the_one_rounding() -> None:
    """820 x 1.5 x 1.25 = 1,537.50; 355 x 1.2 x 1.07 = 455.82."""
    offer, why = offer_of("annual-accident"), Text("爱好", "a hobby")
    trip = Trip("p5", START, is_annual=True)
    quote = rating.price(offer, trip, [Traveller(age=30, occupation="courier")], {1: (Loading("risky_hobby", 25, why),)})
    assert str(quote.total) == "1,537.50"
    assert [line.code for line in quote.people[0].lines] == ["base", "occupation", "loading"]
    odd = rating.price(
        offer, Trip("p2", START, is_annual=True), [Traveller(age=30, occupation="taxi_driver")], {1: (Loading("x", 7, why),)}
    )
    assert str(odd.total) == "455.82"


# Product, premium, days, the day of surrender counted from 1, and what the product's own example says.
REFUNDS = [
    ("outbound", 22050, 8, 3, "137.81"),
    ("schengen", 10800, 12, 4, "72.00"),
    ("domestic", 600, 3, 0, "6.00"),
    ("domestic", 600, 3, 1, "0.00"),
    ("outdoor", 7500, 10, 4, "40.50"),
    ("study-abroad", 150_000, 365, 73, "960.00"),
    ("visiting-china", 40_000, 100, 25, "300.00"),
    ("annual-accident", 20_000, 365, 146, "90.00"),
    ("group-tour", 6_000, 8, 2, "45.00"),
    ("business-travel", 12_500, 15, 3, "95.00"),
]


@pytest.mark.parametrize(("slug", "premium", "days", "day", "comes_back"), REFUNDS)
def test_the_example_of_the_surrender_rule_is_what_the_rule_gives(slug: str, premium: int, days: int, day: int, comes_back: str) -> None:
    offer = offer_of(slug)
    told = rating.refund(offer, Money(premium), START, START + timedelta(days=days - 1), START + timedelta(days=day - 1))
    assert str(told.amount) == comes_back
    assert comes_back in offer.surrender.example.zh.replace("以后不退", "0.00") or day == 1
    assert told.amount + told.fee <= Money(premium)


@pytest.mark.parametrize("slug", SLUGS)
def test_before_the_start_everything_comes_back_and_after_the_end_nothing(slug: str) -> None:
    premium, last = Money(12345), START + timedelta(days=9)
    before = rating.refund(offer_of(slug), premium, START, last, START - timedelta(days=1))
    assert (before.amount, before.days_gone) == (premium, 0)
    assert rating.refund(offer_of(slug), premium, START, last, last).amount == Money(0)
    assert rating.refund(offer_of(slug), premium, START, last, last + timedelta(days=30)).amount == Money(0)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_notice_to_customers_holds_what_article_50_asks(slug: str) -> None:
    """Name, premises, scope, contact; remuneration with commission; affiliation with the insurer; complaints and disputes."""
    offer = offer_of(slug)
    body = offer.paper(PaperKind.CUSTOMER_NOTICE).body
    for words in (
        "行笺保险经纪有限公司",
        "浙江省杭州市示例路 1 号",
        "400-000-0000",
        "业务范围",
        "佣金",
        "关联关系",
        "投诉",
        "仲裁",
        "诉讼",
    ):
        assert words in body.zh
    for words in ("Xingjian Insurance Brokers Ltd", "scope of business", "commission", "affiliation", "complain", "arbitration", "court"):
        assert words in body.en
    for language in ("zh", "en"):
        assert offer.insurer.name.in_language(language) in body.in_language(language)


@pytest.mark.parametrize("slug", SLUGS)
def test_clauses_are_whole_numbered_and_say_every_exclusion_and_coverage(slug: str) -> None:
    offer = offer_of(slug)
    clauses, exclusions = offer.paper(PaperKind.CLAUSES).body, offer.paper(PaperKind.EXCLUSIONS).body
    assert len(clauses.zh) >= 1500
    for language in ("zh", "en"):
        text = clauses.in_language(language)
        assert "{" not in text
        names = [one.title for one in offer.exclusions] + [cover.name for cover in offer.coverages]
        assert [name for name in names if name.in_language(language) not in text] == []
        assert all(one.title.in_language(language) in exclusions.in_language(language) for one in offer.exclusions)
    articles = clauses.zh.count("\n第") + clauses.zh.startswith("第")
    assert articles == clauses.en.count("\nArticle ")
    assert "第十条 " in clauses.zh


@pytest.mark.parametrize("slug", SLUGS)
def test_papers_carry_the_digest_of_each_language(slug: str) -> None:
    for paper in offer_of(slug).papers:
        assert paper.sha256 == Text(document.digest(paper.body.zh), document.digest(paper.body.en))


def test_an_annual_cover_is_a_year_to_the_day() -> None:
    trip = Trip("p1", date(2028, 2, 29), is_annual=True)
    assert (trip.ends_on, trip.days) == (date(2029, 2, 28), 366)


def test_the_table_of_plans_shows_sub_limits_and_minors_below_what_they_belong_to() -> None:
    rows = offer_of("outbound").comparison()
    names = [(row.name.zh, row.is_sub) for row in rows]
    assert names[:3] == [("意外身故与伤残", False), ("其中 0–9 周岁", True), ("其中 10–17 周岁", True)]
    assert names[names.index(("紧急救援运送", False)) + 1] == ("其中尼泊尔境内", True)
    differs = {row.name.zh: row.differs for row in rows}
    assert differs["紧急救援运送"]
    assert not differs["亲属探访"]


def test_an_age_reduces_the_sums_that_follow_age_and_no_others() -> None:
    offer = offer_of("outbound")
    covers = {cover.code: cover for cover in offer.coverages}
    given = {code: offer.benefit(covers[code], "two", 71).sum for code in ("accident", "medical", "evacuation")}
    assert given == {"accident": Money(15_000_000), "medical": Money(10_000_000), "evacuation": Money(75_000_000)}
    assert offer.benefit(covers["accident"], "four", 9).sum == Money(20_000_000)
    assert offer.benefit(covers["accident"], "four", 10).sum == Money(50_000_000)
    assert offer.benefit(covers["accident"], "four", 18).sum == Money(100_000_000)
    assert not offer.benefit(covers["acute_illness"], "four", 17).is_included


@pytest.mark.parametrize(("slug", "all_of_it"), [("schengen", True), ("study-abroad", True), ("outbound", False), ("domestic", False)])
def test_whoever_proves_a_refused_visa_has_everything_back_where_the_clauses_say_so(slug: str, all_of_it: bool) -> None:
    premium, last = Money(10_000), START + timedelta(days=9)
    told = rating.refund(offer_of(slug), premium, START, last, START + timedelta(days=4), visa_refused=True)
    assert (told.amount == premium) is all_of_it
