"""Words in both languages, carried together: what an insurer wrote is content and not a string of ours to translate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from besttrav.kernel.money import Money

_ask: list[Callable[[], str | None]] = [lambda: None]


def follow_language(ask: Callable[[], str | None]) -> None:
    """Let `str()` of every Text follow what `ask` answers. Called once by this room's start-up, so that the engines need no Django."""
    _ask[:] = [ask]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English. `str()` is the one of the page's language; Chinese where nobody said."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (_ask[0]() or "").startswith("en") else self.zh

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def __mod__(self, values: Mapping[str, object]) -> "Text":
        """Put values into the named places of both; a value that is a Text stands in its own language."""
        return Text(self.zh % _in(values, "zh"), self.en % _in(values, "en"))

    def in_language(self, code: str) -> str:
        """The words in a language by its code, whatever the page speaks."""
        return self.en if code.startswith("en") else self.zh


EMPTY = Text("", "")


def joined(parts: "list[Text]") -> Text:
    """A list of things in one sentence."""
    return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def in_words(amount: Money) -> Text:
    """An amount as people say it: 30 万元, 8,000 元, 1.50 元; CNY 300,000, CNY 1.50."""
    yuan, fen = divmod(amount.fen, 100)
    if fen:
        return Text(f"{amount} 元", f"CNY {amount}")
    return Text(f"{yuan // 10_000:,} 万元" if yuan and yuan % 10_000 == 0 else f"{yuan:,} 元", f"CNY {yuan:,}")


def day_in_words(day: date) -> Text:
    """A day as people write it: 2026 年 12 月 1 日; 1 December 2026."""
    return Text(f"{day.year} 年 {day.month} 月 {day.day} 日", f"{day.day} {_MONTHS[day.month - 1]} {day.year}")


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _in(values: Mapping[str, object], language: str) -> dict[str, object]:
    return {name: getattr(value, language) if isinstance(value, Text) else value for name, value in values.items()}
