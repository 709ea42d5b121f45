"""Personal information: the number, the devices, and proving again who one is."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies, queries
from besttrav.people.access import TRUSTED, access, next_path
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import accounts, codes, sessions
from besttrav.people.operations import devices as marks
from besttrav.people.policy import shown_policy
from besttrav.people.requests import CustomerRequest, account_of
from besttrav.portal.forms.sign_in import CodeForm, PhoneForm
from besttrav.privacy.gate import masked
from besttrav.ui.forms import RefusableForm
from besttrav.ui.pages import page, sent

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@require_safe
@access(TRUSTED)
def profile(request: CustomerRequest) -> HttpResponse:
    """What the account is made of."""
    account = account_of(request)
    shown = masked([account], ["phone"], actor=request.actor)[0]
    return page(request, "portal/profile/profile.html", account=account, phone=shown["phone"], changed="changed" in request.GET)


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def phone(request: CustomerRequest) -> HttpResponse:
    """Ask for the new number and send it a code."""
    form = PhoneForm(sent(request))
    if form.is_valid():
        new = form.cleaned_data["phone"]
        try:
            challenge = codes.request(
                phone=new,
                purpose=CodePurpose.CHANGE_PHONE,
                visitor=request.visitor,
                actor=request.actor,
                account=account_of(request),
            )
            return HttpResponseRedirect(reverse("portal:phone-code", args=[challenge.id]))
        except Refusal as refusal:
            if waiting := queries.waiting_challenge(new, CodePurpose.CHANGE_PHONE, request.visitor):
                return HttpResponseRedirect(reverse("portal:phone-code", args=[waiting.id]))
            form.refuse(refusal)
    return page(request, "portal/profile/phone.html", form=form)


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def phone_code(request: CustomerRequest, challenge_id: UUID) -> HttpResponse:
    """The code that arrived at the new number: from now on it signs in, and the old one is told."""
    form = CodeForm(sent(request))
    if form.is_valid():
        try:
            challenge = _checked(request, challenge_id, form, CodePurpose.CHANGE_PHONE)
            accounts.change_phone(
                account=account_of(request),
                challenge=challenge,
                session=request.session_record,
                visitor=request.visitor,
                actor=request.actor,
            )
            return HttpResponseRedirect(reverse("portal:my-profile") + "?changed")
        except Refusal as refusal:
            form.refuse(refusal, "code")
    return page(request, "portal/profile/phone_code.html", form=form, phone=queries.shown_phone(challenge_id, request.visitor))


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def proof(request: CustomerRequest) -> HttpResponse:
    """Say why a fresh proof is needed, and send a code to the account's own number."""
    form = RefusableForm(sent(request))
    if form.is_valid():
        try:
            challenge = accounts.request_proof(account=account_of(request), visitor=request.visitor, actor=request.actor)
            return _to_proof_code(request, challenge)
        except Refusal as refusal:
            if waiting := queries.waiting_proof(account_of(request), request.visitor):
                return _to_proof_code(request, waiting)
            form.refuse(refusal)
    phone = masked([account_of(request)], ["phone"], actor=request.actor)[0]["phone"]
    return page(request, "portal/proof/proof.html", form=form, phone=phone, next=next_path(request))


@require_http_methods(_READ_OR_SEND)
@access(TRUSTED)
def proof_code(request: CustomerRequest, challenge_id: UUID) -> HttpResponse:
    """Take the code and go on where the proof was asked for."""
    form = CodeForm(sent(request))
    if form.is_valid():
        try:
            challenge = _checked(request, challenge_id, form, CodePurpose.PROVE)
            accounts.prove_again(challenge=challenge, session=request.session_record, visitor=request.visitor, actor=request.actor)
            return HttpResponseRedirect(next_path(request) or reverse("portal:my-profile"))
        except Refusal as refusal:
            form.refuse(refusal, "code")
    phone = queries.shown_phone(challenge_id, request.visitor)
    return page(request, "portal/proof/code.html", form=form, phone=phone, next=next_path(request))


@require_safe
@access(TRUSTED)
def devices(request: CustomerRequest) -> HttpResponse:
    """Where the account is signed in now."""
    alive = queries.sessions_of(account_of(request), clock.now())
    masks = masked(alive, ["browser", "network"], actor=request.actor)
    return page(
        request,
        "portal/sessions/sessions.html",
        sessions=list(zip(alive, masks, strict=True)),
        here=request.session_record,
        policy=shown_policy(request.visitor.language),
        may_recognise=marks.may_recognise(account_of(request)),
    )


@require_POST
@access(TRUSTED)
def device_mark(request: CustomerRequest) -> HttpResponse:
    """Recognise this browser from now on, or by another mark than before."""
    account, session = account_of(request), request.session_record
    if marks.may_recognise(account):
        mark = marks.renew(account=account, session=session, actor=request.actor)
    else:
        agreed_to = shown_policy(request.visitor.language)
        mark = marks.recognise(account=account, session=session, agreed_to=agreed_to, actor=request.actor)
    response = HttpResponseRedirect(reverse("portal:my-devices"))
    cookies.keep_device(response, mark)
    return response


@require_POST
@access(TRUSTED)
def device_mark_ending(request: CustomerRequest) -> HttpResponse:
    """Recognise no browser of this account any more."""
    marks.stop(account=account_of(request), actor=request.actor)
    response = HttpResponseRedirect(reverse("portal:my-devices"))
    cookies.keep_device(response, "")
    return response


@require_POST
@access(TRUSTED)
def device_ending(request: CustomerRequest, session_id: UUID) -> HttpResponse:
    """Sign out one of them. Somebody else's session is no session."""
    session = get_object_or_404(account_of(request).sessions, id=session_id)
    sessions.end(session=session, actor=request.actor, why="own_wish")
    return HttpResponseRedirect(reverse("portal:my-devices"))


@require_POST
@access(TRUSTED)
def devices_ending(request: CustomerRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end_all(owner=account_of(request), actor=request.actor, why="own_wish", but=request.session_record)
    return HttpResponseRedirect(reverse("portal:my-devices"))


def _to_proof_code(request: CustomerRequest, challenge: Challenge) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:proof-code", args=[challenge.id]) + f"?{urlencode({'next': next_path(request)})}")


def _checked(request: CustomerRequest, challenge_id: UUID, form: CodeForm, purpose: CodePurpose) -> Challenge:
    return codes.check(
        challenge_id=challenge_id, code=form.cleaned_data["code"], purpose=purpose, visitor=request.visitor, actor=request.actor
    )
