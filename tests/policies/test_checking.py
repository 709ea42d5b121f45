"""An insurer's paper is taken only if it says what was sold; everything that differs is told by its place, and never quoted."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from besttrav.kernel.money import Money
from besttrav.kernel.pdf import text_of
from besttrav.policies.checking import Difference, Sold, SoldBenefit, SoldPerson, What, differences
from simulators.paper import epolicy
from tests.policies.samples import insurers_policy, sold_as


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("insurer")


@pytest.mark.parametrize("people", [1, 2, 5, 200])
@pytest.mark.parametrize("code", ["hean", "yunfan"])
def test_a_paper_that_says_what_was_sold_has_no_differences(folder: Path, people: int, code: str) -> None:
    policy = insurers_policy(people, code)
    assert differences(text_of(epolicy(policy, folder)), sold_as(policy)) == []


WRONG = {
    "number": Difference(What.NUMBER),
    "name": Difference(What.NAME, "people[2]"),
    "document": Difference(What.DOCUMENT, "people[2]"),
    "swapped": Difference(What.PAIRING),
    "product": Difference(What.PRODUCT),
    "plan": Difference(What.PLAN),
    "start": Difference(What.FIRST_DAY),
    "end": Difference(What.LAST_DAY),
    "sum": Difference(What.SUM, "benefits[0]"),
    "premium": Difference(What.PREMIUM),
}


@pytest.mark.parametrize("fault", WRONG)
def test_one_wrong_field_of_a_paper_is_told_and_no_other(folder: Path, fault: str) -> None:
    policy = insurers_policy(3)
    assert differences(text_of(epolicy(policy, folder, fault=fault)), sold_as(policy)) == [WRONG[fault]]


def test_two_people_with_each_others_numbers_are_told_though_one_is_the_policyholder_too(folder: Path) -> None:
    policy = insurers_policy(2)
    assert differences(text_of(epolicy(policy, folder, fault="swapped")), sold_as(policy)) == [Difference(What.PAIRING)]


SOLD = Sold(
    number="PX-2026/0001",
    people=(
        SoldPerson(name="周予宁", document_number="EA1234567"),
        SoldPerson(name="VAN DER BERG, ANNA", document_number="990101199003070015"),
    ),
    product="申根旅行保险",
    plan="计划二",
    first_day=date(2026, 12, 1),
    last_day=date(2026, 12, 18),
    benefits=(SoldBenefit(name="医疗费用", sum=Money(30_000_000)), SoldBenefit(name="旅行延误（每5小时）", sum=Money(90_050))),
    premium=Money(123_450),
)
PAPER = """保单号 PX-2026/0001 产品 申根旅行保险 计划 计划二
被保险人 周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015
保险期间 2026年12月1日零时起至2026年12月18日二十四时止
医疗费用 300,000.00 旅行延误（每5小时） 900.50
保险费 1,234.50 元"""


def changed(old: str, new: str) -> str:
    assert old in PAPER
    return PAPER.replace(old, new)


def test_a_plain_paper_has_no_differences() -> None:
    assert differences(PAPER, SOLD) == []


FORGIVEN = {
    "a line end in a name": ("周予宁", "周予\n宁"),
    "spaces in a name": ("周予宁", "周 予　宁"),
    "a line end in a number": ("990101199003070015", "9901011990\n03070015"),
    "small letters": ("VAN DER BERG, ANNA", "van der Berg, Anna"),
    "full-width letters and digits": ("EA1234567", "ＥＡ１２３４５６７"),
    "full-width amount": ("1,234.50", "１，２３４．５０"),
    "no thousands": ("1,234.50", "1234.50"),
    "no fen": ("300,000.00", "300,000"),
    "ten thousands": ("300,000.00", "30万元"),
    "a currency": ("1,234.50", "¥1,234.50"),
    "ISO days": ("2026年12月1日零时起至2026年12月18日", "2026-12-01 00:00 至 2026-12-18"),
    "days with slashes": ("2026年12月1日零时起至2026年12月18日", "2026/12/1 - 2026/12/18"),
    "days with spaces": ("2026年12月1日", "2026 年 12 月 01 日"),
    "English days": ("2026年12月1日零时起至2026年12月18日", "1 December 2026 to Dec 18, 2026"),
    "another dash": ("PX-2026/0001", "PX–2026/0001"),
    "invisible characters": ("周予宁", "周\u200b予\u200b宁"),
    "full-width brackets": ("旅行延误（每5小时）", "旅行延误(每 5 小时)"),
    "columns": ("周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015", "周予宁 VAN DER BERG, ANNA EA1234567 990101199003070015"),
    "the number first": (
        "周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015",
        "EA1234567 周予宁 990101199003070015 VAN DER BERG, ANNA",
    ),
    "another order": ("周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015", "VAN DER BERG, ANNA 990101199003070015 周予宁 EA1234567"),
    "a policyholder named before": ("被保险人", "投保人 VAN DER BERG, ANNA 被保险人"),
    "a policyholder with a number before": ("被保险人", "投保人 VAN DER BERG, ANNA 990101199003070015 被保险人"),
}


@pytest.mark.parametrize("how", FORGIVEN)
def test_another_way_to_write_the_same_is_no_difference(how: str) -> None:
    assert differences(changed(*FORGIVEN[how]), SOLD) == []


TOLD = {
    "a number with a digit more": (("PX-2026/0001", "PX-2026/00011"), [Difference(What.NUMBER)]),
    "a number with a digit less": (("PX-2026/0001", "PX-2026/000"), [Difference(What.NUMBER)]),
    "a name with a character more": (("周予宁", "周予宁儿"), [Difference(What.NAME, "people[0]")]),
    "a name with one before": (("被保险人 周予宁", "被保险人 小周予宁"), [Difference(What.NAME, "people[0]")]),
    "a name with one less": (("周予宁", "周宁"), [Difference(What.NAME, "people[0]")]),
    "a name with a look-alike": (("周予宁", "周矛宁"), [Difference(What.NAME, "people[0]")]),
    "a Latin name with a letter more": (("ANNA", "ANNAH"), [Difference(What.NAME, "people[1]")]),
    "a document with a digit more": (("EA1234567", "EA12345678"), [Difference(What.DOCUMENT, "people[0]")]),
    "a document with a letter before": (("EA1234567", "XEA1234567"), [Difference(What.DOCUMENT, "people[0]")]),
    "two digits swapped": (("EA1234567", "EA1234576"), [Difference(What.DOCUMENT, "people[0]")]),
    "each other's documents": (
        ("周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015", "周予宁 990101199003070015 VAN DER BERG, ANNA EA1234567"),
        [Difference(What.PAIRING)],
    ),
    "each other's documents in columns": (
        ("周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015", "周予宁 VAN DER BERG, ANNA 990101199003070015 EA1234567"),
        [Difference(What.PAIRING)],
    ),
    "both documents to one": (
        ("周予宁 EA1234567 VAN DER BERG, ANNA 990101199003070015", "VAN DER BERG, ANNA 周予宁 990101199003070015 周予宁 EA1234567"),
        [Difference(What.PAIRING)],
    ),
    "another product": (("申根旅行保险", "环球旅行保险"), [Difference(What.PRODUCT)]),
    "a longer product": (("申根旅行保险", "申根旅行保险计划"), [Difference(What.PRODUCT)]),
    "another plan": (("计划 计划二", "计划 计划三"), [Difference(What.PLAN)]),
    "a longer plan": (("计划 计划二", "计划 计划二十"), [Difference(What.PLAN)]),
    "a day later": (("2026年12月1日", "2026年12月2日"), [Difference(What.FIRST_DAY)]),
    "a day that only begins the same": (("2026年12月1日", "2026年12月11日"), [Difference(What.FIRST_DAY)]),
    "a year later": (("2026年12月18日", "2027年12月18日"), [Difference(What.LAST_DAY)]),
    "days turned round": (("2026年12月1日零时起至2026年12月18日", "2026年12月18日零时起至2026年12月1日"), [Difference(What.PERIOD)]),
    "the right day in another place": (
        ("保险期间 2026年12月1日", "签单 2026年12月1日" + " 说明" * 30 + " 保险期间 2026年12月3日"),
        [Difference(What.PERIOD)],
    ),
    "a sum of another benefit": (("医疗费用 300,000.00", "医疗费用 30,000.00 另 300,000.00"), [Difference(What.SUM, "benefits[0]")]),
    "a sum with a zero more": (("300,000.00", "3,000,000.00"), [Difference(What.SUM, "benefits[0]")]),
    "a sum with other fen": (("900.50", "900.05"), [Difference(What.SUM, "benefits[1]")]),
    "a benefit that is missing": (("医疗费用", "住院津贴"), [Difference(What.SUM, "benefits[0]")]),
    "ten thousands instead of yuan": (("1,234.50", "1,234.50万"), [Difference(What.PREMIUM)]),
    "a premium that is part of a larger one": (("1,234.50", "21,234.50"), [Difference(What.PREMIUM)]),
    "a premium with a digit more": (("1,234.50", "1,234.505"), [Difference(What.PREMIUM)]),
    "the premium's amount under another name": (("保险费 1,234.50", "保险费 1,000.00 其他 1,234.50"), [Difference(What.PREMIUM)]),
}


@pytest.mark.parametrize("how", TOLD)
def test_what_differs_is_told_and_nothing_else(how: str) -> None:
    change, told = TOLD[how]
    assert differences(changed(*change), SOLD) == told


def test_an_empty_paper_says_nothing_of_what_was_sold() -> None:
    told = {difference.what for difference in differences("", SOLD)}
    assert told == set(What) - {What.PAIRING, What.PERIOD}


def test_an_empty_fact_stands_nowhere() -> None:
    assert differences(PAPER, replace(SOLD, plan="")) == [Difference(What.PLAN)]


def test_people_of_one_name_are_told_apart_by_their_numbers_only() -> None:
    twins = (SoldPerson(name="周予宁", document_number="EA1234567"), SoldPerson(name="周予宁", document_number="EA7654321"))
    paper = changed("VAN DER BERG, ANNA 990101199003070015", "周予宁 EA7654321")
    assert differences(paper, replace(SOLD, people=twins)) == []
    assert differences(paper.replace("EA7654321", "EA7654322"), replace(SOLD, people=twins)) == [Difference(What.DOCUMENT, "people[1]")]


def test_nothing_of_a_person_stands_in_what_is_told() -> None:
    told = repr(differences("", SOLD))
    assert not any(value in told for person in SOLD.people for value in (person.name, person.document_number))
