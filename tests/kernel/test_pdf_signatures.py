"""A signature holds for the whole file, unchanged, by whom we trust; everything else is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from besttrav.kernel import clock
from besttrav.kernel.pdf import UnreadablePdf
from besttrav.kernel.pdf_signatures import signature_of
from simulators.paper import root_of
from simulators.paper.signing import signed
from tests.kernel.templates import plain

INSURER = {"en": "Hean Insurance"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("insurer")


@pytest.fixture(scope="session")
def root(folder: Path) -> bytes:
    return root_of(folder, INSURER["en"]).read_bytes()


@pytest.fixture(scope="session")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from besttrav.kernel.typesetting import typeset

    return typeset(plain(tmp_path_factory.mktemp("templates")), {"name": "周予宁"}, at=datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture(scope="session")
def paper(unsigned: bytes, folder: Path) -> bytes:
    return signed(unsigned, folder, insurer=INSURER)


def test_the_insurers_signature_holds(paper: bytes, root: bytes) -> None:
    told = signature_of(paper, [root])
    assert told is not None
    assert told.holds
    assert told.by == "Hean Insurance"
    assert told.at is not None
    assert abs(told.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_signers_own_certificate_may_be_what_is_trusted(paper: bytes, folder: Path) -> None:
    told = signature_of(paper, [(folder / "leaf.pem").read_bytes()])
    assert told is not None
    assert told.holds


def test_several_certificates_may_stand_in_one_file(paper: bytes, root: bytes, tmp_path: Path) -> None:
    other = root_of(tmp_path, "Another").read_bytes()
    told = signature_of(paper, [other + root])
    assert told is not None
    assert told.holds


def test_a_paper_that_nobody_signed_is_told(unsigned: bytes, root: bytes) -> None:
    assert signature_of(unsigned, [root]) is None


def test_a_foreign_signer_is_not_trusted(unsigned: bytes, folder: Path, root: bytes) -> None:
    told = signature_of(signed(unsigned, folder, insurer=INSURER, fault="foreign"), [root])
    assert told is not None
    assert (told.intact, told.whole_file, told.trusted, told.holds) == (True, True, False, False)


def test_nobody_is_trusted_without_certificates(paper: bytes) -> None:
    told = signature_of(paper, [])
    assert told is not None
    assert not told.trusted


def test_what_was_appended_after_the_signature_is_told(unsigned: bytes, folder: Path, root: bytes) -> None:
    told = signature_of(signed(unsigned, folder, insurer=INSURER, fault="appended"), [root])
    assert told is not None
    assert (told.intact, told.whole_file, told.holds) == (True, False, False)


def test_bytes_behind_the_end_are_told(paper: bytes, root: bytes) -> None:
    told = signature_of(paper + b"\n% more", [root])
    assert told is None or not told.holds


def test_a_changed_byte_is_told(unsigned: bytes, folder: Path, root: bytes) -> None:
    told = signature_of(signed(unsigned, folder, insurer=INSURER, fault="byte"), [root])
    assert told is not None
    assert (told.intact, told.holds) == (False, False)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_wherever_a_byte_is_changed_it_never_holds(paper: bytes, root: bytes, data: st.DataObject) -> None:
    """But for the signature's own digits, which no signature can sign."""
    before, after = _around_the_signature(paper)
    place = data.draw(st.one_of(st.integers(0, before - 1), st.integers(after, len(paper) - 1)))
    assert not _holds(_changed(paper, place, bit=data.draw(st.integers(0, 7))), root)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_the_signature_it_says_nothing_else(paper: bytes, root: bytes, data: st.DataObject) -> None:
    """Its padding, the case of its digits and a certificate it brings along decide nothing: it breaks, or says what it said."""
    start, end = _around_the_signature(paper)
    changed = _changed(paper, data.draw(st.integers(start, end - 1)), bit=data.draw(st.integers(0, 7)))
    assert not _holds(changed, root) or signature_of(changed, [root]) == signature_of(paper, [root])


def _around_the_signature(paper: bytes) -> tuple[int, int]:
    start = paper.rindex(b"/Contents <") + len(b"/Contents <")
    return start, paper.index(b">", start)


def _changed(paper: bytes, place: int, *, bit: int) -> bytes:
    return paper[:place] + bytes([paper[place] ^ 1 << bit]) + paper[place + 1 :]


def _holds(pdf: bytes, root: bytes) -> bool:
    try:
        told = signature_of(pdf, [root])
    except UnreadablePdf:
        return False
    return told is not None and told.holds


@pytest.mark.parametrize("cut", [0, 5, 300, -200, -1_000])
def test_a_broken_file_is_refused_or_does_not_hold(paper: bytes, root: bytes, cut: int) -> None:
    assert not _holds(paper[:cut], root)


def test_an_expired_certificate_is_not_trusted(paper: bytes, root: bytes) -> None:
    with clock.frozen(datetime.now(UTC) + timedelta(days=9_000)):
        told = signature_of(paper, [root])
    assert told is not None
    assert not told.trusted


def test_a_second_signature_is_the_one_that_counts(paper: bytes, root: bytes, tmp_path: Path) -> None:
    """An insurer's paper that somebody signed again is not the insurer's any more."""
    import io

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

    from simulators.paper.signing import _keys_in, _signer

    again = sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(paper)),
        PdfSignatureMetadata(field_name="Other"),
        signer=_signer(_keys_in(tmp_path, "Somebody")),
    ).getvalue()
    told = signature_of(again, [root])
    assert told is not None
    assert (told.by, told.holds) == ("Somebody", False)
