"""The surrender desk: what waits for a person and until when, and one screen a case with the customer's view beside it."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from besttrav.console.forms.surrenders import AcceptanceForm, CaseForm, MissingForm, RefusalForm, SecondForm
from besttrav.console.surrender_page import SurrenderCase
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people.access import access
from besttrav.people.permissions import Permission, allows
from besttrav.people.requests import StaffRequest
from besttrav.policies.models import Surrender
from besttrav.policies.operations import deciding
from besttrav.policies.operations.deciding import ProofNeeded
from besttrav.policies.queries import surrenders_waiting
from besttrav.sales.models import Order
from besttrav.ui.pages import answers_form_of, page, sent

_HANDLE = Permission.HANDLE_ORDERS
_MONEY = Permission.MOVE_MONEY


@require_safe
@access(Permission.SEE_ORDERS)
def surrenders(request: StaffRequest) -> HttpResponse:
    """What waits, whose term ends first coming first."""
    today, found = clock.today(), surrenders_waiting()
    contracts = [one.surrender.policy.contract for one in found]
    orders = {
        one.application.contract: one for one in Order.objects.filter(application__contract__in=contracts).select_related("application")
    }
    rows = [(one, orders[one.surrender.policy.contract], one.is_late(today)) for one in found]
    return page(request, "console/surrenders/surrenders.html", rows=rows, late=sum(is_late for _, _, is_late in rows))


@require_safe
@access(Permission.SEE_ORDERS)
def surrender(request: StaffRequest, number: str) -> HttpResponse:
    """One case: figures, proof, clock, insurer, money, and what the customer sees."""
    return _case(request, _of(number))


@answers_form_of("console:surrender", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def acceptance(request: StaffRequest, number: str) -> HttpResponse:
    """All is there: the insurer is asked, or a second person where much goes back."""
    found = _of(number)
    return _decided(request, found, deciding.accept, AcceptanceForm(sent(request), surrender=found), "seen")


@answers_form_of("console:surrender", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def missing(request: StaffRequest, number: str) -> HttpResponse:
    """Ask the customer for what is missing, once and whole."""
    return _decided(request, _of(number), deciding.ask_for, MissingForm(sent(request)), "missing")


@answers_form_of("console:surrender", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def refusal(request: StaffRequest, number: str) -> HttpResponse:
    """The policy stands, for a reason that the customer reads."""
    return _decided(request, _of(number), deciding.turn_down, RefusalForm(sent(request)), "because")


@answers_form_of("console:surrender", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def confirmation(request: StaffRequest, number: str) -> HttpResponse:
    """Agree as a second person, or have it checked again."""
    return _decided(request, _of(number), deciding.confirm, SecondForm(sent(request)), "is_right")


@answers_form_of("console:surrender", "number")
@require_POST
@access(_HANDLE, freshly_proved=True)
def repetition(request: StaffRequest, number: str) -> HttpResponse:
    """Ask the insurer once more, under a number of its own."""
    return _decided(request, _of(number), deciding.try_again, CaseForm(sent(request)))


@answers_form_of("console:surrender", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def explanation(request: StaffRequest, number: str) -> HttpResponse:
    """By which case the insurer's other sum was explained."""
    return _decided(request, _of(number), deciding.explain, CaseForm(sent(request)))


def _decided(request: StaffRequest, found: Surrender, act: Callable[..., None], form: CaseForm, *named: str) -> HttpResponse:
    if form.is_valid():
        try:
            act(surrender=found, case=form.cleaned_data["case"], actor=request.actor, **{name: form.cleaned_data[name] for name in named})
            return HttpResponseRedirect(reverse("console:surrender", args=[found.number]))
        except Refusal as refused:
            form.refuse(refused, "seen" if isinstance(refused, ProofNeeded) else None)
    return _case(request, _of(found.number), form)


def _case(request: StaffRequest, found: Surrender, form: CaseForm | None = None) -> HttpResponse:
    roles = request.actor.roles
    case = SurrenderCase(found, request.actor, clock.today(), may_handle=allows(roles, _HANDLE), may_move_money=allows(roles, _MONEY))
    return page(
        request,
        "console/surrenders/surrender.html",
        it=case,
        form=form or CaseForm(),
        accepting=form if isinstance(form, AcceptanceForm) else AcceptanceForm(surrender=found),
        asking=form if isinstance(form, MissingForm) else MissingForm(),
        refusing=form if isinstance(form, RefusalForm) else RefusalForm(),
        deciding=form if type(form) in (CaseForm, SecondForm) else CaseForm(),
    )


def _of(number: str) -> Surrender:
    return get_object_or_404(Surrender.objects.select_related("policy"), number=number)
