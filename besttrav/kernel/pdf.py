"""Reading a PDF that somebody else made: its text, and its pages as pictures. Nothing in the file is trusted.

The file is read by a process of its own (`pdf_child.py`) under limits of size, pages, time and memory; whatever it does there, here it is
read or refused. Nothing is written to a disk.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal

LARGEST = 20_000_000  # bytes; an e-policy has two hundred thousand, a scanned invoice a few million
MOST_PAGES = 300
_SECONDS = 20
_MEGABYTES = 1_024
_CHILD = Path(__file__).with_name("pdf_child.py")


class UnreadablePdf(Refusal):
    """The bytes are no PDF that can be read: broken, locked with a password, too large or too long."""

    code = "unreadable_pdf"
    message = _("This file cannot be read: it is no PDF, broken, locked with a password, or too large.")
    way_out = _("Save or scan it again as a PDF of at most 20 MB without a password.")


def text_of(pdf: bytes) -> str:
    """The text of all pages, in the order in which the paper was written, pages parted by form feeds."""
    return "\f".join(page_texts(pdf))


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page."""
    texts: list[str] = json.loads(_read(pdf, "texts"))
    return texts


def pictures_of(pdf: bytes, *, dpi: int = 110) -> list[bytes]:
    """Each page as PNG. A page that calls itself larger than 4,000 pixels is drawn smaller."""
    return list(_parted(_read(pdf, "pictures", dpi)))


def _read(pdf: bytes, task: str, dpi: int = 0) -> bytes:
    if len(pdf) > LARGEST or b"%PDF-" not in pdf[:1024]:
        raise UnreadablePdf
    limits = (MOST_PAGES, dpi, _SECONDS, _MEGABYTES)
    try:
        # -I: neither the environment nor the folder we stand in says what the child imports.
        done = subprocess.run(
            [sys.executable, "-I", _CHILD, task, *map(str, limits)],
            input=pdf,
            capture_output=True,
            timeout=_SECONDS + 5,
            check=True,
            env={},
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise UnreadablePdf from None  # What the child said may quote the file.
    return done.stdout


def _parted(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(stream):
        (length,) = struct.unpack_from(">I", stream, at)
        yield stream[at + 4 : at + 4 + length]
        at += 4 + length
