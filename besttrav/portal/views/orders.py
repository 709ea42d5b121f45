"""An order: how it stands, its papers, the rights that go with it."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people.access import EVERYONE, TRUSTED, access
from besttrav.people.requests import CustomerRequest, Request, account_of
from besttrav.policies.models import DocumentKind, PolicyDocument
from besttrav.policies.operations import papers as kept
from besttrav.policies.operations.papers import NoPaper
from besttrav.portal.cookies import remember_order
from besttrav.portal.forms.orders import DigitsForm
from besttrav.portal.order_page import PAPERS, OrderPage
from besttrav.portal.orders import Reach, attempts_at, reached, standing_of
from besttrav.sales.models import Notice, Visit
from besttrav.sales.operations import finding, noticing
from besttrav.sales.operations import papers as sale_papers
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import answers_form_of, page


@entry_page  # The channel leads back here when it was quick; without the cookie of the browser that bought, there is no such page.
@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def order(request: Request, number: str) -> HttpResponse:
    """Where it stands, from waiting for money to the policy in hand or the money back."""
    return _order_page(request, reached(request, number))


@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def paper(request: Request, number: str, name: str) -> HttpResponse:
    """A paper, to whom it belongs: opened for this answer, written down, and kept by no cache."""
    reach = reached(request, number)
    if name not in PAPERS or not reach.sees_papers:
        raise Http404
    kind, language, *_ = PAPERS[name]
    policy = finding.policy_of(reach.order)
    if policy is None:
        raise NoPaper
    if kind is DocumentKind.E_POLICY:
        document = PolicyDocument.objects.filter(policy=policy, kind=kind).select_related("policy").order_by("-made_at").first()
    else:
        document = sale_papers.made(policy=policy, kind=kind, language=language)
    if document is None:
        raise NoPaper
    content = kept.hand_over(document=document, actor=reach.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{policy.number}.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(content)),
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@answers_form_of("portal:order", "number")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def papers(request: Request, number: str) -> HttpResponse:
    """The last characters of the applicant's document open papers and rights to this browser for half an hour."""
    reach = reached(request, number)
    form = DigitsForm(request.POST)
    if not form.is_valid():
        return _order_page(request, reach, form)
    visit, token = _visit_of(reach, request)
    try:
        finding.show_papers(visit=visit, digits=form.cleaned_data["digits"], actor=request.actor)
        response: HttpResponse = HttpResponseRedirect(reverse("portal:order", args=[number]), status=303)
    except Refusal as refusal:
        form.refuse(refusal, "digits")
        response = _order_page(request, reach, form)
    if token:
        remember_order(response, token)
    return response


@answers_form_of("portal:order", "number")
@require_POST
@access(TRUSTED)
def account(request: CustomerRequest, number: str) -> HttpResponse:
    """Put a guest's order into the account that is signed in, once somebody gave the digits: a browser alone is no proof."""
    reach = reached(request, number)
    joined = HttpResponseRedirect(reverse("portal:my-policies") + "?joined", status=303)
    if reach.is_members:
        return joined
    if not reach.sees_papers:
        raise Http404
    visit, token = _visit_of(reach, request)
    form = DigitsForm(request.POST)
    if not visit.sees_papers and not form.is_valid():
        return _order_page(request, reach, form)
    response: HttpResponse = joined
    try:
        if not visit.sees_papers:
            finding.show_papers(visit=visit, digits=form.cleaned_data["digits"], actor=request.actor)
        finding.join(visit=visit, account=account_of(request), actor=request.actor)
    except Refusal as refusal:
        form.refuse(refusal, "digits")
        response = _order_page(request, reach, form)
    if token:
        remember_order(response, token)
    return response


@answers_form_of("portal:order", "number")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def notice(request: Request, number: str, notice_id: UUID) -> HttpResponse:
    """A fresh link for somebody insured who has no phone, shown once for the buyer to hand on."""
    reach = reached(request, number)
    found = Notice.objects.filter(id=notice_id, application=reach.order.application, message=None).first()
    if found is None or not reach.sees_papers:
        raise Http404
    link = noticing.link_for_buyer(notice=found, actor=request.actor)
    return _order_page(request, reach, link=link, linked=found.id)


def _order_page(
    request: Request, reach: Reach, form: DigitsForm | None = None, *, link: str = "", linked: UUID | None = None
) -> HttpResponse:
    attempts = attempts_at(reach.order)
    made = OrderPage(reach, standing_of(reach.order, attempts, clock.now()), attempts)
    session = request.session_record
    return page(
        request,
        "portal/order/order.html",
        form=form or DigitsForm(),
        page=made,
        order=reach.order,
        offer=made.offer,
        reach=reach,
        standing=made.standing.value,
        asked=0,
        is_polling=True,
        is_signed_in=bool(session and session.is_trusted),
        link=link,
        linked=linked,
    )


def _visit_of(reach: Reach, request: Request) -> tuple[Visit, str]:
    """The visit this browser has, else one for the browser that bought it, with the token it is to keep."""
    if reach.visit:
        return reach.visit, ""
    if not reach.is_buyers:
        raise Http404
    return finding.visit_of_buyer(order=reach.order, actor=request.actor)
