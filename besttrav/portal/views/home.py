from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from besttrav.people.access import EVERYONE, access
from besttrav.ui.entry import entry_page


@entry_page
@require_safe
@access(EVERYONE)
def home(request: HttpRequest) -> HttpResponse:
    """What works today, and nothing that does not."""
    return render(request, "portal/home.html")
