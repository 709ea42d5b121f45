"""What the fields of a trip need on any page, besides the form itself."""

from functools import cache
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from besttrav.catalogue.countries import COUNTRIES
from besttrav.kernel import clock
from besttrav.portal.forms.trip import TripForm
from besttrav.portal.trips import last_day


def trip_fields(form: TripForm) -> dict[str, Any]:
    """The context of `portal/shop/trip_fields.html` and of the quote card: a place stands in its field by name, never as a code."""
    trip, today = form.trip, clock.today()
    unclear = form.is_bound and "to" in form.errors
    shown = form["to"].value() if unclear else trip.place.name if trip.place else ""
    return {
        "form": form,
        "trip": trip,
        "to_shown": str(shown),
        "place_hint": _("Country or region"),
        "places": places(get_language() or "zh-hans"),
        "earliest": today.isoformat(),
        "latest": last_day(trip.start or today).isoformat(),
    }


@cache
def places(language: str) -> SafeString:
    """Every place to choose from, as the options of a list; made once, because there are many and they never change."""
    return format_html_join("", '<option value="{}">', ((country.name.in_language(language),) for country in COUNTRIES.values()))
