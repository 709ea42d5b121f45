"""The public check of a paper: what it is, whether it stands, and whether it is about whom the visitor says."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from besttrav.catalogue import queries as catalogue
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.policies import queries
from besttrav.policies.models import Policy, PolicyState, TransactionKind
from besttrav.policies.operations import verifying
from besttrav.policies.verification import CodeRefused, Public, grouped, parse, public_view, secret_of
from besttrav.portal.forms.orders import CheckCodeForm, ComparingForm
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import page, sent

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@entry_page
@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def verify(request: Request) -> HttpResponse:
    """Type the code that stands on the paper."""
    form = CheckCodeForm(sent(request))
    if form.is_valid():
        code = form.cleaned_data["code"]
        if queries.by_code(code):
            return HttpResponseRedirect(reverse("portal:verified", args=[grouped(code)]), status=303)
        form.refuse(verifying.NoSuchPaper(), "code")
    return page(request, "portal/verify/verify.html", form=form)


@entry_page  # A phone's camera leads here.
@require_http_methods(_READ_OR_SEND)
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def verified(request: Request, mark: str) -> HttpResponse:
    """What the paper is, by its square code or its printed one; a POST compares a name and a number with it."""
    policy = _policy(mark)
    form, answer = ComparingForm(sent(request)), None
    if form.is_valid():
        typed = form.cleaned_data
        try:
            answer = verifying.compare(
                policy=policy, name=typed["name"], number=typed["number"], visitor=request.visitor, actor=request.actor
            )
        except Refusal as refusal:
            form.refuse(refusal)
    offer = catalogue.offer(policy.version_id)
    return page(
        request,
        "portal/verify/verified.html",
        form=form,
        answer=answer,
        public=_public(policy),
        offer=offer,
        code=grouped(policy.code),
        checked_at=clock.now(),
        broker=settings.OPERATOR,
    )


def _policy(mark: str) -> Policy:
    """Raises Http404: a damaged code, and one that was never printed, look the same."""
    try:
        policy = queries.by_secret(secret_of(mark)) if len(mark) == 26 else queries.by_code(parse(mark))
    except CodeRefused:
        policy = None
    if policy is None:
        raise Http404
    return policy


def _public(policy: Policy) -> Public:
    offer = catalogue.offer(policy.version_id)
    cancelled = policy.transactions.filter(kind=TransactionKind.CANCEL).order_by("-number").first()
    is_cancelled = policy.state == PolicyState.CANCELLED and cancelled
    return public_view(
        number=policy.number,
        insurer=str(offer.insurer.name),
        product=str(offer.name),
        first_day=policy.first_day,
        last_day=policy.last_day,
        cancelled_on=cancelled.at.astimezone(clock.BEIJING).date() if is_cancelled and cancelled else None,
        on=clock.today(),
    )
