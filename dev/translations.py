"""The catalogues of `besttrav/locale`: compiled, compared with the code, completed. Nothing but Python is needed, no gettext tools.

`python -m dev.translations` compiles what is stale; `update` adds to every catalogue what the code says and it lacks, and takes out
what nobody says any more; `check` tells what is missing and fails.
"""

import ast
import json
import os
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dev.environment import ROOT

PRODUCT = ROOT / "besttrav"
CONTEXT = "\x04"  # between context and text in a compiled catalogue
PLURAL = "\x00"
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURALS = {"ngettext", "ngettext_lazy"}
CONTEXTS = {"pgettext", "pgettext_lazy"}
CONTEXT_PLURALS = {"npgettext", "npgettext_lazy"}

CALL = re.compile(r"""\b(?:gettext|ngettext|pgettext|npgettext|_)\((?:[^()'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*\)""")

Key = tuple[str | None, str]


@dataclass
class Message:
    """One entry of a catalogue: what the code says, and how it reads in the language."""

    text: str
    context: str | None = None
    plural: str | None = None
    translations: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.context, self.text

    @property
    def is_fuzzy(self) -> bool:
        return any(line.startswith("#,") and "fuzzy" in line for line in self.comments)

    @property
    def is_translated(self) -> bool:
        return bool(self.translations) and all(self.translations) and not self.is_fuzzy


def catalogues() -> list[Path]:
    return sorted((PRODUCT / "locale").glob("*/LC_MESSAGES/django.po"))


# --- Compiling ---


def compile_stale() -> int:
    """Compile every catalogue that is newer than its compiled form; returns how many were."""
    stale = [po for po in catalogues() if _is_stale(po)]
    for po in stale:
        _replace(po.with_suffix(".mo"), compiled(read(po)))
    return len(stale)


def _is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime_ns <= po.stat().st_mtime_ns


def _replace(path: Path, content: bytes) -> None:
    """Never half a file under the name: several test processes may write it at once."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def compiled(messages: list[Message]) -> bytes:
    """The binary form that gettext reads: a header, two tables of lengths and offsets, then the texts, sorted."""
    pairs = sorted((_compiled_id(message).encode(), PLURAL.join(message.translations).encode()) for message in messages if _counts(message))
    count, header = len(pairs), 7 * 4
    ids, texts, id_table, text_table = b"", b"", b"", b""
    texts_at = header + 16 * count
    for id, _text in pairs:
        id_table += struct.pack("<II", len(id), texts_at + len(ids))
        ids += id + b"\0"
    for _id, text in pairs:
        text_table += struct.pack("<II", len(text), texts_at + len(ids) + len(texts))
        texts += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, header, header + 8 * count, 0, texts_at)
    return head + id_table + text_table + ids + texts


def _counts(message: Message) -> bool:
    return message.text == "" or message.is_translated


def _compiled_id(message: Message) -> str:
    context = "" if message.context is None else message.context + CONTEXT
    return context + message.text + ("" if message.plural is None else PLURAL + message.plural)


# --- Reading and writing ---


def read(po: Path) -> list[Message]:
    """The entries of a catalogue in their order, the header first."""
    return [message for block in po.read_text(encoding="utf-8").split("\n\n") if (message := _message(block))]


def _message(block: str) -> Message | None:
    """One entry from its lines; entries that are commented out are dropped."""
    parts: dict[str, str] = {}
    comments = []
    current = ""
    for line in block.splitlines():
        if line.startswith("#"):
            comments += [] if line.startswith("#~") else [line]
            continue
        word, _, rest = line.strip().partition(" ")
        if not word.startswith('"'):
            current, line = word, rest
        if line.strip():
            parts[current] = parts.get(current, "") + str(ast.literal_eval(line.strip()))
    if "msgid" not in parts:
        return None
    translations = [text for word, text in parts.items() if word.startswith("msgstr")]
    return Message(parts["msgid"], parts.get("msgctxt"), parts.get("msgid_plural"), translations, comments)


def write(po: Path, messages: list[Message]) -> None:
    po.write_text("\n\n".join(_block(message) for message in messages) + "\n", encoding="utf-8")


def _block(message: Message) -> str:
    lines = list(message.comments)
    if message.context is not None:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.text)}")
    if message.plural is None:
        return "\n".join([*lines, f"msgstr {_quoted(''.join(message.translations))}"])
    lines.append(f"msgid_plural {_quoted(message.plural)}")
    return "\n".join(lines + [f"msgstr[{at}] {_quoted(text)}" for at, text in enumerate(message.translations or [""])])


def _quoted(text: str) -> str:
    lines = text.splitlines(keepends=True)
    quoted = [json.dumps(line, ensure_ascii=False) for line in lines] or ['""']
    return quoted[0] if len(quoted) == 1 else "\n".join(['""', *quoted])


# --- What the code says ---


def said() -> dict[Key, Message]:
    """Every text marked for translation in the product's Python files and templates."""
    found: dict[Key, Message] = {}
    for path in sorted(PRODUCT.rglob("*.py")):
        _collect(found, path, path.read_text(encoding="utf-8"))
    for path in sorted([*PRODUCT.rglob("templates/**/*.html"), *PRODUCT.rglob("templates/**/*.txt")]):
        _collect(found, path, _as_python(path))
    return found


