"""Finding an order again without an account: its number, the applicant's phone, a code."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.models import CodePurpose
from besttrav.people.queries import shown_phone, waiting_challenge
from besttrav.people.requests import Request
from besttrav.portal.cookies import remember_order
from besttrav.portal.forms.orders import FindForm
from besttrav.portal.forms.sign_in import CodeForm
from besttrav.sales.operations import finding
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import page, sent

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@entry_page
@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def find(request: Request) -> HttpResponse:
    """Ask for number and phone, and send the phone a code: whether or not any order has them, the answer is the same."""
    form = FindForm(sent(request), initial={"number": request.GET.get("order", "")})
    if form.is_valid():
        phone, number = form.cleaned_data["phone"], form.cleaned_data["number"]
        try:
            challenge = finding.request_code(phone=phone, visitor=request.visitor, actor=request.actor)
        except Refusal as refusal:
            waiting = waiting_challenge(phone, CodePurpose.FIND_ORDER, request.visitor)
            if waiting is None:
                form.refuse(refusal)
                return page(request, "portal/order/find.html", form=form)
            challenge = waiting
        response = HttpResponseRedirect(reverse("portal:found-order", args=[challenge.id]) + f"?{urlencode({'order': number})}", status=303)
        cookies.keep_browser(request, response)
        return response
    return page(request, "portal/order/find.html", form=form)


@require_http_methods(_READ_OR_SEND)
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def found(request: Request, challenge_id: UUID) -> HttpResponse:
    """Take the code. Number and phone that do not belong together look like an order that is not there."""
    form, number = CodeForm(sent(request)), request.GET.get("order", "")
    begin_again = False
    if form.is_valid():
        try:
            visit, token = finding.find(
                number=number,
                challenge_id=challenge_id,
                code=form.cleaned_data["code"],
                visitor=request.visitor,
                actor=request.actor,
            )
            response = HttpResponseRedirect(reverse("portal:order", args=[visit.order.number]), status=303)
            remember_order(response, token)
            return response
        except finding.NotFound as refusal:
            form.refuse(refusal)
            begin_again = True
        except Refusal as refusal:
            form.refuse(refusal, "code")
    phone = shown_phone(challenge_id, request.visitor)
    return page(request, "portal/order/found.html", form=form, phone=phone, number=number, begin_again=begin_again)
