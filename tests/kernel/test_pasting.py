"""Many travellers from one paste, as people really write them."""

import itertools
import sys
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from besttrav.kernel.identity import DocumentKind, Sex
from besttrav.kernel.pasting import MOST_PEOPLE, Column, Pasted, PasteRefused, Row, read
from tests import invented

TODAY = date(2026, 7, 1)
HER_BIRTH, HIS_BIRTH = date(1990, 3, 7), date(2018, 2, 28)
HERS, HIS, FATHERS = invented.id_number(HER_BIRTH), invented.id_number(HIS_BIRTH, Sex.MALE), invented.id_number(date(1958, 1, 2), Sex.MALE)
PHONE = invented.phone(1)
PASSPORT = invented.passport(1)


def paste(text: str) -> Pasted:
    return read(text, today=TODAY)


def only(text: str) -> Row:
    (row,) = paste(text).rows
    return row


def codes(text: str) -> set[tuple[Column | None, str]]:
    return {(problem.column, problem.code) for problem in paste(text).problems}


@pytest.mark.parametrize(
    "line",
    [
        f"周晚舟 {HERS} {PHONE}",
        f"{PHONE} {HERS} 周晚舟",
        f"{HERS}\t周晚舟\t{PHONE}",
        f"周晚舟,{HERS},{PHONE}",
        f"周晚舟，{HERS}、{PHONE}；女",
        f"周晚舟/{HERS}/{PHONE}",
        f"周晚舟|{HERS}|{PHONE}|{HER_BIRTH}",
        f"周晚舟{HERS} 电话{PHONE}",
        f"1. 周晚舟 {HERS} {PHONE}",
        f"1、周晚舟、{HERS}、{PHONE}",
        f"（1）周晚舟 {HERS} {PHONE}",
        f"① 周晚舟 {HERS} {PHONE}",
        f"1\t周晚舟\t{HERS}\t{PHONE}\t36岁",
        f"姓名：周晚舟 身份证号：{HERS} 电话：{PHONE}",
        f"姓名:周晚舟,身份证:{HERS},手机号码:{PHONE}",
        f"周晚舟 身份证 {HERS} +86 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}",
        f"周晚舟 {HERS[:6]} {HERS[6:14]} {HERS[14:]} {PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}",
        f'"周晚舟","\'{HERS}","{PHONE}"',
        f'="周晚舟",="{HERS}",="{PHONE}"',
        f"周晚舟 {HERS} {PHONE} 1990年3月7日 女",
        "周晚舟\u3000" + "".join(chr(ord(digit) + 0xFEE0) for digit in HERS) + f"\u3000{PHONE}",
        f"\ufeff\u202b周晚舟\u200b {HERS}\u200e {PHONE}\x00",
    ],
)
def test_one_line_is_one_traveller_however_it_is_parted(line: str) -> None:
    row = only(line)
    assert (row.name, row.kind, row.number, row.phone) == ("周晚舟", DocumentKind.ID_CARD, HERS, f"+86{PHONE}")
    assert (row.birth_date, row.sex, row.problems) == (HER_BIRTH, Sex.FEMALE, ())


def test_a_spreadsheet_with_a_heading_is_read_by_its_columns() -> None:
    pasted = paste(
        "序号\t姓名\t性别\t证件类型\t证件号码\t出生日期\t手机号\t与投保人关系\t备注\n"
        f"1\t周晚舟\t女\t身份证\t{HERS}\t1990/3/7\t{PHONE}\t本人\t\n"
        f"2\tJohn Smith\t男\t护照\t{PASSPORT}\t1980年1月2日\t\t朋友\t素食\n"
        f"3\t陆知夏\t男\t出生证明\t{invented.birth_certificate()}\t20260501\t\t儿子\t\n"
    )
    she, friend, baby = pasted.rows
    assert pasted.had_heading
    assert pasted.is_clean
    assert pasted.columns[:4] == (Column.NAME, Column.SEX, Column.KIND, Column.NUMBER)
    assert (she.line, she.relation) == (2, "self")
    assert (friend.name, friend.kind, friend.birth_date, friend.sex) == ("JOHN SMITH", DocumentKind.PASSPORT, date(1980, 1, 2), Sex.MALE)
    assert (baby.kind, baby.birth_date, baby.relation) == (DocumentKind.BIRTH_CERTIFICATE, date(2026, 5, 1), "child")


