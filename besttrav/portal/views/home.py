from django.http import HttpResponse
from django.views.decorators.http import require_safe

from besttrav.catalogue import queries
from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.portal import shelf
from besttrav.portal.forms.trip import TripForm, is_all_ours
from besttrav.portal.trip_fields import trip_fields
from besttrav.ui.entry import entry_page
from besttrav.ui.fresh import unless_held
from besttrav.ui.navigation import address_of
from besttrav.ui.pages import page


@entry_page
@require_safe
@access(EVERYONE)
def home(request: Request) -> HttpResponse:
    """Where to, what people come for, the way for those who are insured already, what we promise, who we are."""
    offers = queries.on_shelf(clock.today())

    def make() -> HttpResponse:
        return page(
            request,
            "portal/shop/home.html",
            scenes=shelf.scene_tiles(offers),
            insurers=shelf.insurers_of(offers),
            look_up_url=address_of("portal:find-order"),
            **trip_fields(TripForm(initial={"adults": 1})),
        )

    return unless_held(request, *shelf.versions(offers), make=make, keeps=is_all_ours(request.GET))
