"""Beginning an application, coming back to it, what it costs meanwhile, and leaving it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from besttrav.catalogue import queries as catalogue
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.people.visitors import digest, new_token
from besttrav.portal.applying import Draft, Priced, account_of, draft_of, drafts_of, token_of
from besttrav.portal.forms.applying import StartForm
from besttrav.portal.forms.applying_trip import ApplyingTripForm
from besttrav.sales import pricing
from besttrav.sales.evidence import Seen
from besttrav.sales.models import ApplicationState
from besttrav.sales.operations import applying
from besttrav.sales.steps import Step
from besttrav.ui.entry import entry_page
from besttrav.ui.fresh import page_version
from besttrav.ui.pages import page

READ_OR_SEND = ["GET", "HEAD", "POST"]


@entry_page
@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def applications(request: Request) -> HttpResponse:
    """What this browser or person has begun; and, by the button of a product page, one more."""
    if request.method != "POST":
        return page(request, "portal/applying/applications.html", drafts=drafts_of(request), days=cookies.APPLICATION_DAYS)
    offer = catalogue.current(request.POST.get("product", ""), clock.today())
    if offer is None:
        return HttpResponseRedirect(reverse("portal:products"), status=303)
    form = StartForm(offer, request.POST)
    token = token_of(request) or new_token()
    application = applying.start(
        offer=offer,
        wanted=form.wanted(),
        language=request.visitor.language,
        browser_sha256=digest(token),
        account=account_of(request),
        actor=request.actor,
        seen=Seen("product", page_version(offer.version.digest)),
    )
    return keeping(HttpResponseRedirect(reverse("portal:application-entry", args=[application.id]), status=303), token)


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
        return onward(request, draft)
    return step_page(request, draft, Step.ENTRY)


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


def step_page(request: Request, draft: Draft, step: Step, *, status: int | None = None, **more: Any) -> HttpResponse:
    """One step with what stands around every step: way back, progress, price, and what changed about it."""
    context = {
        "draft": draft,
        "step": step,
        "number": draft.number(step),
        "total": len(draft.steps),
        "back": draft.before(step),
        "priced": draft.priced,
        "was": _premium_before(request, draft.priced),
        "page_version": draft.seen(step).version,
    }
    return page(request, f"portal/applying/{step}.html", status=status, **{**context, **more})


def onward(request: Request, draft: Draft, was: Money | None = None) -> HttpResponse:
    """To the next step; where the price is another now, the next page says so once."""
    fresh = Draft(draft.application, request.actor)
    now = fresh.priced.total
    query = f"?was={was.fen}" if was is not None and now is not None and was != now else ""
    return keeping(HttpResponseRedirect(fresh.address(fresh.next) + query, status=303), token_of(request))


def keeping(response: HttpResponse, token: str) -> HttpResponse:
    """The browser keeps its token for another while; somebody who is signed in may have none."""
    if token:
        cookies.keep_application(response, token)
    return response


def _premium_before(request: Request, priced: Priced) -> Money | None:
    """What it cost a step ago, where that was something else."""
    fen = request.GET.get("was", "")
    before = Money(int(fen)) if fen.isascii() and fen.isdigit() and len(fen) < 12 else None
    return before if before and priced.total and before != priced.total else None
