"""Reading what somebody else made: read or refused, whatever it is, and never for long."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from besttrav.kernel import pdf
from besttrav.kernel.pdf import UnreadablePdf, page_texts, pictures_of, text_of
from besttrav.kernel.typesetting import typeset
from tests.kernel.templates import plain

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return typeset(plain(tmp_path_factory.mktemp("templates")), {"name": "周予宁𠮷 ZHOU"}, at=AT)


@pytest.fixture(scope="module")
def long_paper(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return typeset(plain(tmp_path_factory.mktemp("templates")), {"name": "", "people": [{"name": f"P{n}"} for n in range(120)]}, at=AT)


def test_the_text_is_what_was_set(paper: bytes) -> None:
    assert text_of(paper) == "周予宁𠮷 ZHOU"


def test_pages_are_told_apart(long_paper: bytes) -> None:
    texts = page_texts(long_paper)
    assert len(texts) > 1
    assert text_of(long_paper) == "\f".join(texts)
    assert "P0" in texts[0]
    assert "P119" in texts[-1]


def test_a_page_becomes_a_picture_of_the_size_asked_for(paper: bytes) -> None:
    (picture,) = pictures_of(paper, dpi=72)
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (596, 842)


def test_a_page_that_calls_itself_enormous_is_drawn_smaller(paper: bytes) -> None:
    (picture,) = pictures_of(paper, dpi=1_200)
    assert max(struct.unpack(">II", picture[16:24])) <= 4_001


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda paper: b"",
    "only a head": lambda paper: b"%PDF-1.7\n",
    "a picture": lambda paper: b"\x89PNG\r\n\x1a\n" + paper[20:],
    "a page of HTML": lambda paper: b"<html>%PD F-</html>",
    "garbage behind a head": lambda paper: b"%PDF-1.7\n" + bytes(range(256)) * 50,
    "cut in the middle": lambda paper: paper[: len(paper) // 3],
    "too large": lambda paper: paper + b" " * pdf.LARGEST,
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("read", [text_of, pictures_of])
def test_what_is_no_pdf_is_refused(paper: bytes, read: Callable[[bytes], object], how: str) -> None:
    with pytest.raises(UnreadablePdf):
        read(BROKEN[how](paper))


def test_a_locked_file_is_refused(paper: bytes) -> None:
    import io

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(paper)))
    writer.encrypt("a password")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(UnreadablePdf):
        text_of(locked.getvalue())


def test_too_many_pages_are_refused(long_paper: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(UnreadablePdf):
        text_of(long_paper)


@pytest.mark.parametrize("program", ["while True: pass", "import time; time.sleep(60)", "import os; os.abort()", "x = bytearray(10**13)"])
def test_a_reader_that_loops_sleeps_falls_or_eats_memory_ends_and_we_do_not(
    paper: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    child = tmp_path / "child.py"
    child.write_text(program, encoding="utf-8")
    monkeypatch.setattr(pdf, "_CHILD", child)
    monkeypatch.setattr(pdf, "_SECONDS", -4)
    with pytest.raises(UnreadablePdf):  # Had it been waited for, it would have ended well, with nothing to read.
        text_of(paper)


def test_the_reader_keeps_its_own_limits(paper: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MEGABYTES", 16)
    with pytest.raises(UnreadablePdf):
        text_of(paper)