@pytest.mark.parametrize(
    "text",
    [
        f"Mobile,Document number,Full name\n{PHONE},{HERS},周晚舟",
        f"姓名/Name;手机 Mobile;证件号码 (ID No.)\n周晚舟;{PHONE};{HERS}",
        f"姓名* | 身份证号* | 联系电话\n周晚舟 | {HERS} | {PHONE}",
        f"Name Document number Phone\n周晚舟 {HERS} {PHONE}",
        f"名单\n\n姓名\t证件号\t手机\n周晚舟\t{HERS}\t{PHONE}\n",
        f"姓名\n周晚舟\n身份证号\n{HERS}\n手机\n{PHONE}",
    ],
)
def test_headings_may_be_chinese_or_english_in_any_order(text: str) -> None:
    pasted = paste(text)
    (row,) = (row for row in pasted.rows if row.number)
    assert pasted.had_heading
    assert (row.name, row.number, row.phone) == ("周晚舟", HERS, f"+86{PHONE}")


def test_a_line_with_other_separators_inside_is_read_by_the_headings() -> None:
    pasted = paste(f"姓名;证件号码;备注\n周晚舟;{HERS};素食,靠窗\n\n;;\n陆知夏;{HIS};\n")
    assert pasted.is_clean
    assert [row.name for row in pasted.rows] == ["周晚舟", "陆知夏"]
    assert pasted.passed_over == ()


def test_a_heading_says_what_the_contents_cannot() -> None:
    pasted = paste(
        "Surname,Given names,Passport No.,Date of birth,Sex\nZHOU,WANZHOU,M12345678,1990-03-07,F\nLU,ZHI-XIA,12345678,1991-01-02,M\n"
    )
    assert pasted.is_clean
    assert [row.kind for row in pasted.rows] == [DocumentKind.PASSPORT] * 2
    assert [str(row.passport_name) for row in pasted.rows] == ["ZHOU WANZHOU", "LU ZHI XIA"]


def test_a_chat_may_give_every_particular_a_line() -> None:
    pasted = paste(f"姓名：周晚舟\n身份证：{HERS}\n手机：{PHONE}\n\n陆知夏\n{HIS}\n儿子\n沈听\n{FATHERS}")
    assert pasted.is_clean
    assert [(row.line, row.name, row.number) for row in pasted.rows] == [(1, "周晚舟", HERS), (5, "陆知夏", HIS), (8, "沈听", FATHERS)]
    assert pasted.rows[1].relation == "child"


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        (f"陈大文 {invented.hk_macao_permit()}", DocumentKind.HK_MACAO_PERMIT, invented.hk_macao_permit()),
        (f"林小美 台胞证 {invented.taiwan_permit()}", DocumentKind.TAIWAN_PERMIT, invented.taiwan_permit()),
        ("林小美 台胞证 19900101", DocumentKind.TAIWAN_PERMIT, "19900101"),
        ("林小美 0012345601(B)", DocumentKind.TAIWAN_PERMIT, "0012345601"),
        (f"陈大文 {invented.residence_permit()}", DocumentKind.RESIDENCE_PERMIT, invented.residence_permit()),
        (f"John Smith {invented.foreign_card()}", DocumentKind.FOREIGN_RESIDENCE_CARD, invented.foreign_card()),
        (f"周晚舟 {PASSPORT.lower()}", DocumentKind.PASSPORT, PASSPORT),
        ("John Smith passport 912345678", DocumentKind.PASSPORT, "912345678"),
        ("John Smith H12345678 护照", DocumentKind.PASSPORT, "H12345678"),
        (f"周晚舟 ID card {HERS}", DocumentKind.ID_CARD, HERS),
        (f"陆知夏 出生证 {invented.birth_certificate()}", DocumentKind.BIRTH_CERTIFICATE, invented.birth_certificate()),
    ],
)
def test_the_kind_of_document_shows_in_its_number_or_is_said(line: str, kind: DocumentKind, number: str) -> None:
    row = only(line)
    assert (row.kind, row.number, row.problems) == (kind, number, ())


@pytest.mark.parametrize("typed", ["ZHOU/WANZHOU", "Zhou Wanzhou", "zhou wan-zhou"])
def test_a_latin_name_beside_a_chinese_one_is_that_of_the_passport(typed: str) -> None:
    row = only(f"周晚舟 {typed} {PASSPORT}")
    assert row.name == "周晚舟"
    assert row.passport_name
    assert row.passport_name.surname == "ZHOU"
    assert row.is_clean


