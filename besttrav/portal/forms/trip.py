"""The trip form. Each field takes what people type: full-width digits, blanks, 2026年12月1日, a country by any of its names."""

import re
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from besttrav.catalogue.countries import COUNTRIES, Country, found
from besttrav.kernel import clock
from besttrav.portal.trips import BANDS, LIMITS, AskedTrip, Band, last_day
from besttrav.ui.forms import RefusableForm

LONGEST_PLACE = 40
MOST_VALUES = 40  # an address of ours has some twenty
_OURS = re.compile(r"(?:[a-z][a-z0-9_.:-]{0,60}|[A-Z]{2}|\d{1,7}|\d{4}-\d{2}-\d{2})?")
_DAY = re.compile(r"\s*(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?\s*")


class DayField(forms.Field):
    """A day in Beijing, as people write it."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> date | None:
        typed = unicodedata.normalize("NFKC", value or "").strip()
        if not typed:
            return None
        parts = _DAY.fullmatch(typed)
        try:
            if parts is None:
                raise ValueError
            return date(*map(int, parts.groups()))
        except ValueError:
            raise ValidationError(_("Write the day as year, month and day, for example 2026-12-01.")) from None


class CountField(forms.Field):
    """How many people of one band."""

    widget = forms.TextInput

    def __init__(self, band: Band) -> None:
        super().__init__(required=False, label=str(band.label))
        self.band = band

    def to_python(self, value: Any) -> int:
        typed = unicodedata.normalize("NFKC", value or "").strip() or "0"
        if not re.fullmatch(r"[0-9]{1,4}", typed):
            raise ValidationError(_("Write how many people as a number."))
        return int(typed)


class PlaceField(forms.CharField):
    """A country or region, by its code or by any of its names. Raises with what comes near."""

    def __init__(self) -> None:
        super().__init__(label=_("Where to"), required=False)

    def clean(self, value: Any) -> str:
        typed = unicodedata.normalize("NFKC", str(value or "")).strip().replace("\0", "")
        if not typed:
            return ""
        if len(typed) > LONGEST_PLACE:
            raise ValidationError(_("That is longer than the name of any place. Write a country or region."))
        if typed.upper() in COUNTRIES:
            return typed.upper()
        near = places_like(typed)
        if (near and typed.casefold() in {name.casefold() for name in (near[0].name.zh, near[0].name.en)}) or len(near) == 1:
            return near[0].code
        raise ValidationError(
            _("Several places are called something like this. Choose one.")
            if near
            else _("We know no such place. Write a country or region."),
            code="unclear",
        )


def places_like(typed: str) -> list[Country]:
    """Places whose name comes near what was typed."""
    return found(typed[:LONGEST_PLACE], 8)


def typed_place(given: QueryDict) -> str:
    """What was typed as a place: words that are neither the code of a link of ours nor the name our own page put there."""
    typed = unicodedata.normalize("NFKC", given.get("to", "")).strip()
    put_there = COUNTRIES.get(given.get("place", ""))
    ours = typed in COUNTRIES or (put_there and typed in (put_there.name.zh, put_there.name.en))
    return "" if ours else typed


def is_all_ours(given: QueryDict) -> bool:
    """Whether an address carries only what our own pages put there: codes, days and small numbers, and a place by its name. A page shows
    its address again, so whatever else somebody typed is kept with none."""
    values = [value for name, values in given.lists() for value in values if name != "to"]
    return len(values) <= MOST_VALUES and not typed_place(given) and all(_OURS.fullmatch(value) for value in (*given, *values))


class TripForm(RefusableForm):
    """Where, when and how many. Everything may be left out; what is there must make sense."""

    to = PlaceField()
    start = DayField(label=pgettext_lazy("trip", "From"), required=False)
    end = DayField(label=pgettext_lazy("trip", "Until"), required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields |= {band.code: CountField(band) for band in BANDS}

    @property
    def counts(self) -> list[tuple[Band, forms.BoundField]]:
        return [(band, self[band.code]) for band in BANDS]

    @property
    def suggested_ways(self) -> list[tuple[Country, str]]:
        """What an unclear place may have meant, each with the address of the list for it."""
        unclear = any(error.code == "unclear" for error in self.errors.as_data().get("to", []))
        near = places_like(str(self["to"].value() or "").strip()) if unclear else []
        return [(place, f"/products/{replace(self.trip, to=place.code).query}") for place in near]

    def clean_start(self) -> date | None:
        start: date | None = self.cleaned_data["start"]
        if start and start < clock.today():
            raise ValidationError(_("This day is over. Choose one from today on."))
        if start and start > clock.today() + timedelta(days=LIMITS.furthest):
            raise ValidationError(_("This is more than a year ahead. Choose an earlier day."))
        return start

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first. Choose a later one."))
        elif start and end and end > last_day(start):
            self.add_error(
                "end",
                ngettext_lazy("A trip here has %(days)s day at most.", "A trip here has %(days)s days at most.", LIMITS.longest)
                % {"days": LIMITS.longest},
            )
        if sum(self.cleaned_data.get(band.code) or 0 for band in BANDS) > LIMITS.most_people:
            self.add_error(
                "adults",
                ngettext_lazy("At most %(most)s person at a time.", "At most %(most)s people at a time.", LIMITS.most_people)
                % {"most": LIMITS.most_people},
            )
        return self.cleaned_data

    @property
    def trip(self) -> AskedTrip:
        """What is clear so far: fields that are at fault count as not given."""
        given = self.cleaned_data if self.is_bound and hasattr(self, "cleaned_data") else {}
        return AskedTrip(
            to=given.get("to") or "",
            start=given.get("start"),
            end=given.get("end"),
            people=tuple(given.get(band.code) or 0 for band in BANDS),
        )
