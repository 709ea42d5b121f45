"""Every address says who may come in, is a noun, and is not opened by its own neighbour's rule."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Addresses that say nothing about anybody, and why they need no declaration.
OPEN = {"healthz/": "answers a load balancer with one word"}
_VERBS = r"\b(add|create|delete|do|edit|get|list|make|new|post|remove|save|send|set|show|submit|update|view)\b"


def _addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        place = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _addresses(entry, place)
        elif isinstance(entry, URLPattern):
            yield place, entry.callback


def test_every_address_says_who_may_come_in() -> None:
    silent = [place for place, view in _addresses(get_resolver()) if place not in OPEN and not getattr(view, "access", None)]
    assert silent == [], "put @access(...) above the view"


def test_addresses_are_nouns() -> None:
    verbs = [place for place, _ in _addresses(get_resolver()) if re.search(_VERBS, re.sub(r"<[^>]*>", "", place))]
    assert verbs == []
