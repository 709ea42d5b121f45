"""Every colour that carries meaning can be told from its ground, computed from tokens.css as it stands."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (Path(settings.ROOT) / "besttrav/ui/static/ui/tokens.css").read_text(encoding="utf-8")
TEXTS = ("ink", "ink-2", "ink-3", "qing", "red", "amber", "green", "blue", "violet", "seal-ink", "c2-text")
GROUNDS = ("paper", "surface", "sunken")
SOFT = ("qing", "red", "amber", "green", "blue", "violet")
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")


def colours(selector: str) -> dict[str, str]:
    """The tokens declared in the block of a selector; dark adds to light."""
    block = TOKENS[TOKENS.index(selector + " {") :]
    return dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", block[: block.index("}")]))


LIGHT = colours(":root, .is-issued")
DARK = LIGHT | colours(':root[data-theme="dark"]')
SYSTEM_DARK = LIGHT | colours(':root[data-theme="system"]')
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_weak(theme: dict[str, str], pairs: list[tuple[str, str]], least: float) -> list[str]:
    ratios = [(front, back, contrast(theme[front], theme[back])) for front, back in pairs]
    return [f"{front} on {back}: {ratio:.2f}" for front, back, ratio in ratios if ratio < least]


@THEMES
def test_text_is_readable_on_every_ground(theme: dict[str, str]) -> None:
    assert too_weak(theme, [(text, ground) for text in TEXTS for ground in GROUNDS], 4.5) == []


@THEMES
def test_text_is_readable_on_tints_buttons_and_bands(theme: dict[str, str]) -> None:
    tints = [(tone, f"{tone}-soft") for tone in SOFT] + [("ink", f"{tone}-soft") for tone in SOFT]
    assert too_weak(theme, [*tints, ("on-qing", "qing"), ("on-qing", "qing-strong"), ("on-band", "band")], 4.5) == []


@THEMES
def test_borders_of_controls_and_chart_series_stand_out(theme: dict[str, str]) -> None:
    assert too_weak(theme, [("ctl", ground) for ground in GROUNDS], 3) == []
    assert too_weak(theme, [(series, "surface") for series in SERIES], 3) == []


@THEMES
def test_one_of_the_two_focus_rings_always_shows(theme: dict[str, str]) -> None:
    for ground in (*GROUNDS, "qing", "band"):
        assert max(contrast(theme["focus"], theme[ground]), contrast(theme["focus-ink"], theme[ground])) >= 3, ground
    assert contrast(theme["focus"], theme["focus-ink"]) >= 3


def test_dark_is_the_same_whether_the_person_or_the_device_chose_it() -> None:
    assert DARK == SYSTEM_DARK != LIGHT


BLOCKS = [
    (selector.strip(), body)
    for sheet in sorted(Path(settings.ROOT).glob("besttrav/*/static/**/*.css"))
    for selector, body in re.findall(r"([^{};]*)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL))
]
A_COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|color-mix)\(|\b(?:color|background|fill|stroke|opacity|filter)\b[\w-]*\s*:", re.IGNORECASE
)
A_MEASURE = re.compile(r"\b\d+(?:\.\d+)?(?:px|em|rem|ch|vw|vh|fr|ms)\b")


def blocks_of(attribute: str) -> list[str]:
    found = [body for selector, body in BLOCKS if attribute in selector]
    assert found
    return found


def test_a_theme_changes_colours_and_nothing_else() -> None:
    """So a page that fits and can be used in light does in dark: the browser tests look at the colours only there."""
    for body in blocks_of("data-theme"):
        for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", body):
            assert name == "color-scheme" or name.startswith("--"), name
            assert name.startswith("--shadow-") or not A_MEASURE.search(value), f"{name}: {value}"


@pytest.mark.parametrize("said", ["data-size", "data-density", ":lang(", "[lang"])
def test_larger_letters_closer_rows_and_another_language_change_no_colour(said: str) -> None:
    """So what can be told from its ground can be told in each of them: the browser tests do not compare colours again there."""
    assert [body for body in blocks_of(said) if A_COLOUR.search(body) or set(re.findall(r"--([\w-]+)\s*:", body)) & set(LIGHT)] == []
