from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from besttrav.books.queries import waiting_for_finance
from besttrav.kernel import clock
from besttrav.people import queries
from besttrav.people.access import STAFF, access
from besttrav.people.permissions import Permission, allows
from besttrav.people.requests import StaffRequest
from besttrav.policies.queries import surrenders_waiting
from besttrav.sales.waiting import waiting
from besttrav.ui.pages import page


@require_safe
@access(STAFF)
def home(request: StaffRequest) -> HttpResponse:
    """Where a working day starts: what waits for me, and who I am here. Whoever may read the journal sees open alarms first."""
    alarms = queries.open_alarms() if allows(request.actor.roles, Permission.READ_JOURNAL) else []
    waits = waiting(clock.now()) if allows(request.actor.roles, Permission.SEE_ORDERS) else []
    surrenders = surrenders_waiting() if allows(request.actor.roles, Permission.SEE_ORDERS) else []
    books = waiting_for_finance() if allows(request.actor.roles, Permission.SEE_BOOKS) else []
    queues = [
        ("console:orders", "case", _("Orders that wait for a person"), waits),
        ("console:surrenders", "undo", _("Surrenders that wait for a person"), sorted(surrenders, key=lambda one: one.since)),
        ("console:finance", "scale", _("Finance: differences, runs and rules"), books),
    ]
    return page(request, "console/home.html", alarms=alarms, queues=[queue for queue in queues if queue[-1]])
