"""What papers have in common: names in two languages, the broker, and how days and amounts are written."""

from dataclasses import dataclass
from datetime import date

from besttrav.kernel.money import Money

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A name in English and in Chinese."""

    en: str
    zh: str

    def as_data(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Who makes the paper. `of` reads the operator's particulars from settings."""

    name: str
    name_en: str
    licence: str
    address: str
    address_en: str
    hotline: str

    @classmethod
    def of(cls, operator: dict[str, str]) -> "Broker":
        return cls(**{field: operator[field] for field in cls.__dataclass_fields__})

    def as_data(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in self.__dataclass_fields__}


def english_date(day: date) -> str:
    """1 December 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def chinese_date(day: date) -> str:
    """2026 年 12 月 1 日."""
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def yuan(amount: Money) -> str:
    """A sum insured: 300,000, with fen only where there are any."""
    return str(amount).removesuffix(".00")
