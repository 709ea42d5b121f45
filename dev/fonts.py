"""Makes `besttrav/kernel/fonts/rare.ttf`: characters of Chinese names that the Noto fonts lack, in a small subset of the Hanazono font.

    apt-get download fonts-hanazono unicode-data      # and unpack both with dpkg -x
    python -m dev.fonts HanaMinA.ttf HanaMinB.ttf Unihan_IRGSources.txt.bz2

Chosen are the characters that Unicode took from the sources below and no font of the wheel has. Characters that stand only in the
dictionaries of old texts would be fifty thousand more, thirty megabytes: a deployment that meets them names a folder of fonts, see
docs/operating.md.
"""

import bz2
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools import merge, subset
from fontTools.ttLib import TTFont

from besttrav.kernel.typesetting import WHEEL_FONTS
from dev.environment import ROOT

# Sources of the ideographs that China gave to Unicode (Unicode Standard Annex 38, kIRG_GSource), whose characters turn up in today's
# names, addresses and papers.
SOURCES = {
    "GIDC": "identity system of the Ministry of Public Security",
    "GXM": "personal names from the Ministry of Public Security",
    "GDM": "place names from the Ministry of Public Security",
    "GU": "characters of GB 18030 mapped to Unicode",
    "GKJ": "terms in sciences and technologies, approved by the national committee",
    "GCYY": "Chinese Academy of Surveying and Mapping",
    "GXC": "Modern Chinese Dictionary",
    "GXH": "Xinhua Dictionary",
    "GXHZ": "Xinhua Big Dictionary",
    "GBK": "Encyclopedia of China",
    "GFZ": "Founder Press System",
    "GJZ": "Commercial Press ideographs",
    "GZH": "Ocean of Chinese Characters",
    "GFC": "Modern Chinese Standard Dictionary",
    "GCY": "Source of Words",
    "GGH": "Old Chinese Dictionary",
}
NAME = "Besttrav Rare"
NOTICE = """Besttrav Rare is a subset, under another name, of HanaMinA and HanaMinB of 2017-09-04 (Hanazono Font, by the GlyphWiki project),
made by dev/fonts.py. It may be used under the Hanazono Font License, which follows, as it was before it was cut.

Hanazono Font License

This font is a free software. Unlimited permission is granted to use, copy, and distribute it, with or without modification, either
commercially and noncommercially. THIS FONT IS PROVIDED "AS IS" WITHOUT WARRANTY. License of this document is same as the font.

Copyright 2008, 2009, 2010, 2011 GlyphWiki Project.
"""


def main(*words: str) -> None:
    *fonts, sources = map(Path, words)
    lacking = set(_wanted(sources)) - _covered(WHEEL_FONTS.rglob("*.ttf"))
    folder = ROOT / "besttrav" / "kernel" / "fonts"
    folder.mkdir(exist_ok=True)
    parts = []
    for place, font in enumerate(fonts):
        part = folder / f"part{place}.ttf"
        lacking -= _cut(font, lacking, part)
        parts.append(str(part))
    made = merge.Merger().merge(parts)
    _name(made)
    made.recalcTimestamp = False
    made.save(folder / "rare.ttf")
    for written in parts:
        Path(written).unlink()
    (folder / "LICENSE.txt").write_text(NOTICE, encoding="utf-8")
    print(f"{len(made.getBestCmap())} characters; {len(lacking)} are in none of these fonts")


def _wanted(sources: Path) -> Iterator[int]:
    with bz2.open(sources, "rt", encoding="utf-8") as lines:
        for line in lines:
            found = re.match(r"U\+([0-9A-F]+)\tkIRG_GSource\t([A-Z0-9]+)", line)
            if found and found[2] in SOURCES:
                yield int(found[1], 16)


def _covered(fonts: Iterator[Path]) -> set[int]:
    return {code for font in fonts for code in TTFont(font, lazy=True).getBestCmap()}


def _cut(font: Path, wanted: set[int], into: Path) -> set[int]:
    """Write the subset, and tell which characters it holds."""
    options = subset.Options(hinting=False, layout_features=[], name_IDs=["*"], notdef_outline=True, glyph_names=False)
    whole = TTFont(font, lazy=True)
    held = wanted & set(whole.getBestCmap())
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=held)
    cutter.subset(whole)
    for table in ("vhea", "vmtx", "GSUB", "GPOS", "VORG"):
        if table in whole:
            del whole[table]
    whole.save(into)
    return held


def _name(font: TTFont) -> None:
    """The makers keep the name Hanazono for the whole font."""
    names = font["name"]
    names.names = []
    for place, text in (
        (0, NOTICE.splitlines()[-1]),
        (1, NAME),
        (2, "Regular"),
        (3, f"{NAME} 2017-09-04"),
        (4, NAME),
        (5, "Version 1.000"),
        (6, "BesttravRare"),
    ):
        names.setName(text, place, 3, 1, 0x409)
    font["head"].created = font["head"].modified = (
        3_587_328_000  # the day of the font it was cut from, so that the same cut is the same file
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
