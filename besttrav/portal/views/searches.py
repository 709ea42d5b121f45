"""What a person searched for: theirs to see and to clear (clause 2.3a)."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from besttrav.people import queries
from besttrav.people.access import TRUSTED, access
from besttrav.people.operations import searching
from besttrav.people.requests import CustomerRequest, account_of
from besttrav.privacy.keeping import Keep
from besttrav.ui.pages import page


@require_http_methods(["GET", "HEAD", "POST"])
@access(TRUSTED)
def searches(request: CustomerRequest) -> HttpResponse:
    """The words with their day, the newest first; a POST clears them all."""
    account = account_of(request)
    if request.method == "POST":
        searching.clear(account=account, actor=request.actor)
        return HttpResponseRedirect(reverse("portal:searches"))
    kept = queries.searches_of(account, actor=request.actor)
    return page(request, "portal/privacy/searches.html", searches=kept, kept_for=Keep.SEARCH.period)
