"""The sales desk: orders that wait for a person, and what staff may do for one. Nothing here pays or issues by itself."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from besttrav.console.forms.orders import NO_SUCH_ORDER, ConfirmationForm, FilterForm, NoteForm, TransferForm
from besttrav.console.order_page import OrderPage, what_next
from besttrav.invoices.models import Invoice
from besttrav.kernel import clock, references
from besttrav.kernel.errors import Refusal
from besttrav.payments.models import Payment, Refund
from besttrav.people.access import access
from besttrav.people.permissions import Permission, allows
from besttrav.people.requests import StaffRequest
from besttrav.sales.models import Order
from besttrav.sales.operations import attending
from besttrav.sales.waiting import Reason, waiting
from besttrav.ui.pages import answers_form_of, page, sent

_HANDLE = Permission.HANDLE_ORDERS
_MONEY = Permission.MOVE_MONEY


@require_safe
@access(Permission.SEE_ORDERS)
def orders(request: StaffRequest) -> HttpResponse:
    """What waits, whatever has waited longest first; by reason. A complete number leads to its order, waiting or not."""
    form = FilterForm(request.GET)
    form.is_valid()
    if form.cleaned_data.get("number"):
        try:
            number = references.parse(form.cleaned_data["number"], prefix=settings.ORDER_PREFIX)
            if Order.objects.filter(number=number).exists():
                return HttpResponseRedirect(reverse("console:order", args=[number]))
            form.add_error("number", NO_SUCH_ORDER)
        except Refusal as refusal:
            form.refuse(refusal, "number")
    found = waiting(clock.now())
    reason, counted = form.cleaned_data.get("reason", ""), Counter(one.reason for one in found)
    template = "console/orders/waiting.html" if request.headers.get("HX-Request") else "console/orders/orders.html"
    return page(
        request,
        template,
        form=form,
        rows=[(one, what_next(one)) for one in found if not reason or one.reason == reason],
        total=len(found),
        reasons=[(one, counted[one]) for one in Reason if counted[one]],
        reason=reason,
    )


@require_safe
@access(Permission.SEE_ORDERS)
def order(request: StaffRequest, number: str) -> HttpResponse:
    """One order: what waits, the money, the insurer, the people masked, and everything that happened."""
    return _order(request, _of(number), NoteForm())


@answers_form_of("console:order", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def questions(request: StaffRequest, number: str) -> HttpResponse:
    """Ask the insurer what became of it."""
    return _attended(request, number, attending.ask_insurer)


@answers_form_of("console:order", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def acceptance(request: StaffRequest, number: str) -> HttpResponse:
    """Take what the insurer issued, where what differs harms nobody."""
    return _attended(request, number, attending.accept)


@answers_form_of("console:order", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def refusal(request: StaffRequest, number: str) -> HttpResponse:
    """Give it up at the insurer and send the money back."""
    return _attended(request, number, attending.refuse)


@answers_form_of("console:order", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def refund(request: StaffRequest, number: str, payment_id: UUID) -> HttpResponse:
    """Send money back that fits no order."""
    return _attended(request, number, partial(attending.give_back, payment=_payment(number, payment_id)))


@answers_form_of("console:order", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def transfers(request: StaffRequest, number: str, payment_id: UUID) -> HttpResponse:
    """Say that it was paid back from the bank account; somebody else confirms it."""
    act = partial(attending.pay_by_hand, payment=_payment(number, payment_id))
    return _attended(request, number, act, TransferForm(sent(request)), "transfer")


@answers_form_of("console:order", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def refund_questions(request: StaffRequest, number: str, refund_id: UUID) -> HttpResponse:
    """Ask the channel what became of a refund."""
    return _attended(request, number, partial(attending.ask_about_refund, refund=_refund(number, refund_id)))


@answers_form_of("console:order", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def repetition(request: StaffRequest, number: str, refund_id: UUID) -> HttpResponse:
    """Try a refund again that failed."""
    return _attended(request, number, partial(attending.repeat_refund, refund=_refund(number, refund_id)))


@answers_form_of("console:order", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def confirmation(request: StaffRequest, number: str, refund_id: UUID) -> HttpResponse:
    """Confirm as a second person what was paid by hand, or turn it down."""
    act = partial(attending.confirm_by_hand, refund=_refund(number, refund_id))
    return _attended(request, number, act, ConfirmationForm(sent(request)), "is_right")


@answers_form_of("console:order", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def invoice_questions(request: StaffRequest, number: str, invoice_id: UUID) -> HttpResponse:
    """Ask about an invoice, and follow what is said."""
    return _attended(request, number, partial(attending.ask_about_invoice, invoice=_invoice(number, invoice_id)))


@answers_form_of("console:order", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def invoice_reversal(request: StaffRequest, number: str, invoice_id: UUID) -> HttpResponse:
    """Have an invoice taken back that says something wrong."""
    return _attended(request, number, partial(attending.take_invoice_back, invoice=_invoice(number, invoice_id)))


def _attended(request: StaffRequest, number: str, act: Callable[..., None], form: NoteForm | None = None, *named: str) -> HttpResponse:
    order, form = _of(number), form or NoteForm(sent(request))
    if form.is_valid():
        try:
            act(order=order, note=form.note, actor=request.actor, **{name: form.cleaned_data[name] for name in named})
            return HttpResponseRedirect(reverse("console:order", args=[order.number]))
        except Refusal as refused:
            form.refuse(refused)
    return _order(request, order, form)


def _order(request: StaffRequest, order: Order, form: NoteForm) -> HttpResponse:
    roles = request.actor.roles
    return page(
        request,
        "console/orders/order.html",
        it=OrderPage(order, request.actor, clock.now()),
        form=form,
        transfer=form if isinstance(form, TransferForm) else TransferForm(),
        may_handle=allows(roles, _HANDLE),
        may_move_money=allows(roles, _MONEY),
        may_find_people=allows(roles, Permission.FIND_PEOPLE),
    )


def _of(number: str) -> Order:
    return get_object_or_404(Order.objects.select_related("application"), number=number)


def _payment(number: str, id: UUID) -> Payment:
    return get_object_or_404(Payment, id=id, order_id=_of(number).id)


def _refund(number: str, id: UUID) -> Refund:
    return get_object_or_404(Refund.objects.select_related("payment"), id=id, payment__order_id=_of(number).id)


def _invoice(number: str, id: UUID) -> Invoice:
    invoices = Invoice.objects.select_related("request__policy")
    return get_object_or_404(invoices, id=id, request__policy__contract=_of(number).application.contract)
