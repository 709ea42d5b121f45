"""Notices from outside, over their raw bytes. There is no form's token: a caller proves itself by a signature over the body."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from besttrav.payments import operations as paying
from besttrav.payments.queries import channels_offered
from besttrav.people.access import EVERYONE, access

MOST_BYTES = 65_536  # the largest known notice has some three thousand


@csrf_exempt
@require_POST
@access(EVERYONE)
def payment(request: HttpRequest, channel: str) -> HttpResponse:
    """A notice of a payment channel. Nothing of it is logged; what fails to be stored is answered with an error, and comes again."""
    if channel not in channels_offered():
        raise Http404
    body = request.body
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    reply = paying.receive(channel=channel, headers=request.headers, body=body)
    return HttpResponse(reply.content, status=reply.status, content_type=reply.content_type)
