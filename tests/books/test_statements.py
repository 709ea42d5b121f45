"""What insurers state against our books: to the fen, whole or not at all, once, and what differs by its line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from besttrav.books import operations as books
from besttrav.books.models import Entry, Finding, Statement, StatementLine
from besttrav.kernel import clock
from besttrav.payments.models import Difference, DifferenceState
from besttrav.policies.models import TransactionKind
from tests.books.conftest import Said, entered, file_of, ruled, taken, then, violations


def told() -> list[tuple[str, int | None, int | None, int | None]]:
    """Every difference by its line: what, which line of the file, ours and theirs."""
    findings = Finding.objects.select_related("difference", "line").order_by("line__place", "id")
    return [
        (one.difference.what, one.line.place if one.line else None, one.difference.fen_here, one.difference.fen_there) for one in findings
    ]


@pytest.fixture
def books_of_two(db: None) -> list[str]:
    """Two policies of today at heyan, with 25 per cent."""
    ruled(2_500)
    return [entered(number=f"HA20260000000{place:02}").number for place in (1, 2)]


def test_equal_books_are_silent(books_of_two: list[str], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(19):
        statement = taken(file_of(Said(number) for number in books_of_two))

    assert (statement.lines, statement.differences, statement.premium_fen, statement.commission_fen) == (2, 0, 24_690, 6_172)
    assert told() == []
    assert violations() == {}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"premium": "123.46"}, [("premium_differs", 3, 12_345, 12_346)]),
        ({"commission": "30.85"}, [("commission_differs", 3, 3_086, 3_085)]),
        ({"premium": "123.44", "commission": "0"}, [("commission_differs", 3, 3_086, 0), ("premium_differs", 3, 12_345, 12_344)]),
        ({"number": "HA2026999999999"}, [("line_foreign", 3, None, 12_345), ("line_missing", None, 12_345, None)]),
        ({"kind": "退保", "premium": "-123.45"}, [("line_foreign", 3, None, -12_345), ("line_missing", None, 12_345, None)]),
    ],
)
def test_what_differs_by_a_fen_is_told_with_its_line(
    books_of_two: list[str], changes: dict[str, str], what: list[tuple[str, int | None, int | None, int | None]]
) -> None:
    first, second = books_of_two
    statement = taken(file_of([Said(first), Said(second)._replace(**changes)]))

    assert sorted(told(), key=str) == sorted(what, key=str)
    assert statement.differences == len(what)
    assert violations() == {}


def test_a_day_that_differs_and_a_line_that_comes_twice_are_told(books_of_two: list[str]) -> None:
    first, second = books_of_two
    yesterday = clock.today() - timedelta(days=1)
    taken(file_of([Said(first), Said(first), Said(second, day=str(yesterday))]), first=yesterday)
    assert told() == [("line_twice", 3, 12_345, 12_345), ("day_differs", 4, 12_345, 12_345)]
    assert violations() == {}


def test_what_is_stated_in_another_file_again_is_told(books_of_two: list[str]) -> None:
    taken(file_of(Said(number) for number in books_of_two))
    taken(file_of([Said(books_of_two[0])]))
    assert told() == [("line_twice", 2, 12_345, 12_345)]


def test_two_changes_of_one_policy_find_their_lines_in_any_order(books_of_two: list[str]) -> None:
    policy = Entry.objects.filter(policy__number=books_of_two[0]).get().policy
    for fen in (2_000, 1_000):
        books.enter(policy=then(policy, TransactionKind.ENDORSE, fen))
    changes = [Said(policy.number, "批改", "10.00", "2.50"), Said(policy.number, "批改", "20.00", "5.00")]
    taken(file_of([*changes, *(Said(number) for number in books_of_two)]))
    assert told() == []
    assert violations() == {}


def test_what_was_missing_and_is_stated_later_needs_nobody(books_of_two: list[str]) -> None:
    first, second = books_of_two
    taken(file_of([Said(first)]))
    assert told() == [("line_missing", None, 12_345, None)]
    taken(file_of([Said(second)]))
    assert list(Difference.objects.values_list("state", flat=True)) == [DifferenceState.SETTLED]
    assert violations() == {}


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "in another encoding": (lambda content: content.decode("utf-8-sig").encode("gb18030"), "1"),
    "cut in the middle of a line": (lambda content: content[: len(content) - 30], "3"),
    "without its head": (lambda content: content.split(b"\r\n", 1)[1], "1"),
    "of another insurer": (lambda content: content.replace("保费（元）".encode(), b"BaoFei"), "1"),
    "with a sum that is none": (lambda content: content.replace(b"123.45", b"123,45"), "2"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_is_broken_is_refused_by_its_line_and_leaves_nothing(books_of_two: list[str], how: str) -> None:
    broken, line = BROKEN[how]
    with pytest.raises(books.NotInShape) as refused:
        taken(broken(file_of(Said(number) for number in books_of_two)))
    assert line in str(refused.value)
    assert not Statement.objects.exists()
    assert not StatementLine.objects.exists()
    assert not Difference.objects.exists()


def test_the_same_file_is_taken_once_and_one_of_elsewhere_not_at_all(books_of_two: list[str]) -> None:
    content = file_of(Said(number) for number in books_of_two)
    taken(content)
    Statement.objects.update(taken_at=datetime(2026, 11, 25, 17, tzinfo=UTC))  # an hour past midnight in Beijing
    with pytest.raises(books.AlreadyTaken) as refused:
        taken(content)
    assert "2026-11-26" in str(refused.value.message)
    with pytest.raises(books.TooManyDifferences):
        taken(file_of(Said(f"ZZ{place:012}") for place in range(2_001)))
    assert Statement.objects.count() == 1
    assert told() == []