@pytest.mark.parametrize("typed", ["沈 听", "沈\u3000听"])
def test_a_blank_that_aligns_a_name_of_two_characters_is_taken_out(typed: str) -> None:
    assert only(f"{typed} {FATHERS}").name == "沈听"
    assert only(f"姓名\t证件号\n{typed}\t{FATHERS}").name == "沈听"


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        (f"周晚舟 {HERS[:17]}", Column.NUMBER, "wrong_length"),
        (f"周晚舟 {HERS[:6]}{HERS[8:17]}", Column.NUMBER, "old_number"),
        (f"周晚舟 {HERS[:17]}{'1' if HERS[17] != '1' else '2'}", Column.NUMBER, "check_digit"),
        (f"周晚舟 {HERS.replace('0', 'O', 1)}", Column.NUMBER, "wrong_character"),
        (f"周晚舟 {HERS[:6]}20990101{HERS[14:]}", Column.NUMBER, "birth_in_future"),
        (f"周晚舟 护照 {HERS}", Column.NUMBER, "other_document"),
        ("周晚舟 1.90000E+17", Column.NUMBER, "shortened"),
        (f"周晚舟\n{HERS} {PHONE}\n陆知夏 {HIS}", Column.NUMBER, "missing"),
        (f"周晚舟 {HERS}\n{HIS}", Column.NAME, "missing"),
        (f"杭州 周晚舟 {HERS}", Column.NAME, "two_names"),
        (f"姓名\t证件号\n周晚舟1\t{HERS}", Column.NAME, "name"),
        (f"姓名\t拼音\t证件号\n周晚舟\tLÜ/WANZHOU\t{HERS}", Column.PASSPORT_NAME, "passport_name"),
        (f"周晚舟 WANZHOU {PASSPORT}", Column.PASSPORT_NAME, "passport_name"),
        (f"姓名\t证件号\t手机\n周晚舟\t{HERS}\t12345", Column.PHONE, "phone"),
        (f"周晚舟 {HERS} 1990-03-08", Column.BIRTH_DATE, "differs"),
        (f"周晚舟 {PASSPORT} 1990-13-08", Column.BIRTH_DATE, "no_such_day"),
        (f"周晚舟 {PASSPORT} 2026-07-02", Column.BIRTH_DATE, "no_such_day"),
        (f"周晚舟 {PASSPORT} 7/3/1990", Column.BIRTH_DATE, "no_such_day"),
        (f"周晚舟 {HERS} 男", Column.SEX, "differs"),
        (f"姓名\t证件号\t性别\n周晚舟\t{HERS}\t?女的", Column.SEX, "unknown_word"),
        (f"姓名\t证件号\t关系\n周晚舟\t{HERS}\t邻居", Column.RELATION, "unknown_word"),
        (f"周晚舟 {HERS}\n陆知夏 {HERS}", Column.NUMBER, "twice"),
        (f"周晚舟 {HERS} <b>1</b>", None, "unread"),
    ],
)
def test_every_mistake_names_its_column(text: str, column: Column | None, code: str) -> None:
    assert (column, code) in codes(text)


def test_a_problem_names_the_line_and_never_the_value() -> None:
    wrong = HERS[:17] + ("1" if HERS[17] != "1" else "2")
    pasted = paste(f"\n周晚舟 {HIS} {PHONE}\n陆知夏 {wrong} 1990-03-08 {HIS}")
    assert {problem.line for problem in pasted.problems} == {3}
    said = repr(pasted) + "".join(f"{problem.message}{problem.way_out}" for problem in pasted.problems)
    assert not any(value in said for value in ("周晚舟", "陆知夏", wrong, HIS, PHONE))
    assert pasted.rows[1].number == wrong, "what was refused stays, to be mended in place"


@pytest.mark.usefixtures("in_english")
def test_a_document_renewed_between_two_lines_is_still_one_person() -> None:
    pasted = paste("陈大文 H0000000100\n陈大文 H0000000101\n陈小文 H0000000200")
    assert [row.is_clean for row in pasted.rows] == [True, False, True]
    assert "line 1" in str(pasted.rows[1].problems[0].message)


def test_what_belongs_to_nobody_does_not_block() -> None:
    row = only(f"周晚舟 {HERS} !!!! ???")
    assert row.is_clean
    assert [problem.code for problem in row.problems] == ["unread"]


def test_lines_in_which_nobody_was_found_are_told() -> None:
    pasted = paste(f"<script>alert(1)</script>\n\n周晚舟 {HERS}\n{'说' * 500}\n{PHONE}\n")
    assert [row.line for row in pasted.rows] == [3]
    assert pasted.passed_over == (1, 4, 5)


