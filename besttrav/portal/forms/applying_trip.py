"""The trip of an application: only what the product asks about it."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Activity, AskedOfTrip, Offer
from besttrav.catalogue.rating import Trip
from besttrav.portal.forms.applying import Choice, Words, refuse_undeclared
from besttrav.portal.forms.trip import DayField, PlaceField
from besttrav.sales.models import Application
from besttrav.sales.operations.applying import Wanted
from besttrav.sales.pricing import against_trip
from besttrav.ui.forms import RefusableForm

MOST_PLACES = 20
HIGHEST = 9_000  # metres: no ground is higher, and nobody dives so deep
PURPOSES: dict[str, Promise] = {
    "tourism": pgettext_lazy("purpose", "Tourism"),
    "family": pgettext_lazy("purpose", "Visiting family or friends"),
    "business": pgettext_lazy("purpose", "Business"),
    "study": pgettext_lazy("purpose", "Study or exchange"),
    "other": pgettext_lazy("purpose", "Something else"),
}
# One free line a product asks at most, under the name it has there.
WORDS: dict[AskedOfTrip, tuple[Promise, Promise]] = {
    AskedOfTrip.SCHOOL: (_("School"), _("Enter the name of the school")),
    AskedOfTrip.COMPANY: (_("Company"), _("Enter the name of the company")),
    AskedOfTrip.TOUR_NUMBER: (_("Number of the tour"), _("Enter the number of the tour")),
}
# Beside which field a rule speaks.
_FIELD_OF_RULE = {
    "plan": ("plan_unknown",),
    "area": ("area_unknown", "area_not_offered"),
    "destinations": ("destination_missing", "destination_excluded", "destination_sanctioned", "area_not_offered"),
    "start": ("starts_too_early", "starts_too_late"),
    "end": ("ends_before_start", "too_short", "too_long"),
    "annual": ("annual_not_offered", "single_not_offered"),
    "options": ("option_not_offered",),
    "letter": ("letter_not_offered",),
}


class PlacesField(forms.CharField):
    """Countries or regions by their names or codes, one after the other."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Where to"),
            help_text=_("Every country or region you enter, transit with a stay included: for example Japan, Korea"),
            error_messages={"required": _("Enter where the trip goes")},
        )

    def clean(self, value: Any) -> list[str]:
        typed = unicodedata.normalize("NFKC", str(value or "")).replace("\0", "")
        parts = [part.strip() for part in re.split(r"[、,;；/\n]+", typed) if part.strip()]
        super().clean(", ".join(parts))
        if len(parts) > MOST_PLACES:
            raise ValidationError(_("These are too many places: %(most)d at most."), params={"most": MOST_PLACES})
        one = PlaceField()
        return list(dict.fromkeys(one.clean(part) for part in parts))


class MetresField(forms.Field):
    """How high or how deep an activity goes."""

    widget = forms.TextInput

    def __init__(self, activity: Activity) -> None:
        label = _("Highest point in metres") if activity.asks == "altitude" else _("Deepest point in metres")
        super().__init__(label=str(label), required=False)

    def to_python(self, value: Any) -> int | None:
        typed = re.sub(r"[\s,米mM]", "", unicodedata.normalize("NFKC", str(value or "")))
        if not typed:
            return None
        if not re.fullmatch(r"[0-9]{1,5}", typed) or not 0 < int(typed) <= HIGHEST:
            raise ValidationError(_("Write the metres as a number, such as 3500."))
        return int(typed)


