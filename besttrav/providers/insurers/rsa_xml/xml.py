"""Messages as XML: trees out to bytes in GB18030, bytes in to trees. Parsed by defusedxml, without any document type."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

Tree = Mapping[str, Any]
"""Elements by name: a text, a tree, or a list of trees that share the name."""

_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,80}?encoding=[\"']([A-Za-z0-9-]{1,20})[\"'][^>]{0,40}\?>")
_ENCODINGS = {"gb18030", "utf-8"}
_DEEPEST = 12


class Unspeakable(ValueError):
    """A text holds a character that XML 1.0 cannot hold, so the message cannot be written and nothing leaves."""


def write(root: str, tree: Tree) -> bytes:
    """The message. Raises Unspeakable."""
    text = "".join(['<?xml version="1.0" encoding="GB18030"?>', f"<{root}>", *_written(tree), f"</{root}>"])
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text):
        raise Unspeakable
    return text.encode("gb18030")


def read(root: str, content: bytes) -> dict[str, Any]:
    """The tree of a message, every value a text. Raises ValueError for anything that is not one.

    Expat knows no encodings of several bytes, so the bytes become text before it sees them.
    """
    declared = _DECLARED.match(content)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise ValueError("an encoding that was not agreed")
    try:
        parsed = fromstring(content[declared.end() if declared else 0 :].decode(encoding), forbid_dtd=True)
    except (ParseError, DefusedXmlException, UnicodeError):
        raise ValueError("no XML that may be read") from None
    tree = _read(parsed, _DEEPEST) if parsed.tag == root else None
    if not isinstance(tree, dict):
        raise ValueError("another message")
    return tree


def many(tree: Any, name: str) -> list[dict[str, Any]]:
    """The trees of one name below a list element, which is an empty text where there are none. Raises ValueError for texts among them."""
    found = tree.get(name, []) if isinstance(tree, dict) else []
    listed = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in listed):
        raise ValueError("a text where a tree was expected")
    return listed


def _written(tree: Tree) -> Iterator[str]:
    for name, value in tree.items():
        for one in value if isinstance(value, list) else [value]:
            yield f"<{name}>"
            # A carriage return would come back as a line feed: every reader of XML turns bare ones into it.
            yield from _written(one) if isinstance(one, Mapping) else [escape(one, quote=False).replace("\r", "&#13;")]
            yield f"</{name}>"


def _read(element: Element, depth: int) -> Any:
    if depth == 0:
        raise ValueError("too deep")
    if len(element) == 0:
        return element.text or ""
    tree: dict[str, Any] = {}
    for child in element:
        value = _read(child, depth - 1)
        if child.tag not in tree:
            tree[child.tag] = value
        elif isinstance(tree[child.tag], list):
            tree[child.tag].append(value)
        else:
            tree[child.tag] = [tree[child.tag], value]
    return tree