@pytest.mark.parametrize("text", ["", "\n\n", "姓名\t证件号\n", "<b>1</b>", "💣", "\x00", "'1'='1' --", "\u202e", "=" * 300])
@pytest.mark.usefixtures("in_english")
def test_a_text_without_a_traveller_is_refused(text: str) -> None:
    with pytest.raises(PasteRefused, match="No traveller"):
        paste(text)


@pytest.mark.usefixtures("in_english")
def test_too_many_travellers_are_refused_in_one_sentence() -> None:
    lines = [f"周晚舟 {invented.id_number(serial=serial)}" for serial in range(MOST_PEOPLE + 1)]
    assert len(paste("\n".join(lines[:MOST_PEOPLE])).rows) == MOST_PEOPLE
    with pytest.raises(PasteRefused, match=f"{MOST_PEOPLE} travellers"):
        paste("\n".join(lines))
    assert len(read("\n".join(lines), today=TODAY, most=60).rows) == MOST_PEOPLE + 1
    with pytest.raises(PasteRefused, match="2 travellers"):
        read("\n".join(lines[:3]), today=TODAY, most=2)


@pytest.mark.parametrize("text", ["周晚舟 1\n" * 10_000, "\n".join(["x"] * 10_001), "x" * 1_000_001])
@pytest.mark.usefixtures("in_english")
def test_what_can_be_no_list_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(PasteRefused, match="too long"):
        paste(text)


@pytest.mark.parametrize("line", ["﷽" * 390, "a/" * 199, "周 " * 199, "1 " * 199, "\u0301\u0316" * 199, "- " * 199])
def test_lines_made_to_hang_a_reader_do_not(line: str) -> None:
    with pytest.raises(PasteRefused):
        paste("\n".join([line] * 400))


def test_ten_times_the_lines_take_ten_times_the_work() -> None:
    text = "\n".join(f"周晚舟 {invented.id_number(serial=serial)} {invented.phone(serial)}" for serial in range(10_000))
    pasted, work = counted(text)
    _, less = counted("\n".join(text.splitlines()[:1000]))
    assert len(pasted.rows) == 10_000
    assert pasted.is_clean
    assert work < 11 * less


def counted(text: str) -> tuple[Pasted, int]:
    """What was read, and by how many calls: the same on every machine, which time is not."""
    calls = itertools.count()
    sys.setprofile(lambda _frame, event, _argument: next(calls) if event in {"call", "c_call"} else None)
    try:
        pasted = read(text, today=TODAY, most=10_000)
    finally:
        sys.setprofile(None)
    return pasted, next(calls)


PIECES = st.sampled_from(
    f"周晚舟 ZHOU/WANZHOU {HERS} {HERS[:15]} {HIS} {PASSPORT} {PHONE} 男 女 姓名 证件号码 护照 身份证 本人 1990-03-07 1990年3月7日".split()
    + list("\t,，、;|/:： \u3000\n\r\"'=(①\x00\u202e\u200f\u2028💣﷽\ud83d")
    + ["\r\n", "1.", "<b>", "' OR 1=1 --", "\u0301" * 50, "👨\u200d👩\u200d👧", "E+17", "+86"]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=60).map("".join))


@given(TEXTS)
@example("\u0301\u0316" * 200)
@example("1" * 399)
@example("- " * 199)
@example("a/" * 199)
@example("年月日" * 130)
def test_no_text_whatever_raises_anything_else(text: str) -> None:
    try:
        pasted = paste(text)
    except PasteRefused:
        return
    numbers = {problem.line for problem in pasted.problems} | {row.line for row in pasted.rows} | set(pasted.passed_over)
    assert numbers <= set(range(1, len(text) + 2))
    for row in pasted.rows:
        assert row.name or row.number or row.passport_name or row.problems
        assert not row.birth_date or row.birth_date <= TODAY


@given(
    st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=20, unique=True),
    st.permutations(range(3)),
    st.sampled_from("\t,; |、"),
)
def test_a_list_in_any_order_of_columns_gives_everybody_back(serials: list[int], order: list[int], separator: str) -> None:
    people = [("周晚舟", invented.id_number(serial=serial), invented.phone(serial)) for serial in serials]
    heading = ("姓名", "证件号码", "手机号")
    for lines in (people, [heading, *people]):
        pasted = paste("\n".join(separator.join(line[place] for place in order) for line in lines))
        assert pasted.is_clean
        assert [(row.name, row.number, row.phone) for row in pasted.rows] == [
            (name, number, f"+86{phone}") for name, number, phone in people
        ]
