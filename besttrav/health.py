"""Whether this process can serve: both databases answer, and no restore waits to be caught up with.

For load balancers and for the launcher; it tells nobody anything else."""

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from besttrav.privacy import recovering


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    silent = [name for name in connections if not _answers(name)]
    if silent:
        return HttpResponse(f"no answer from: {', '.join(silent)}\n", content_type="text/plain", status=503)
    if recovering.is_behind():
        return HttpResponse("restored, and not caught up yet\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def _answers(name: str) -> bool:
    try:
        with connections[name].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
