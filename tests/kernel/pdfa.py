"""What PDF/A-2b asks and can be told without a validator: it says so, nothing is missing from it, and nothing in it acts."""

import io
import re
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

ACTIVE = {"/JavaScript", "/JS", "/Launch", "/Movie", "/Sound", "/EmbeddedFile", "/RichMedia", "/XFA", "/OpenAction", "/AA"}


def faults(pdf: bytes) -> list[str]:
    """Everything found against it; empty when all is well."""
    reader = PdfFileReader(io.BytesIO(pdf))
    root = reader.root
    metadata = root["/Metadata"].data.decode("utf-8") if "/Metadata" in root else ""
    found = []
    if not all(re.search(rf'pdfaid:{name}(>|="){value}[<"]', metadata) for name, value in (("part", "2"), ("conformance", "B"))):
        found.append("it does not say that it is PDF/A-2b")
    intents = [intent.get_object() for intent in root["/OutputIntents"]] if "/OutputIntents" in root else []
    if not any(intent["/S"] == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in intents):
        found.append("no output intent with a colour profile")
    if "/ID" not in reader.trailer or "/Encrypt" in reader.trailer:
        found.append("no ID, or encrypted")
    for thing in _things(reader):
        if thing.get("/Type") == "/FontDescriptor" and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(thing):
            found.append("a font is not embedded")
        if active := ACTIVE & set(thing):
            found.append(f"something acts: {', '.join(sorted(active))}")
        if isinstance(thing, generic.StreamObject) and "/F" in thing:
            found.append("a stream lies in another file")
    return found


def _things(reader: PdfFileReader) -> list[Any]:
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.root]
    things = []
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, generic.IndirectObject):
            if (thing.idnum, thing.generation) in seen:
                continue
            seen.add((thing.idnum, thing.generation))
            thing = thing.get_object()
        if isinstance(thing, generic.DictionaryObject):
            things.append(thing)
            waiting += [thing.raw_get(key) for key in thing]
        elif isinstance(thing, generic.ArrayObject):
            waiting += [thing.raw_get(place) for place in range(len(thing))]
    return things
