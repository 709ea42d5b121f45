"""Giving a policy up: what it means, worked out first; a code to the policyholder's phone; the confirmation."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.operations.codes import CodeRefused, TooMany
from besttrav.people.queries import shown_phone
from besttrav.people.requests import Request
from besttrav.policies.models import SurrenderReason
from besttrav.policies.operations import surrendering
from besttrav.policies.operations.surrendering import AlreadyAsked, FiguresMoved
from besttrav.portal.forms.applying_signing import challenge_in
from besttrav.portal.forms.orders import DigitsForm
from besttrav.portal.forms.surrenders import ReasonForm, SurrenderForm
from besttrav.portal.orders import reached_policy
from besttrav.portal.surrender_page import SurrenderPage
from besttrav.ui.forms import in_words
from besttrav.ui.pages import answers_form_of, page, sent

_FIELDS: dict[type[Refusal], str] = {CodeRefused: "code", TooMany: "code"}


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def surrender(request: Request, policy_id: UUID) -> HttpResponse:
    """What comes back, to which account and by when, and what ends; then the confirmation, bound to what was shown."""
    made = _page_of(request, policy_id)
    if not made.reach.may_give_up:
        return page(request, "portal/policy/surrender_digits.html", page=made, order=made.order, offer=made.offer, form=DigitsForm())
    if surrendering.open_surrender(made.contract):
        return _followed(policy_id)
    form = _form(request, made, sent(request))
    if form.is_valid() and form.challenge:
        try:
            if made.wants_reason:
                raise FiguresMoved  # The cover began while the page was open.
            surrendering.ask(
                policy=made.contract,
                payment=made.payment,
                reason=made.chosen,
                seal=form.cleaned_data["seal"],
                challenge_id=form.challenge,
                code=form.cleaned_data["code"],
                visitor=request.visitor,
                actor=made.reach.actor,
            )
            return _followed(policy_id)
        except AlreadyAsked:
            return _followed(policy_id)  # A second press: the first one counts, and the page tells of it.
        except Refusal as refusal:
            form.refuse(refusal, _FIELDS.get(type(refusal)))
    return _surrender_page(request, made, form)


@answers_form_of("portal:surrender", "policy_id")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def phone(request: Request, policy_id: UUID) -> HttpResponse:
    """A code to the phone of the policyholder."""
    made = _page_of(request, policy_id)
    back = reverse("portal:surrender", args=[policy_id])
    if not made.reach.may_give_up or made.wants_reason:
        return HttpResponseRedirect(back, status=303)
    try:
        challenge = surrendering.request_code(policy=made.contract, visitor=request.visitor, actor=request.actor)
    except Refusal as refusal:
        return _surrender_page(request, made, _form(request, made, None), code_refused=in_words(refusal))
    response = HttpResponseRedirect(f"{back}?reason={made.chosen.value}&challenge={challenge.id}#confirm", status=303)
    cookies.keep_browser(request, response)
    return response


@answers_form_of("portal:my-policy", "policy_id")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def withdrawal(request: Request, policy_id: UUID) -> HttpResponse:
    """Keep the policy after all, while nobody has asked the insurer."""
    made = _page_of(request, policy_id)
    found = surrendering.open_surrender(made.contract)
    if made.reach.may_give_up and found:
        surrendering.take_back(surrender=found, actor=made.reach.actor)
    return _followed(policy_id)


def _page_of(request: Request, policy_id: UUID) -> SurrenderPage:
    asked = ReasonForm(request.POST if request.method == "POST" else request.GET)
    reason: SurrenderReason | None = asked.cleaned_data["reason"] if asked.is_valid() else None
    return SurrenderPage(reached_policy(request, policy_id), clock.today(), reason)


def _form(request: Request, made: SurrenderPage, data: object) -> SurrenderForm:
    challenge = challenge_in(request.POST.get("challenge") or request.GET.get("challenge", ""))
    return SurrenderForm(data, challenge=challenge, has_begun=made.has_begun)  # type: ignore[arg-type]  # what was posted, or nothing


def _surrender_page(request: Request, made: SurrenderPage, form: SurrenderForm, code_refused: str = "") -> HttpResponse:
    """Whatever was shown before, the figures are those that hold now."""
    return page(
        request,
        "portal/policy/surrender_page.html",
        status=422 if code_refused else None,
        page=made,
        policy=made.contract,
        order=made.order,
        offer=made.offer,
        worth=made.worth,
        reasons=ReasonForm({"reason": made.reason.value} if made.reason else None),
        form=form,
        code_refused=code_refused,
        sent_to=shown_phone(form.challenge, request.visitor) if form.challenge else "",
    )


def _followed(policy_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portal:my-policy", args=[policy_id]) + "#surrender", status=303)
