"""Beginning an application, coming back to it, what it costs meanwhile, and leaving it."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from besttrav.catalogue import queries as catalogue
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.people.visitors import digest, new_token
from besttrav.portal.applying import account_of, draft_of, drafts_of, token_of
from besttrav.portal.applying_pages import READ_OR_SEND, keeping, onward, step_page
from besttrav.portal.forms.applying import StartForm
from besttrav.portal.forms.applying_trip import ApplyingTripForm
from besttrav.portal.shelf import address_of
from besttrav.sales import pricing
from besttrav.sales.evidence import Seen
from besttrav.sales.models import ApplicationState
from besttrav.sales.operations import applying
from besttrav.sales.operations.applying import TooManyBegun
from besttrav.sales.steps import Step
from besttrav.ui.entry import entry_page
from besttrav.ui.fresh import page_version
from besttrav.ui.pages import page


@entry_page
@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def applications(request: Request) -> HttpResponse:
    """What this browser or person has begun; and, by the button of a product page, one more."""
    if request.method != "POST":
        return _begun_page(request)
    offer = catalogue.current(request.POST.get("product", ""), clock.today())
    if offer is None:
        return HttpResponseRedirect(reverse("portal:products"), status=303)
    form = StartForm(offer, request.POST)
    token = token_of(request) or new_token()
    try:
        application = applying.start(
            offer=offer,
            wanted=form.wanted(),
            language=request.visitor.language,
            browser_sha256=digest(token),
            network=request.visitor.neighbourhood,
            account=account_of(request),
            actor=request.actor,
            seen=Seen("product", page_version(offer.version.digest)),
        )
    except TooManyBegun as refusal:
        return _begun_page(request, refusal, back=address_of(offer, form.trip, offer.plan(form.wanted().plan)))
    return keeping(HttpResponseRedirect(reverse("portal:application-entry", args=[application.id]), status=303), token)


def _begun_page(request: Request, refusal: Refusal | None = None, *, back: str = "") -> HttpResponse:
    """Everything begun. Where no more can be, `back` is the product with what was chosen there, so that nothing is chosen twice."""
    return page(
        request,
        "portal/applying/applications.html",
        status=429 if refusal else None,
        drafts=drafts_of(request),
        days=cookies.APPLICATION_DAYS,
        refusal=refusal,
        back=back,
    )


@entry_page
@never_cache
@require_safe
@access(EVERYONE)
def application(request: Request, application_id: UUID) -> HttpResponse:
    """Back to where it was left."""
    draft = draft_of(request, application_id)
    return HttpResponseRedirect(draft.address(draft.next) if draft.is_open else draft.outcome)


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def entry(request: Request, application_id: UUID) -> HttpResponse:
    """A sale begins here: who sells, who insures, and that every step is kept."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.ENTRY):
        return elsewhere
    if request.method == "POST":
        applying.enter(application=draft.application, actor=request.actor, seen=draft.seen("entry"))
        return onward(draft, request)
    return step_page(draft, Step.ENTRY, request)


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def premium(request: Request, application_id: UUID) -> HttpResponse:
    """The price alone, of what is saved or of the trip as it is being typed. Without scripts the step's page shows it."""
    draft = draft_of(request, application_id)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(draft.address(draft.next) if draft.is_open else draft.outcome)
    priced = draft.priced
    if request.method == "POST":
        form = ApplyingTripForm(draft.offer, data=request.POST)
        if form.is_valid():
            travellers = pricing.travellers_of(draft.parties)
            priced = draft.price(form.trip, travellers or draft.asked_travellers, is_rough=not travellers)
    return page(request, "portal/applying/premium.html", draft=draft, priced=priced, step=Step.TRIP)


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def leaving(request: Request, application_id: UUID) -> HttpResponse:
    """The way out: what is forgotten at once, what stays and why. Leaving is one press."""
    draft = draft_of(request, application_id)
    if request.method == "POST" and draft.may_leave:
        applying.withdraw(application=draft.application, actor=request.actor, seen=draft.seen("leaving"))
        return HttpResponseRedirect(draft.address("leaving"), status=303)
    gone = draft.application.state in {ApplicationState.WITHDRAWN, ApplicationState.LAPSED}
    if not gone and not draft.may_leave:
        return HttpResponseRedirect(draft.outcome)
    return page(request, "portal/applying/leaving.html", draft=draft, gone=gone)