def _collect(found: dict[Key, Message], path: Path, source: str) -> None:
    for message in _in_python(source):
        known = found.setdefault(message.key, message)
        known.plural = known.plural or message.plural
        place = f"#: {path.relative_to(ROOT)}"
        if place not in known.comments:
            known.comments.append(place)


def _in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (message := _marked(_called(node), [_literal(argument) for argument in node.args])):
            yield message


def _marked(name: str, texts: list[str | None]) -> Message | None:
    """The message in a call of one of the marking functions; None for any other call, and for one with a text that is not literal."""
    first, second, third = [*texts, None, None, None][:3]
    if name in PLAIN and first:
        return Message(first)
    if name in PLURALS and first and second:
        return Message(first, plural=second)
    if name in CONTEXTS and first and second:
        return Message(second, context=first)
    if name in CONTEXT_PLURALS and first and second and third:
        return Message(second, context=first, plural=third)
    return None


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _as_python(template: Path) -> str:
    """The marking calls of a template, one a line: Django writes them so for gettext's own tools."""
    # Only whoever compares needs Django; compiling must work without.
    from django.utils.translation.template import templatize

    return "\n".join(CALL.findall(templatize(template.read_text(encoding="utf-8"), origin=str(template))))


# --- Comparing ---


def update() -> None:
    """Bring every catalogue in line with the code, keeping the translations there are; English reads as the code has it."""
    wanted = said()
    for po in catalogues():
        header, *known = read(po)
        translated = {message.key: message.translations for message in known if any(message.translations)}
        messages = [
            Message(each.text, each.context, each.plural, translated.get(each.key) or _first_translations(po, each), each.comments)
            for each in wanted.values()
        ]
        write(po, [header, *messages])


def _first_translations(po: Path, message: Message) -> list[str]:
    if po.parent.parent.name != "en":
        return [""]
    return [message.text] if message.plural is None else [message.text, message.plural]


def problems() -> Iterator[str]:
    """What keeps a reader from reading everything in their language."""
    if not catalogues():
        return
    wanted = said()
    for po in catalogues():
        known = {message.key: message for message in read(po)[1:]}
        name = po.relative_to(ROOT)
        for key, message in wanted.items():
            if key not in known:
                yield f"{name}: lacks {message.text!r} of {message.comments[0][3:]}"
        for key, message in known.items():
            yield from _problems_of(f"{name}: {message.text!r}", message, key in wanted)


def _problems_of(where: str, message: Message, is_said: bool) -> Iterator[str]:
    if not is_said:
        yield f"{where} is said nowhere any more"
    elif message.is_fuzzy:
        yield f"{where} is marked fuzzy"
    elif not message.is_translated:
        yield f"{where} is not translated"
    else:
        for translation in message.translations:
            if _placeholders(translation) - _placeholders(message.text + (message.plural or "")):
                yield f"{where} has a placeholder in its translation that the text has not"


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}|%[sd]", text))


def main(wish: str = "compile") -> int:
    if wish == "update":
        update()
    if wish != "check":
        compile_stale()
        return 0
    found = list(problems())
    for problem in found:
        print(problem)
    if found:
        print("\nmake translations adds what is missing; then translate it.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
