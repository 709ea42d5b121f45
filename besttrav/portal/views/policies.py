"""My insurance: every contract by where it stands, and one with all that belongs to it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from besttrav.catalogue.offer import PaperKind
from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, TRUSTED, access
from besttrav.people.requests import CustomerRequest, Request, account_of
from besttrav.portal.orders import reached_policy
from besttrav.portal.papers import kind_named, shown
from besttrav.portal.policy_page import PolicyPage, tabs_of
from besttrav.ui.pages import answers_form_of, page


@require_safe
@access(TRUSTED)
def policies(request: CustomerRequest) -> HttpResponse:
    """Tabs by where a contract stands; without a choice, the first that holds something."""
    tabs = tabs_of(account_of(request), clock.today())
    wanted = request.GET.get("stage", "")
    tab = next((one for one in tabs if one.code == wanted), None) or next((one for one in tabs if one.rows), tabs[-1])
    return page(request, "portal/policy/policies.html", tabs=tabs, tab=tab, joined="joined" in request.GET)


@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def policy(request: Request, policy_id: UUID) -> HttpResponse:
    """One contract, for its account or for the browser that proved it is the applicant's."""
    return _policy_page(request, policy_id)


@answers_form_of("portal:my-policy", "policy_id")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def own_data(request: Request, policy_id: UUID) -> HttpResponse:
    """The same page with the reader's own data open: in this answer only, and written down as their own look."""
    return _policy_page(request, policy_id, shows_own=True)


@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def clauses(request: Request, policy_id: UUID, name: str) -> HttpResponse:
    """A paper of the version that was sold, whatever is sold today."""
    made = PolicyPage(reached_policy(request, policy_id), clock.today())
    kind = kind_named(name)
    if kind is None:
        raise Http404
    text = shown(made.offer, kind)
    return page(request, "portal/policy/paper.html", page=made, offer=made.offer, paper=text.paper, html=text.html, digest=text.digest)


def _policy_page(request: Request, policy_id: UUID, *, shows_own: bool = False) -> HttpResponse:
    reach = reached_policy(request, policy_id)
    made = PolicyPage(reach, clock.today(), shows_own)
    texts = [(made.offer.paper(kind), kind.value.replace("_", "-")) for kind in PaperKind]
    return page(request, "portal/policy/policy.html", page=made, order=reach.order, offer=made.offer, policy=made.policy, texts=texts)
