"""What disagrees with a payment channel: one settles it, another confirms."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from besttrav.console.forms.orders import AgreementForm, SettlementForm
from besttrav.console.order_page import ENTRIES, told
from besttrav.console.parties import names
from besttrav.journal.queries import about_any
from besttrav.kernel.errors import Refusal
from besttrav.payments import operations as payments
from besttrav.payments.models import Difference
from besttrav.people.access import access
from besttrav.people.permissions import Permission, allows
from besttrav.people.requests import StaffRequest
from besttrav.sales.models import Order
from besttrav.ui.forms import RefusableForm
from besttrav.ui.pages import answers_form_of, page, sent


@require_safe
@access(Permission.SEE_ORDERS)
def difference(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    """What the channel says beside what we say."""
    return _difference(request, _of(difference_id), SettlementForm())


@answers_form_of("console:difference", "difference_id")
@require_POST
@access(Permission.MOVE_MONEY, freshly_proved=True)
def settlement(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    """Say by which case it is explained or put right."""
    form, found = SettlementForm(sent(request)), _of(difference_id)
    if form.is_valid():
        try:
            payments.propose_settlement(difference=found, reference=form.cleaned_data["case"], actor=request.actor)
            return HttpResponseRedirect(reverse("console:difference", args=[found.id]))
        except Refusal as refusal:
            form.refuse(refusal)
    return _difference(request, found, form)


@answers_form_of("console:difference", "difference_id")
@require_POST
@access(Permission.MOVE_MONEY, freshly_proved=True)
def confirmation(request: StaffRequest, difference_id: UUID) -> HttpResponse:
    """Agree as a second person, or have it looked into again."""
    form, found = AgreementForm(sent(request)), _of(difference_id)
    form.full_clean()
    try:
        payments.confirm_settlement(difference=found, is_right=form.cleaned_data["is_right"], actor=request.actor)
        return HttpResponseRedirect(reverse("console:difference", args=[found.id]))
    except Refusal as refusal:
        form.refuse(refusal)
    return _difference(request, found, form)


def _difference(request: StaffRequest, found: Difference, form: RefusableForm) -> HttpResponse:
    order = Order.objects.filter(id=found.payment.order_id).first() if found.payment else None
    may = allows(request.actor.roles, Permission.MOVE_MONEY)
    entries = [told(entry) for entry in about_any([found.id], limit=ENTRIES)]
    settling = form if isinstance(form, SettlementForm) else SettlementForm()
    return page(
        request,
        "console/orders/difference.html",
        names=names(),
        form=form,
        settling=settling,
        it=found,
        order=order,
        may_move_money=may,
        entries=entries,
    )


def _of(id: UUID) -> Difference:
    return get_object_or_404(
        Difference.objects.select_related("payment", "refund", "reading", "finding__line", "finding__statement"), id=id
    )
