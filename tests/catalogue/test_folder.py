"""A folder with a mistake is not taken, and whoever wrote it reads where the mistake is."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from besttrav.catalogue import operations
from besttrav.catalogue.models import Product, ProductVersion
from besttrav.catalogue.operations import ImportRefused
from tests.catalogue.shelf import JOB, PRODUCTS

Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder with two products, to spoil."""
    for name in ("insurers", "shared", "domestic", "outbound", "schengen", "annual-accident"):
        shutil.copytree(PRODUCTS / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace words in a file of the copy; they must be there."""

    def edited(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return edited


def problems(folder: Path) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        operations.load(path=folder, actor=JOB)
    assert not ProductVersion.objects.exists()
    assert not Product.objects.exists()
    return list(refused.value.problems)


def test_the_copy_itself_is_in_order(folder: Path) -> None:
    assert len(operations.read(folder)) == 4


def test_a_missing_cell_is_named(folder: Path, edit: Edit) -> None:
    edit("domestic/rates.csv", "easy,2-3,0-80,3\n", "")
    assert problems(folder) == ["domestic: rate cell (plan easy, area china, days 2-3, ages 0-80): is missing"]


def test_an_empty_cell_of_one_area_is_named(folder: Path, edit: Edit) -> None:
    edit("outbound/rates.csv", "two,8-10,0-85,63,80,92,150", "two,8-10,0-85,63,,92,150")
    assert problems(folder) == ["outbound: rate cell (plan two, area world_less, days 8-10, ages 0-85): is missing"]


def test_overlapping_ages_are_named_with_the_years_they_share(folder: Path, edit: Edit) -> None:
    edit("domestic/rates.csv", "easy,2-3,0-80,3\n", "easy,2-3,0-50,3\neasy,2-3,49-79,3\n")
    assert problems(folder) == [
        "domestic: rate cell (plan easy, area china, days 2-3, ages 49-50): is given 2 times",
        "domestic: rate cell (plan easy, area china, days 2-3, ages 80-80): is missing",
    ]


def test_a_cell_of_a_plan_or_a_duration_that_is_not_there_is_named(folder: Path, edit: Edit) -> None:
    edit("domestic/rates.csv", "light,1,0-80,1\n", "light,1,0-80,1\nlite,1,0-80,1\nlight,1-2,0-80,1\n")
    told = problems(folder)
    assert told == [
        "domestic: rate cell (plan lite, area china, days 1, ages 0-80): the product has no plan lite",
        "domestic: rate cell (plan light, area china, days 1-2, ages 0-80): the product has no duration 1-2",
    ]


def test_a_cell_that_breaks_a_promise_is_named(folder: Path, edit: Edit) -> None:
    edit("domestic/rates.csv", "full,16-30,0-80,32.50", "full,16-30,0-80,17.99")
    assert problems(folder) == [
        "domestic: rate cell (plan full, area china, days 16-30, from age 0): costs less than fewer days do",
        "domestic: rate cell (plan full, area china, days 16-30, from age 0): costs less than the plan below it",
    ]


# What is spoiled, how, and what is said about it.
MISTAKES = [
    ("domestic/rates.csv", "light,1,0-80,1\n", "light,1,0-80,1.005\n", 'rates[1].premium: an amount is yuan, as 300_000 or "1.50"'),
    ("domestic/rates.csv", "light,1,0-80,1\n", "light,1,80,1\n", "domestic/rates.csv, line 2: ages are written as 0-85"),
    ("domestic/product.toml", 'en = "Jianghe travel in China"', 'en = ""', "name: the English text is missing"),
    ("domestic/product.toml", ', en = "Jianghe travel in China"', "", "domestic: name.en: is missing"),
    ("domestic/product.toml", 'countries = ["CN"]', 'countries = ["CN", "XX"]', "areas[china]: there is no country XX"),
    ("outbound/product.toml", '"SD"]', '"ZZ"]', "excluded_countries: there is no country ZZ"),
    ("domestic/product.toml", "benefits = [100_000, 100_000, 200_000]", "benefits = [100_000, 200_000]", "2 values for 3 plans"),
    ("domestic/product.toml", "benefits = [100_000, 100_000, 200_000]", "benefits = [100_000, 100_000, 200_001]",
     "plan full, age 0: CNY 200,001 on death, the cap below 10 is CNY 200,000"),
    ("outbound/product.toml", "sums = [200_000, 300_000, 500_000, 500_000]", "sums = [200_000, 300_000, 500_000, 500_001]",
     "plan four, age 10: CNY 500,001 on death, the cap below 18 is CNY 500,000"),
    ("domestic/product.toml", "[needs]", "colour = 3\n[needs]", "domestic: colour: nobody knows this entry"),
    ("domestic/product.toml", "first = 2\nlast = 3", "first = 3\nlast = 3", "durations 1 and 3: leave days out between them"),
    ("domestic/product.toml", "first = 71", "first = 72", "ages 0-70 and 72-80: leave years out between them"),
    ("domestic/product.toml", "first = 71", "first = 70", "ages 0-70 and 70-80: overlap"),
    ("domestic/product.toml", 'factor = "1.5"', "factor = 1.5", "ages[2].factor: 1.5 is not a factor"),
    ("domestic/product.toml", 'insurer = "heyan"', 'insurer = "nobody"', "insurers/nobody.toml: there is no such file"),
    ("domestic/exclusions.toml", '"driving"', '"diving"', "nobody knows the common exclusion diving"),
    ("domestic/clauses.zh.md", "{coverages}", "{covers}", "a paper names {covers}, which nothing fills"),
    ("domestic/product.toml", 'insured = ["name"', 'insured = ["name", "occupation"',
     "needs.insured: occupation is asked, and nothing needs it"),
    ("annual-accident/product.toml", '"occupation", ', "", "needs.insured: occupation is needed, and not asked"),
    ("annual-accident/questions.toml", "percent = 25", "percent = 0", "questions[risky_hobby]: a loading has its per cent"),
    ("schengen/product.toml", "benefits = [300_000, 600_000]\n\n[[coverages]]\ncode = \"evacuation\"",
     "benefits = [299_999, 600_000]\n\n[[coverages]]\ncode = \"evacuation\"",
     "visa_letter: plan standard has no medical cover of CNY 300,000 without deductible"),
    ("schengen/product.toml", '"AT", "BE"', '"BE"', "visa_letter: no area covers all Schengen states"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_a_mistake_is_refused_with_its_place(folder: Path, edit: Edit, name: str, old: str, new: str, said: str) -> None:
    edit(name, old, new)
    told = problems(folder)
    assert any(said in problem for problem in told), told


def test_a_paper_of_one_language_only_is_refused(folder: Path) -> None:
    (folder / "domestic" / "clauses.en.md").unlink()
    assert problems(folder) == ["domestic/clauses.en.md: there is no such file, and none that all products share"]


def test_one_bad_product_keeps_the_good_ones_out_too(folder: Path, edit: Edit) -> None:
    edit("domestic/rates.csv", "easy,2-3,0-80,3\n", "")
    edit("outbound/product.toml", 'en = "Plan 2"', 'en = " "')
    told = problems(folder)
    assert [problem.split(":")[0] for problem in told] == ["domestic", "outbound"]


def test_a_folder_without_products_is_refused(tmp_path: Path) -> None:
    assert re.search("there is no product in it", problems(tmp_path)[0])


def test_the_command_checks_and_says_what_is_wrong(folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("catalogue", "check", folder)
    assert "domestic: 3 plans, 6 coverages, 15 rates, in order" in capsys.readouterr().out
    edit("domestic/rates.csv", "easy,2-3,0-80,3\n", "")
    with pytest.raises(CommandError, match="days 2-3, ages 0-80\\): is missing"):
        call_command("catalogue", "check", folder)
