"""Callbacks of insurers, over their raw bytes. There is no form's token: a caller proves itself by a signature over the body."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from besttrav.insurers import operations as insuring
from besttrav.insurers.port import Forged
from besttrav.people.access import EVERYONE, access

MOST_BYTES = 65_536  # a hint has some five hundred


@csrf_exempt
@require_POST
@access(EVERYONE)
def callback(request: HttpRequest, code: str) -> HttpResponse:
    """A hint of an insurer. Nothing of it is logged; what fails to be stored is answered with an error, and comes again."""
    body = request.body
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        reply = insuring.receive(insurer=code, path=request.path, headers=request.headers, body=body)
    except insuring.UnknownInsurer:
        raise Http404 from None
    except Forged:
        return HttpResponse(status=401)
    return HttpResponse(reply.content, content_type=reply.content_type)