class ApplyingTripForm(RefusableForm):
    """Generated from what the product needs to know of the trip. `trip` is there once the form is valid."""

    def __init__(self, offer: Offer, *, data: QueryDict | None = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.offer = offer
        self.fields |= self._fields()
        if data is not None:
            refuse_undeclared(data, self.fields)

    def _fields(self) -> dict[str, forms.Field]:
        offer, asked = self.offer, self.offer.needs.trip
        fields: dict[str, forms.Field] = {}
        if AskedOfTrip.DESTINATIONS in asked:
            fields["destinations"] = PlacesField()
        if offer.annual and offer.longest:
            choices = [("", _("This trip")), ("1", _("All trips of a year"))]
            fields["annual"] = Choice(_("For how long"), choices, widget=forms.RadioSelect)
        fields["start"] = DayField(label=pgettext_lazy("trip", "From"), error_messages={"required": _("Enter the first day of cover")})
        if offer.longest:
            fields["end"] = DayField(label=pgettext_lazy("trip", "Until"), required=False)
        if len(offer.plans) > 1:
            choices = [(plan.code, plan.name) for plan in offer.plans]  # type: ignore[misc]  # texts in two languages are labels too
            fields["plan"] = Choice(_("Plan"), choices, _("Choose a plan"), widget=forms.RadioSelect)
        if len(offer.areas) > 1:
            areas = [(area.code, area.name) for area in offer.areas]
            by_place = [("", _("By the destination"))] if AskedOfTrip.DESTINATIONS in asked else []
            fields["area"] = Choice(_("Where cover holds"), [*by_place, *areas], "" if by_place else _("Choose where"), blank=False)
        if offer.options:
            fields["options"] = forms.MultipleChoiceField(
                label=_("To add"),
                required=False,
                choices=[(option.code, option.name) for option in offer.options],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("This is not one of the choices. Choose again.")},
            )
        if AskedOfTrip.PURPOSE in asked:
            fields["purpose"] = Choice(_("What for"), PURPOSES.items(), _("Choose what the trip is for"))
        for what, (label, missing) in WORDS.items():
            if what in asked:
                # A school is asked of those who go for it; whoever visits has none.
                fields["words"] = Words(label, "" if AskedOfTrip.PURPOSE in asked and what is AskedOfTrip.SCHOOL else missing)
        if AskedOfTrip.ACTIVITIES in asked:
            fields["activities"] = forms.MultipleChoiceField(
                label=_("What you will do"),
                help_text=_("Tick whatever is planned. What is not ticked here is covered as an ordinary trip only."),
                required=False,
                choices=[(one.code, one.name) for one in offer.activities],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("This is not one of the choices. Choose again.")},
            )
            fields |= {f"metres-{one.code}": MetresField(one) for one in offer.activities if one.asks}
        if offer.visa_letter:
            fields["letter"] = forms.BooleanField(
                label=_("I need a certificate in English for a visa"),
                help_text=_("It names everybody as their passport does, so those names are asked for."),
                required=False,
            )
        return fields

    @property
    def doings(self) -> "list[tuple[Activity, bool, forms.BoundField | None]]":
        """Every activity with whether it is ticked and the field for its metres."""
        ticked = set(self["activities"].value() or ()) if "activities" in self.fields else set()
        return [
            (one, one.code in ticked, self[f"metres-{one.code}"] if one.asks else None)
            for one in (self.offer.activities if "activities" in self.fields else ())
        ]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not self._is_annual() and "end" in self.fields and not given.get("end") and "end" not in self.errors:
            self.add_error("end", _("Enter the last day of cover"))
        for one in self.offer.activities if "activities" in self.fields else ():
            if one.asks and one.code in given.get("activities", ()) and not given.get(f"metres-{one.code}"):
                name = f"metres-{one.code}"
                if name not in self.errors:
                    self.add_error(name, _("Enter the metres: cover goes by them"))
        if not self.errors:
            self._ask_rules()
        return given

    def _ask_rules(self) -> None:
        """What stands against the trip is said here and not five pages later."""
        for reason in against_trip(self.offer, self.trip, wants_letter=bool(self.cleaned_data.get("letter"))):
            fields = (name for name, codes in _FIELD_OF_RULE.items() if reason.code in codes and name in self.fields)
            self.add_error(next(fields, None), f"{reason.says} {reason.way_out}")

    @property
    def trip(self) -> Trip:
        """As the engines take it."""
        wanted = self.wanted({})
        assert wanted.first_day
        return Trip(
            plan=wanted.plan,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            area=wanted.area,
            is_annual=wanted.is_annual,
            destinations=tuple(wanted.destinations),
            options=frozenset(wanted.options),
        )

    def wanted(self, groups: dict[str, int]) -> Wanted:
        """What the operation takes; `groups` are the ages a price was first asked for, which stay."""
        given, offer = self.cleaned_data, self.offer
        is_annual = self._is_annual()
        chosen = set(given.get("activities") or ())
        trip: dict[str, Any] = {}
        if "activities" in self.fields:
            trip["activities"] = [
                {"code": one.code, **({one.asks: given[f"metres-{one.code}"]} if one.asks else {})}
                for one in offer.activities
                if one.code in chosen
            ]
        if "purpose" in self.fields:
            trip["purpose"] = given["purpose"]
        return Wanted(
            plan=given.get("plan") or offer.plans[0].code,
            area=given.get("area") or ("" if given.get("destinations") else offer.areas[0].code if len(offer.areas) == 1 else ""),
            first_day=given["start"],
            last_day=None if is_annual else given.get("end"),
            is_annual=is_annual,
            destinations=given.get("destinations") or (),
            options=given.get("options") or (),
            trip=trip,
            trip_words=given.get("words") or "",
            groups=groups,
            wants_letter=bool(given.get("letter")),
        )

    def _is_annual(self) -> bool:
        return not self.offer.longest or self.cleaned_data.get("annual") == "1"


def initial_of(application: Application, offer: Offer, words: str) -> dict[str, Any]:
    """The form as it was saved. An area that follows from the destination stays with it when that changes."""
    activities = application.trip.get("activities", [])
    narrowest = next((area.code for area in offer.areas if all(area.covers(code) for code in application.destinations)), "")
    return {
        "destinations": "、".join(str(COUNTRIES[code].name) for code in application.destinations if code in COUNTRIES),
        "annual": "1" if application.is_annual else "",
        "start": application.first_day,
        "end": None if application.is_annual else application.last_day,
        "plan": application.plan,
        "area": "" if application.destinations and application.area == narrowest else application.area,
        "options": application.options,
        "purpose": application.trip.get("purpose", ""),
        "words": words,
        "activities": [one["code"] for one in activities],
        **{f"metres-{one['code']}": one.get("altitude") or one.get("depth") for one in activities},
        "letter": application.wants_letter,
    }
