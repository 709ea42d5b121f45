from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from besttrav.kernel.actors import ActorKind
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.ui.pages import page


@require_safe
@access(EVERYONE)
def closed(request: Request) -> HttpResponse:
    """The account is closed; nobody is signed in any more, and whoever is has not closed theirs."""
    if request.actor.kind is ActorKind.PERSON:
        return HttpResponseRedirect(reverse("portal:my-privacy"))
    return page(request, "portal/privacy/closed.html")
