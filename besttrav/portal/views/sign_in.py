"""Signing in and registering: one flow, with the same answer for every number."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from besttrav.kernel.actors import ActorKind
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, SIGNED_IN, access, next_path
from besttrav.people.models import CodePurpose
from besttrav.people.operations import accounts, codes, sessions
from besttrav.people.operations.accounts import SignedIn
from besttrav.people.policy import shown_policy
from besttrav.people.queries import challenge_of, shown_phone, waiting_challenge
from besttrav.people.requests import CustomerRequest, Request
from besttrav.portal.forms.sign_in import AgreementForm, CodeForm, PhoneForm
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import answers_form_of, page, sent

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@entry_page
@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def sign_in(request: Request) -> HttpResponse:
    """Ask for the number and send it a code. Who comes back to this page while a code is on its way is led on to enter it."""
    if request.method != "POST" and request.actor.kind is ActorKind.PERSON:
        return HttpResponseRedirect(next_path(request) or reverse("portal:my-privacy"))
    form = PhoneForm(sent(request))
    if form.is_valid():
        phone = form.cleaned_data["phone"]
        try:
            challenge = codes.request(phone=phone, purpose=CodePurpose.SIGN_IN, visitor=request.visitor, actor=request.actor)
            return _remembering(request, _to(request, "portal:sign-in-code", challenge.id))
        except Refusal as refusal:
            if waiting := waiting_challenge(phone, CodePurpose.SIGN_IN, request.visitor):
                return _to(request, "portal:sign-in-code", waiting.id)
            form.refuse(refusal)
    return page(request, "portal/sign_in/phone.html", form=form, next=next_path(request))


@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def code(request: Request, challenge_id: UUID) -> HttpResponse:
    """Take the code. Who has an account is in; who has none is asked for consent first."""
    form = CodeForm(sent(request))
    if form.is_valid():
        try:
            challenge = codes.check(
                challenge_id=challenge_id,
                code=form.cleaned_data["code"],
                purpose=CodePurpose.SIGN_IN,
                visitor=request.visitor,
                actor=request.actor,
            )
            signed_in = accounts.sign_in(challenge=challenge, visitor=request.visitor)
            return _welcome(request, signed_in) if signed_in else _to(request, "portal:sign-up", challenge_id)
        except Refusal as refusal:
            form.refuse(refusal, "code")
    return _code_page(request, challenge_id, form)


@answers_form_of("portal:sign-in-code", "challenge_id")
@require_POST
@access(EVERYONE)
def message(request: Request, challenge_id: UUID) -> HttpResponse:
    """Another code to the same number."""
    challenge = challenge_of(challenge_id, request.visitor)
    try:
        newer = codes.request(phone=codes.phone_of(challenge), purpose=CodePurpose.SIGN_IN, visitor=request.visitor, actor=request.actor)
        return _to(request, "portal:sign-in-code", newer.id)
    except Refusal as refusal:
        form = CodeForm({})
        form.full_clean()
        form.errors.clear()
        form.refuse(refusal)
        return _code_page(request, challenge_id, form)


@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def sign_up(request: Request, challenge_id: UUID) -> HttpResponse:
    """The number is proved and has no account: ask for the one consent an account needs, with the box empty."""
    challenge = challenge_of(challenge_id, request.visitor)
    policy = shown_policy(request.visitor.language)
    form = AgreementForm(sent(request))
    if form.is_valid():
        return _welcome(request, accounts.register(challenge=challenge, visitor=request.visitor, agreed_to=policy))
    return page(request, "portal/sign_in/sign_up.html", form=form, policy=policy, next=next_path(request))


@require_http_methods(_READ_OR_SEND)
@access(SIGNED_IN)
def recycled_number(request: CustomerRequest) -> HttpResponse:
    """A number that was silent for long, on a device nobody knows: the old account stays closed, a new one may begin."""
    policy = shown_policy(request.visitor.language)
    form = AgreementForm(sent(request))
    if form.is_valid():
        return _welcome(request, accounts.start_afresh(session=request.session_record, visitor=request.visitor, agreed_to=policy))
    return page(request, "portal/sign_in/recycled_number.html", form=form, policy=policy)


@require_POST
@access(SIGNED_IN)
def sign_out(request: CustomerRequest) -> HttpResponse:
    """Sign out here, and ask the browser to forget what it kept."""
    sessions.end(session=request.session_record, actor=request.actor, why="own_wish")
    response = HttpResponseRedirect(reverse("portal:home"))
    cookies.sign_out(response)
    return response


def _code_page(request: Request, challenge_id: UUID, form: CodeForm) -> HttpResponse:
    phone = shown_phone(challenge_id, request.visitor)
    return page(request, "portal/sign_in/code.html", form=form, challenge_id=challenge_id, phone=phone, next=next_path(request))


def _welcome(request: Request, signed_in: SignedIn) -> HttpResponse:
    response = HttpResponseRedirect(next_path(request) or reverse("portal:my-privacy"))
    cookies.sign_in(response, signed_in.token, signed_in.device)
    rotate_token(request)
    return response


def _to(request: Request, name: str, challenge_id: UUID) -> HttpResponse:
    way_on = f"?{urlencode({'next': next_path(request)})}" if next_path(request) else ""
    return HttpResponseRedirect(reverse(name, args=[challenge_id]) + way_on)


def _remembering(request: Request, response: HttpResponse) -> HttpResponse:
    cookies.keep_browser(request, response)
    return response
