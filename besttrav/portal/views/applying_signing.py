"""The end of an application: check the answers, prove the phone, sign; and what came of it."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.operations.codes import CodeRefused, TooMany
from besttrav.people.queries import shown_phone
from besttrav.people.requests import Request
from besttrav.portal.applying import Draft, draft_of, payment_address, token_of
from besttrav.portal.applying_pages import READ_OR_SEND, keeping, step_page
from besttrav.portal.forms.applying_signing import SigningForm, challenge_in
from besttrav.portal.outcome import Outcome
from besttrav.portal.summary import Summary
from besttrav.sales import queries
from besttrav.sales.operations import submitting
from besttrav.sales.operations.applying import PaperChanged
from besttrav.sales.operations.submitting import NameDiffers, NotComplete, PhoneNotProved, SignatureRefused
from besttrav.sales.steps import Step
from besttrav.ui.pages import answers_form_of, page, sent

# Beside which field a refusal is said.
_FIELDS: dict[type[Refusal], str] = {
    CodeRefused: "code",
    TooMany: "code",
    NameDiffers: "name",
    SignatureRefused: "name",
    PhoneNotProved: "code",
}


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def confirmation(request: Request, application_id: UUID) -> HttpResponse:
    """Everything once more, each with the way to change it; then the signature, and the decision."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.CONFIRMATION):
        return elsewhere
    needs_code = not submitting.knows_phone(draft.application)
    challenge = challenge_in(request.POST.get("challenge") or request.GET.get("challenge", "")) if needs_code else None
    form = SigningForm(sent(request), needs_code=needs_code, challenge=challenge)
    if form.is_valid():
        try:
            return _sign(request, draft, form)
        except NotComplete as refusal:
            return HttpResponseRedirect(draft.address(refusal.step), status=303)
        except Refusal as refusal:
            if isinstance(refusal, PaperChanged):
                draft = draft_of(request, application_id)  # What is shown with the new revision is what stands there now.
            field = _FIELDS.get(type(refusal))
            form.refuse(refusal, field if field in form.fields else None)
    return _confirmation_page(request, draft, form)


@answers_form_of("portal:application-confirmation", "application_id")
@never_cache
@require_POST
@access(EVERYONE)
def phone(request: Request, application_id: UUID) -> HttpResponse:
    """A code to the applicant's phone."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.CONFIRMATION):
        return elsewhere
    try:
        challenge = submitting.request_code(application=draft.application, visitor=request.visitor, actor=request.actor)
    except Refusal as refusal:
        known = challenge_in(request.POST.get("challenge", ""))
        form = SigningForm(None, needs_code=True, challenge=known)
        return _confirmation_page(request, draft, form, code_refused=f"{refusal.message} {refusal.way_out}")
    response = HttpResponseRedirect(f"{draft.address(Step.CONFIRMATION)}?challenge={challenge.id}#sign", status=303)
    cookies.keep_browser(request, response)
    return response


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def outcome(request: Request, application_id: UUID) -> HttpResponse:
    """Why it cannot be had like this, or who looks at it now; what would change that, and what else would do. One press asks a human."""
    draft = draft_of(request, application_id)
    decision = queries.decision_of(draft.application)
    if request.method == "POST" and decision:
        submitting.ask_human(decision=decision, actor=request.actor)
        return HttpResponseRedirect(f"{draft.address('outcome')}#human", status=303)
    came = Outcome(draft, decision)
    if not came.reasons:
        return HttpResponseRedirect(draft.address(draft.next) if draft.is_open else draft.outcome)
    return page(request, "portal/applying/outcome.html", draft=draft, came=came, decision=decision if came.is_decided else None)


def _sign(request: Request, draft: Draft, form: SigningForm) -> HttpResponse:
    """Prove the phone where a code was entered, sign, and go where the decision leads."""
    application = draft.application
    if form.needs_code and form.challenge:
        submitting.prove_phone(
            application=application,
            challenge_id=form.challenge,
            code=form.cleaned_data["code"],
            visitor=request.visitor,
            actor=request.actor,
        )
    submitted = submitting.submit(
        application=application,
        revision=form.cleaned_data["revision"],
        offer=draft.offer,
        signature=form.signature(),
        actor=request.actor,
        seen=draft.seen("confirmation"),
    )
    address = payment_address(submitted.order) if submitted.order else draft.address("outcome")
    return keeping(HttpResponseRedirect(address, status=303), token_of(request))


def _confirmation_page(request: Request, draft: Draft, form: SigningForm, code_refused: str = "") -> HttpResponse:
    """The phone may have been proved a moment ago, with a signature that will not do: then no code is asked for again."""
    if form.is_bound and form.needs_code and draft.application.phone_proved_at:
        form.needs_code = False
        form.fields.pop("code", None)
    summary = Summary(draft)
    return step_page(
        draft,
        Step.CONFIRMATION,
        request,
        status=422 if code_refused or (form.is_bound and form.errors) else None,
        form=form,
        summary=summary,
        priced=summary.priced,
        code_refused=code_refused,
        sent_to=shown_phone(form.challenge, request.visitor) if form.challenge else "",
        submit=_("Sign and submit"),
    )
