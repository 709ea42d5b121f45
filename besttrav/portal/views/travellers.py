"""The people somebody insures again and again: the list, masked, and one of them to add, change or remove."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.kernel.errors import Refusal
from besttrav.people import queries
from besttrav.people.access import TRUSTED, access
from besttrav.people.limits import TRAVELLERS
from besttrav.people.models import SavedTraveller
from besttrav.people.operations import travellers
from besttrav.people.policy import shown_policy
from besttrav.people.requests import CustomerRequest, account_of
from besttrav.portal.forms.travellers import TravellerForm
from besttrav.portal.saved import masked_list
from besttrav.privacy.keeping import Keep
from besttrav.ui.pages import page

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@require_safe
@access(TRUSTED)
def saved(request: CustomerRequest) -> HttpResponse:
    """Everybody in the list."""
    kept = masked_list(account_of(request), request.actor)
    times: dict[str, Any] = {"kept_for": Keep.TRAVELLER.period, "notice_days": TRAVELLERS.notice_days}
    return page(request, "portal/travellers/travellers.html", kept=kept, done=request.GET.get("done", ""), **times)


@require_POST
@access(TRUSTED)
def renewal(request: CustomerRequest) -> HttpResponse:
    """Keep all of them for another period."""
    travellers.renew(account=account_of(request), actor=request.actor)
    return _to_list("renewed")


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def addition(request: CustomerRequest) -> HttpResponse:
    """One more."""
    form = TravellerForm.sent(request.POST) if request.method == "POST" else TravellerForm.blank()
    if form.is_valid():
        try:
            travellers.keep(
                account=account_of(request),
                people=[form.traveller()],
                has_guardian=form.has_guardian,
                agreed_to=shown_policy(request.visitor.language),
                page="travellers",
                actor=request.actor,
            )
            return _to_list("saved")
        except Refusal as refusal:
            form.refuse(refusal, _field_of(refusal))
    return page(request, "portal/travellers/traveller.html", form=form, here=reverse("portal:traveller-addition"))


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def traveller(request: CustomerRequest, traveller_id: UUID) -> HttpResponse:
    """One of them, opened for whoever keeps the list and written down as such."""
    found = _found(request, traveller_id)
    if request.method == "POST":
        form = TravellerForm.sent(request.POST, is_known=True)
    else:
        form = TravellerForm.kept(travellers.read([found], actor=request.actor)[0])
    if form.is_valid():
        try:
            travellers.change(
                traveller=found,
                told=form.traveller(),
                has_guardian=form.has_guardian,
                agreed_to=shown_policy(request.visitor.language),
                page="travellers",
                actor=request.actor,
            )
            return _to_list("changed")
        except Refusal as refusal:
            form.refuse(refusal, _field_of(refusal))
    here = reverse("portal:traveller", args=[found.pk])
    return page(request, "portal/travellers/traveller.html", form=form, here=here, traveller=found)


@require_POST
@access(TRUSTED)
def removal(request: CustomerRequest, traveller_id: UUID) -> HttpResponse:
    """Forget one of them, at once."""
    travellers.remove(traveller=_found(request, traveller_id), actor=request.actor)
    return _to_list("removed")


def _found(request: CustomerRequest, traveller_id: UUID) -> SavedTraveller:
    return get_object_or_404(queries.travellers_of(account_of(request)), pk=traveller_id)


def _field_of(refusal: Refusal) -> str | None:
    return "guardian" if isinstance(refusal, travellers.GuardianMissing) else None


def _to_list(done: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('portal:travellers')}?done={done}", status=303)
