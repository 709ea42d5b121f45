"""The other side of `besttrav.kernel.pdf`: a program that reads a PDF from its input, within limits, and knows nothing of us.

A broken or hostile file can make the reader loop, eat memory or fall over; then this process ends, and not the one that asked.
"""

import json
import struct
import sys
import zlib
from collections.abc import Iterator

import pypdfium2


def main(task: str, pages: str, dpi: str, seconds: str, megabytes: str) -> None:
    _limit(int(seconds), int(megabytes))
    pdf = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if len(pdf) > int(pages):
        raise SystemExit(f"more than {pages} pages")
    out = sys.stdout.buffer
    if task == "texts":
        out.write(json.dumps([page.get_textpage().get_text_bounded() for page in pdf]).encode("ascii"))
        return
    for picture in _pictures(pdf, int(dpi)):
        out.write(struct.pack(">I", len(picture)) + picture)


def _limit(seconds: int, megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # There is none on Windows; the parent's clock ends us there as well.
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # The answer goes through a pipe; files are not ours to write.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # What is read is personal and shall not lie about.


def _pictures(pdf: pypdfium2.PdfDocument, dpi: int) -> Iterator[bytes]:
    for page in pdf:
        # A page may call itself a kilometre wide.
        scale = min(dpi / 72, 4000 / max(page.get_size()))
        drawn = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
        yield _png(drawn.width, drawn.height, drawn.stride, drawn.n_channels, bytes(drawn.buffer))


def _png(width: int, height: int, stride: int, channels: int, pixels: bytes) -> bytes:
    colour = {1: 0, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + pixels[row * stride : row * stride + width * channels] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    main(*sys.argv[1:])
