"""The papers of a product as pages show them: notices, exclusions, clauses and the guide to claims, each under an address of its own."""

from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt

from besttrav.catalogue.offer import Offer, Paper, PaperKind


@dataclass(frozen=True, slots=True)
class ShownPaper:
    """A paper with its text as it stands on the page, and the digest that the evidence of a sale names."""

    paper: Paper
    html: SafeString
    digest: str


def shown(offer: Offer, kind: PaperKind) -> ShownPaper:
    """This paper in the page's language."""
    paper, language = offer.paper(kind), get_language() or "zh-hans"
    return ShownPaper(paper, _rendered(paper.body.in_language(language)), paper.sha256.in_language(language))


def addresses(offer: Offer) -> list[tuple[Paper, str]]:
    """Every paper with where it stands, in the order of reading."""
    return [(offer.paper(kind), address_of(offer, kind)) for kind in PaperKind]


def address_of(offer: Offer, kind: PaperKind) -> str:
    return reverse("portal:paper", args=[offer.slug, name_of(kind)])


def name_of(kind: PaperKind) -> str:
    """A kind as addresses write it."""
    return kind.value.replace("_", "-")


def kind_named(name: str) -> PaperKind | None:
    """The kind an address names, if there is one."""
    return next((kind for kind in PaperKind if name_of(kind) == name), None)


@lru_cache(maxsize=256)
def _rendered(text: str) -> SafeString:
    """Headings move down by one: the page has its own first. Markup in the text is shown as text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return mark_safe(html)  # noqa: S308  # the renderer escapes all text
