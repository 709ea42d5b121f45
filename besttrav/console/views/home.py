from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from besttrav.people.access import STAFF, access


@require_safe
@access(STAFF)
def home(request: HttpRequest) -> HttpResponse:
    """Where a working day starts: what waits for me, and who I am here."""
    return render(request, "console/home.html")
