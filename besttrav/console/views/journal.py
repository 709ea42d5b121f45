"""The journal as auditors, privacy officers and security read it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from besttrav.journal.queries import latest
from besttrav.people.access import access
from besttrav.people.permissions import Permission
from besttrav.people.requests import StaffRequest
from besttrav.ui.pages import page

_ROWS = 50


@require_safe
@access(Permission.READ_JOURNAL)
def journal(request: StaffRequest) -> HttpResponse:
    """What happened, newest first: codes and random ids, never a name or number."""
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        raise Http404 from None
    entries = latest(before=before, limit=_ROWS)
    return page(request, "console/journal.html", entries=entries, more=entries[-1].id if len(entries) == _ROWS else None)
