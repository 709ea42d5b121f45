"""What insurers write is read to the fen or refused by its line, and what we write is no formula. No database."""

from datetime import date

import pytest

from besttrav.books import spreadsheet, statements
from besttrav.books.spreadsheet import Cell
from besttrav.books.statements import Fault, Line, Unreadable
from besttrav.insurers.port import Statement as Shape
from besttrav.kernel.money import Money

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
YUAN = Shape(
    columns={"number": "保单号", "kind": "业务", "premium": "保费", "commission": "佣金", "day": "日期"},
    kinds={"承保": "issue", "退保": "cancel"},
)
FEN = Shape(
    columns={"number": "No", "kind": "K", "premium": "P", "commission": "C", "day": "D"},
    kinds={"N": "issue", "T": "cancel"},
    encoding="gb18030", delimiter="|", in_fen=True, is_signed=False, day="%Y%m%d",
)  # fmt: skip
HEAD = "保单号,业务,保费,佣金,日期,备注\n"


def read(content: bytes, shape: Shape = YUAN) -> list[Line | Unreadable]:
    return list(statements.read(content, shape, *NOVEMBER))


def test_two_insurers_say_the_same_in_their_own_ways() -> None:
    told = [
        Line(2, "HA2026000000001", "issue", 123_450, 30_863, date(2026, 11, 2)),
        Line(4, "HA2026000000001", "cancel", -1, 0, date(2026, 11, 30)),
    ]
    yuan = HEAD + 'HA2026000000001,承保,"1,234.50",308.63,2026-11-02,x\n\nHA2026000000001,退保,-0.01,0,2026-11-30,\n'
    fen = "No|K|P|C|D\nHA2026000000001|N|123450|30863|20261102\n\nHA2026000000001|T|1|0|20261130\n"
    assert read(yuan.encode("utf-8-sig")) == told
    assert read(fen.encode("gb18030"), FEN) == told


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("HA2026000000001,承保,1.00,0.25", Fault.CELLS),
        ("=1+1,承保,1.00,0.25,2026-11-02", Fault.NUMBER),
        (",承保,1.00,0.25,2026-11-02", Fault.NUMBER),
        ("HA2026000000001,投保,1.00,0.25,2026-11-02", Fault.KIND),
        ("HA2026000000001,承保,1.005,0.25,2026-11-02", Fault.PREMIUM),
        ("HA2026000000001,承保,1e3,0.25,2026-11-02", Fault.PREMIUM),
        ("HA2026000000001,承保,NaN,0.25,2026-11-02", Fault.PREMIUM),
        ('HA2026000000001,承保,"1,23.00",0.25,2026-11-02', Fault.PREMIUM),
        ("HA2026000000001,承保,１２.00,0.25,2026-11-02", Fault.PREMIUM),
        ("HA2026000000001,承保,1.00,,2026-11-02", Fault.COMMISSION),
        ("HA2026000000001,承保,1.00,0.25,2026-11-31", Fault.DAY),
        ("HA2026000000001,承保,1.00,0.25,2026-12-01", Fault.PERIOD),
    ],
)
def test_a_line_that_is_not_of_the_shape_is_named_with_what_is_wrong(row: str, fault: Fault) -> None:
    good = "HA2026000000002,承保,1.00,0.25,2026-11-02\n"
    found = read(f"{HEAD}{good}{row}\n{good}".encode())
    assert [(one.line, one.fault) for one in found if isinstance(one, Unreadable)] == [(3, fault)]


@pytest.mark.parametrize(
    ("content", "line", "fault"),
    [
        ((HEAD + "HA2026000000001,承保,1.00,0.25,2026-11-02\n").encode("gb18030"), 1, Fault.ENCODING),
        (HEAD.encode() + b"HA2026000000001,\xff\xfe,1.00,0.25,2026-11-02\n", 2, Fault.ENCODING),
        (HEAD.encode() + "HA2026000000001,承保,1.00,0.25,2026-11-02\0\n".encode(), 2, Fault.ENCODING),
        ("保单号,业务,保费,日期\n".encode(), 1, Fault.HEAD),
        ("保单号,业务,保费,保费,佣金,日期\n".encode(), 1, Fault.HEAD),
        (b"", 1, Fault.EMPTY),
        (HEAD.encode() + b'"HA2026000000001\n', 2, Fault.CELLS),
    ],
)
def test_a_file_that_is_not_of_the_shape_is_refused_whole(content: bytes, line: int, fault: Fault) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content)
    assert (refused.value.line, refused.value.fault) == (line, fault)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "＝1", "|calc", "%0"])
def test_no_cell_of_ours_is_a_formula(text: str) -> None:
    assert b"".join(spreadsheet.written(["a"], [[text]])).decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")


def test_figures_stay_figures() -> None:
    row: list[Cell] = ["HA2026000000001", Money(-123_450), date(2026, 11, 2), None, 7]
    text = b"".join(spreadsheet.written(["号"], [row])).decode("utf-8-sig")
    assert text == "号\r\nHA2026000000001,-1234.50,2026-11-02,,7\r\n"
