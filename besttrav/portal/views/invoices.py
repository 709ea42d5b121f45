"""The invoice of a policy: asked for, followed, taken along."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from besttrav.invoices import operations as invoicing
from besttrav.kernel.errors import Refusal
from besttrav.kernel.organisations import CreditCodeRefused
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.portal.forms.invoices import InvoiceForm
from besttrav.portal.invoice_page import InvoicePage
from besttrav.portal.orders import reached_policy
from besttrav.portal.polling import POLLS, asked_so_far
from besttrav.ui.pages import page, sent


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def invoice(request: Request, policy_id: UUID) -> HttpResponse:
    """What is to be said for an invoice, or how the one that was asked for stands; for a page that waits, that part alone."""
    made = InvoicePage(reached_policy(request, policy_id))
    assert made.policy
    form = InvoiceForm(sent(request), any_title=made.may_name_others)
    if form.is_valid():
        try:
            invoicing.request(policy=made.policy, wish=form.wish, actor=request.actor)
            return HttpResponseRedirect(reverse("portal:my-policy-invoice", args=[policy_id]), status=303)
        except Refusal as refusal:
            form.refuse(refusal, "tax_number" if isinstance(refusal, CreditCodeRefused) else None)
    is_fragment, asked = "HX-Request" in request.headers, asked_so_far(request)
    if is_fragment and not made.is_waiting:
        return HttpResponse(headers={"HX-Redirect": reverse("portal:my-policy-invoice", args=[policy_id])})
    template = "portal/policy/invoice_stands.html" if is_fragment else "portal/policy/invoice.html"
    return page(request, template, page=made, form=form, offer=made.offer, policy=made.policy, asked=asked, is_polling=asked < POLLS)


@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def paper(request: Request, policy_id: UUID, invoice_id: UUID) -> HttpResponse:
    """The invoice's paper, to whom it belongs: opened for this answer, written down, and kept by no cache."""
    made = InvoicePage(reached_policy(request, policy_id))
    found = next((one for one in made.invoices if one.id == invoice_id), None)
    if found is None:
        raise Http404
    content = invoicing.hand_over(invoice=found, actor=made.reach.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="invoice-{found.official_number}.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(content)),
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
