"""Templates for tests, written where the test wants them."""

from pathlib import Path

PLAIN = """
#let it = json(bytes(sys.inputs.data))
#set document(title: "A paper", date: auto)
#set text(font: ("Libertinus Serif", "Noto Sans SC", "Noto Sans TC", "Noto Sans JP", "Noto Sans KR", "Besttrav Rare"))
#it.name
#for one in it.at("people", default: ()) [ #one.name #parbreak() ]
"""


def plain(folder: Path) -> Path:
    """A template that prints `name`, and `name` of each of `people`."""
    template = folder / "plain.typ"
    template.write_text(PLAIN, encoding="utf-8")
    return template
