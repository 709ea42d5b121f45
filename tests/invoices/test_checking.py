"""What was asked for, against what is answered and what a paper says."""

from dataclasses import replace

import pytest

from besttrav.invoices.checking import Asked, differences, paper_differences
from besttrav.invoices.port import Issued
from besttrav.kernel.money import Money

NUMBER, BLUE = "26990000000000000017", "26990000000000000016"
ASKED = Asked(amount=Money(120_050), title="栖迟科技有限公司", tax_number="91190000MA00000001")
RED = replace(ASKED, reverses=BLUE)
ISSUED = Issued(official_number=NUMBER, amount=ASKED.amount, title=ASKED.title, tax_number=ASKED.tax_number)
PAPER = f"发票号码：{NUMBER} 名称：栖迟科技 有限公司 识别号： 91190000MA00000001 价税合计（大写）壹仟贰佰元伍角整 （小写）￥1,200.50 备注"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"title": "栖迟科技有限公司 ", "tax_number": "91190000ma00000001"}, []),
        ({"title": "栖迟科技有限责任公司"}, ["title"]),
        ({"tax_number": "91190000MA00000002"}, ["tax_number"]),
        ({"amount": Money(120_051)}, ["amount"]),
        ({"official_number": ""}, ["official_number"]),
        ({"reverses": BLUE}, ["reverses"]),
    ],
)
def test_each_field_that_differs_is_named(changes: dict[str, object], names: list[str]) -> None:
    assert differences(ASKED, replace(ISSUED, **changes)) == names  # type: ignore[arg-type]  # one field each


def test_whose_it_is_goes_uncompared_where_that_may_be_opened_no_more() -> None:
    assert differences(Asked(amount=ASKED.amount), ISSUED) == []


@pytest.mark.parametrize(
    ("paper", "asked", "names"),
    [
        (PAPER, ASKED, []),
        (PAPER.replace("1,200.50", "1,200.51"), ASKED, ["amount"]),
        (PAPER.replace("￥1", "￥-1"), ASKED, ["amount"]),
        (PAPER.replace("￥1", "￥-1") + f"被红冲蓝字数电发票号码：{BLUE}", RED, []),
        (PAPER + f"被红冲蓝字数电发票号码：{BLUE}", RED, ["amount"]),
        (PAPER.replace("￥1", "￥-1"), RED, ["reverses"]),
        (PAPER.replace("栖迟科技 有限公司", "栖迟科技 有限公司北京分公司"), ASKED, ["title"]),
        (PAPER.replace("91190000MA00000001", "91190000MA000000012"), ASKED, ["tax_number"]),
        (PAPER.replace(NUMBER, NUMBER + "0"), ASKED, ["official_number"]),
        ("", ASKED, ["official_number", "amount", "title", "tax_number"]),
    ],
)
def test_a_paper_says_it_all_or_what_it_lacks_is_named(paper: str, asked: Asked, names: list[str]) -> None:
    assert paper_differences(paper, asked, NUMBER) == names
