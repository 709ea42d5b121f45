"""Papers: data stays data, every name prints or is refused, and the same input is the same file."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from besttrav.kernel import typesetting
from besttrav.kernel.pdf import text_of
from besttrav.kernel.typesetting import Unprintable, typeset, unprintable
from tests.house.tree import ROOT
from tests.kernel import pdfa
from tests.kernel.templates import plain

AT = datetime(2026, 11, 22, 2, 37, tzinfo=UTC)
Setting = Callable[[str], bytes]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def printed(template: Path) -> Callable[[str], str]:
    """The text of the paper on which this name stands."""
    return lambda name: text_of(typeset(template, {"name": name}, at=AT)).strip()


@pytest.mark.parametrize(
    "name",
    ["吉野家𠮷", "王𬭎", "李㛃", "赵䶮", "陈𣲘", "林𬍛", "吴堃", "鿍鿫", "张𪨶𨐈", "𫟼𡘙", "ZHOU, YÜNING", "Nguyễn Thị Ánh", "Łukasz Żółć"],
)
def test_rare_characters_print(printed: Callable[[str], str], name: str) -> None:
    assert unprintable(name) == ""
    assert printed(name) == name


def test_every_character_of_the_small_font_of_rare_ones_prints() -> None:
    from fontTools.ttLib import TTFont  # Slow to load, and needed here only.

    rare = [chr(code) for code in TTFont(typesetting.RARE_FONTS / "rare.ttf").getBestCmap()]
    assert len(rare) > 1_300
    assert unprintable("".join(rare)) == ""


def test_every_character_of_extension_a_and_of_the_common_ideographs_prints_but_for_the_newest() -> None:
    common = "".join(map(chr, [*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FEF)]))
    assert unprintable(common) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "\u202e0001",
        "\u2066x\u2069",
        "a\u200bb",
        "a\x00b",
        "a\x1b[31mb",
        "\ufeffa",
        "\ue000",
        "\ud800",
        "a\u2028b",
        "王\ufe00",
        "\u3164",
        "葛\U000e0100",
    ],
)
def test_what_prints_nothing_or_turns_the_line_round_is_refused(template: Path, hostile: str) -> None:
    with pytest.raises(Unprintable) as refused:
        typeset(template, {"name": "fine", "people": [{"name": "fine"}, {"name": hostile}]}, at=AT)
    assert refused.value.fields == ("people[1].name",)
    assert unprintable(hostile)


@pytest.mark.parametrize("lacking", ["𪚥", "😀", "\U0002ebf0"])
def test_a_character_that_no_font_has_is_refused_and_its_field_is_named(template: Path, lacking: str) -> None:
    with pytest.raises(Unprintable) as refused:
        typeset(template, {"name": f"王{lacking}", "people": [{"name": "fine"}]}, at=AT)
    assert refused.value.fields == ("name",)
    assert lacking not in str(refused.value)
    assert refused.value.__suppress_context__, "the error beneath quotes the name"
    assert unprintable(f"王{lacking}a") == lacking


def test_one_more_folder_of_fonts_is_looked_in(template: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    rare = chr(max(TTFont(typesetting.RARE_FONTS / "rare.ttf").getBestCmap()))
    monkeypatch.setattr(typesetting, "WHEEL_FONTS", tmp_path)
    monkeypatch.setattr(typesetting, "RARE_FONTS", tmp_path)
    typesetting._press.cache_clear()
    try:
        assert unprintable(rare) == rare
        assert unprintable(rare, fonts=Path(typesetting.__file__).parent / "fonts") == ""
    finally:
        typesetting._press.cache_clear()


@pytest.mark.parametrize(
    "name",
    [
        '#import "x": *',
        '#read("/etc/passwd")',
        "#panic()",
        "*bold* _it_ `raw` $x$",
        "= Heading",
        "\\ \\u{41} \\#",
        "\"quoted\" 'single'",
        "]) #sys.inputs",
        "/* comment */ // line",
        "<label> @ref",
        "{{ django }} {% x %}",
        "~ -- --- ... https://a.example",
    ],
)
def test_a_name_is_text_and_never_markup(printed: Callable[[str], str], name: str) -> None:
    assert printed(name) == name


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30))
def test_whatever_is_typed_in_letters_and_signs_stands_there_as_typed(template: Path, text: str) -> None:
    assert "".join(text_of(typeset(template, {"name": text}, at=AT)).split()) == text


def test_the_same_input_is_the_same_file_in_every_process_and_leaves_none_behind(template: Path, tmp_path: Path) -> None:
    here = typeset(template, {"name": "周予宁"}, at=AT)
    assert typeset(template, {"name": "周予宁"}, at=AT) == here
    program = (
        "import sys, hashlib; from pathlib import Path; from datetime import datetime; from besttrav.kernel.typesetting import typeset;"
        "print(hashlib.sha256(typeset(Path(sys.argv[1]), {'name': sys.argv[2]}, at=datetime.fromisoformat(sys.argv[3]))).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, template, "周予宁", AT.isoformat()],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == hashlib.sha256(here).hexdigest()
    assert list(tmp_path.iterdir()) == []


def test_another_moment_is_another_file_and_a_moment_has_a_time_zone(template: Path) -> None:
    assert typeset(template, {"name": "a"}, at=AT) != typeset(template, {"name": "a"}, at=AT.replace(year=2027))
    with pytest.raises(ValueError, match="time zone"):
        typeset(template, {"name": "a"}, at=AT.replace(tzinfo=None))


def test_many_threads_set_each_their_own_paper(template: Path) -> None:
    names = [f"NAME {number}" for number in range(40)]
    alone = [typeset(template, {"name": name}, at=AT) for name in names]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda name: typeset(template, {"name": name}, at=AT), names)) == alone


def test_a_paper_is_pdf_a_with_its_fonts(template: Path) -> None:
    assert pdfa.faults(typeset(template, {"name": "周予宁𠮷"}, at=AT)) == []


def test_a_paper_that_is_no_pdf_a_would_be_told(template: Path) -> None:
    compiler = typst.Compiler(template, ignore_system_fonts=True)
    ordinary = compiler.compile(format="pdf", sys_inputs={"data": '{"name": "a"}'})
    assert isinstance(ordinary, bytes)
    assert pdfa.faults(ordinary) != []


def test_a_mistake_in_a_template_is_told_as_it_is(tmp_path: Path) -> None:
    broken = tmp_path / "broken.typ"
    broken.write_text("#undefined-thing", encoding="utf-8")
    with pytest.raises(typst.TypstError, match="unknown variable"):
        typeset(broken, {"name": "fine"}, at=AT)
