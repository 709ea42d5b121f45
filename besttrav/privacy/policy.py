"""The privacy policy itself: its versions, its 44 clauses, and the exact text a person was shown.

A text is Markdown in `policy/<number>/<language>.md`. It names the operator as `{{ operator.name }}` and the places of generated lists as
`[[list:collected]]`; `Text.filled()` puts both in, and the hash of what comes out is what a consent is tied to.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

from besttrav.kernel.errors import Refusal

# The clauses by their stable ids: tests, the public page and the register of purposes name them so.
CLAUSES = (
    *("1", "2.1", "2.2.1", "2.2.2a", "2.2.2b", "2.2.3", "2.3", "2.3a", "2.3b"),
    *("3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8"),
    *("4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9"),
    *("5.1", "5.2", "5.3", "6.1", "6.2", "6.3", "6.4", "6.5"),
    *("7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8", "9", "10", "11"),
)
LISTS = ("collected", "purposes", "recipients", "retention")
LANGUAGES = {"zh-hans": "zh-Hans", "en": "en"}

_HEADING = re.compile(r"^(#{1,6}) +(?:(\d+(?:\.\d+)*[ab]?) +)?(.+)$")
_VALUE = re.compile(r"\{\{ (operator|policy)\.(\w+) \}\}")
_LIST = re.compile(r"^\[\[list:(\w+)\]\]$", re.MULTILINE)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


class NoSuchVersion(Refusal):
    code = "no_such_version"
    message = _("There is no such version of the privacy policy.")
    way_out = _("See the list of all versions.")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text below it, up to the next heading. `number` is empty for what stands before the first clause."""

    number: str
    title: str
    level: int
    markdown: str

    @property
    def is_clause(self) -> bool:
        return self.number in CLAUSES

    @property
    def anchor(self) -> str:
        """The id of this section on the page: `clause-7.1`, or `part-7` for a heading that is no clause of its own."""
        return f"{'clause' if self.is_clause else 'part'}-{self.number}" if self.number else ""

    @property
    def html(self) -> SafeString:
        """The text as HTML. Tags written in the Markdown are shown, not obeyed."""
        rendered: str = _markdown.render(self.markdown)
        return mark_safe(rendered)  # noqa: S308 - markdown-it escapes every tag: html is off


@dataclass(frozen=True)
class Text:
    """One version in one language."""

    version: str
    language: str
    markdown: str

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of exactly this text, in UTF-8."""
        return sha256(self.markdown.encode()).hexdigest()

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The text in reading order."""
        return tuple(_split(self.markdown))

    @property
    def title(self) -> str:
        return self.sections[0].title

    def clause(self, id: str) -> Section:
        """The clause with this id."""
        return next(section for section in self.sections if section.number == id)

    def filled(self, *, operator: Mapping[str, str], lists: Mapping[str, str]) -> "Text":
        """The text as shown: the operator's particulars and the generated lists (Markdown) in their places.

        Raises KeyError when the text asks for a value or a list that was not given: an incomplete policy is not shown.
        """
        policy = version(self.version).particulars
        values = {"operator": operator, "policy": policy}
        named = _VALUE.sub(lambda place: _literal(values[place[1]][place[2]]), self.markdown)
        return replace(self, markdown=_LIST.sub(lambda place: lists[place[1]], named))


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. Texts are read when asked for, and refused when they are not the ones that were published."""

    number: str
    published: date
    effective: date
    approval: str
    changes: Mapping[str, str]
    sha256: Mapping[str, str]

    @property
    def particulars(self) -> dict[str, str]:
        return {"number": self.number, "published": self.published.isoformat(), "effective": self.effective.isoformat()}

    def path(self, language: str) -> Path:
        return Path(settings.POLICY) / self.number / f"{LANGUAGES[language]}.md"

    def text(self, language: str) -> Text:
        """The text as published; ImproperlyConfigured if a letter of it has changed since."""
        text = Text(self.number, language, self.path(language).read_text(encoding="utf-8"))
        if text.sha256 != self.sha256[LANGUAGES[language]]:
            raise ImproperlyConfigured(f"policy/{self.number}/{LANGUAGES[language]}.md is not the text that was published")
        return text


@cache
def versions() -> tuple[Version, ...]:
    """Every version there has been, oldest first."""
    tables: list[dict[str, Any]] = tomllib.loads((Path(settings.POLICY) / "versions.toml").read_text(encoding="utf-8"))["version"]
    return tuple(Version(**table) for table in tables)


def version(number: str) -> Version:
    """The version with this number; NoSuchVersion otherwise."""
    for one in versions():
        if one.number == number:
            return one
    raise NoSuchVersion


def current(on: date) -> Version:
    """The version in effect on a day; before the first took effect, the first."""
    return next((one for one in reversed(versions()) if one.effective <= on), versions()[0])


def _split(markdown: str) -> list[Section]:
    sections: list[Section] = []
    for line in markdown.splitlines(keepends=True):
        if heading := _HEADING.match(line.rstrip("\n")):
            sections.append(Section(heading[2] or "", heading[3], len(heading[1]), ""))
        else:
            sections[-1] = replace(sections[-1], markdown=sections[-1].markdown + line)
    return sections


def _literal(value: str) -> str:
    """A value that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>&~-])", r"\\\1", value)
