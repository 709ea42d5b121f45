"""The steps in which something is read and agreed to: each paper on a page of its own, each consent by a control of its own."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from besttrav.kernel.errors import Refusal
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.portal.applying import Draft, draft_of
from besttrav.portal.applying_pages import READ_OR_SEND, onward, step_page
from besttrav.portal.consent_words import words_of
from besttrav.portal.forms.applying import refuse_undeclared
from besttrav.portal.forms.applying_declaring import ConsentsForm
from besttrav.portal.papers import kind_named, name_of, shown
from besttrav.sales import queries
from besttrav.sales.operations import applying
from besttrav.sales.operations.applying import PaperChanged
from besttrav.sales.steps import CONFIRMED_PAPERS, Step
from besttrav.ui.pages import page, sent


@never_cache
@require_safe
@access(EVERYONE)
def papers(request: Request, application_id: UUID) -> HttpResponse:
    """The papers of this product, each with whether and when it was read."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.PAPERS):
        return elsewhere
    return step_page(draft, Step.PAPERS, request, papers=draft.papers, left=draft.unread)


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def paper(request: Request, application_id: UUID, name: str) -> HttpResponse:
    """One paper, whole, with the button that confirms it behind its last word. What is confirmed is the very text that was shown."""
    draft, kind = draft_of(request, application_id), kind_named(name)
    if kind not in CONFIRMED_PAPERS:
        raise Http404
    if elsewhere := draft.elsewhere(Step.PAPERS):
        return elsewhere
    text, refused = shown(draft.offer, kind), ""
    if request.method == "POST":
        refuse_undeclared(request.POST, {"text"})
        try:
            applying.confirm_paper(
                application=draft.application,
                offer=draft.offer,
                kind=kind,
                sha256=request.POST.get("text", ""),
                actor=request.actor,
                seen=draft.seen(f"paper-{name}"),
            )
            return _to_next_paper(request, draft)
        except PaperChanged as refusal:
            refused = f"{refusal.message} {refusal.way_out}"
    return page(
        request,
        "portal/applying/paper.html",
        status=422 if refused else None,
        draft=draft,
        step=Step.PAPERS,
        number=draft.number(Step.PAPERS),
        total=len(draft.steps),
        paper=text.paper,
        html=text.html,
        digest=text.digest,
        place=CONFIRMED_PAPERS.index(kind) + 1,
        papers=len(CONFIRMED_PAPERS),
        is_read=kind.value in draft.read,
        refused=refused,
    )


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def consents(request: Request, application_id: UUID) -> HttpResponse:
    """What needs a consent of its own, and what refusing means; what is optional stands apart."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.CONSENTS):
        return elsewhere
    form = ConsentsForm(words_of(draft.offer, draft.parties, draft.application.plan), sent(request))
    if form.is_valid():
        try:
            applying.consent(
                application=draft.application, offer=draft.offer, agreed=form.agreed(), actor=request.actor, seen=draft.seen("consents")
            )
            return onward(draft, request)
        except Refusal as refusal:
            form.refuse(refusal)
    return step_page(draft, Step.CONSENTS, request, form=form)


def _to_next_paper(request: Request, draft: Draft) -> HttpResponse:
    """The next one that is not read yet, or on."""
    read = queries.papers_read(draft.application, draft.offer)
    unread = next((kind for kind in CONFIRMED_PAPERS if kind.value not in read), None)
    return HttpResponseRedirect(draft.paper_address(name_of(unread)), status=303) if unread else onward(draft, request)
