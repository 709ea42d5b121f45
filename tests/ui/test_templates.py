"""The content policy holds because no template tries it: no style, no script and no handler in the markup."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = sorted(Path(settings.ROOT, "besttrav").glob("*/templates/**/*.html"))
FORBIDDEN = {
    "a style attribute": r"\sstyle\s*=",
    "a style element": r"<style",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "an event handler": r"\son[a-z]+\s*=",
    "htmx that evaluates": r"hx-on|\bjs:|hx-vals\s*=\s*['\"]js",
    "a script in an address": r"javascript:",
    "a value that is not escaped": r"\|safe\b|\{% autoescape off",
    "another host's file": r"(?:src|srcset|action|formaction|data|<link[^>]*href)\s*=\s*['\"](?:https?:)?//",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str) -> None:
    assert TEMPLATES
    assert [path.name for path in TEMPLATES if re.search(FORBIDDEN[what], path.read_text(encoding="utf-8"), re.IGNORECASE)] == []


def test_every_icon_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([\w]+)"', Path(settings.ROOT, "besttrav/ui/static/ui/icons.svg").read_text(encoding="utf-8")))
    named = {name for path in TEMPLATES for name in re.findall(r"""{% icon ["'](\w+)["']""", path.read_text(encoding="utf-8"))}

    assert named
    assert named - drawn == set()
