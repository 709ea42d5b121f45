from django.http import HttpResponse
from django.views.decorators.http import require_safe

from besttrav.catalogue import queries
from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.portal import comparing, shelf
from besttrav.portal.forms.shelf import CompareForm
from besttrav.portal.forms.trip import is_all_ours
from besttrav.ui.entry import entry_page
from besttrav.ui.fresh import unless_held
from besttrav.ui.pages import page


@entry_page
@require_safe
@access(EVERYONE)
def comparison(request: Request) -> HttpResponse:
    """Two to four plans side by side, at their price for the trip."""
    offers = queries.on_shelf(clock.today())

    def make() -> HttpResponse:
        form = CompareForm(offers, request.GET)
        table = comparing.table_of(form.columns if form.is_valid() else [], only_differences=request.GET.get("diff") == "1")
        return page(request, "portal/shop/compare.html", form=form, trip=form.trip, table=table, **form.ways)

    return unless_held(request, *shelf.versions(offers), make=make, keeps=is_all_ours(request.GET))
