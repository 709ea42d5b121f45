"""Staff come in with a password and a second factor; nothing here says which of the two was wrong."""

import segno
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from besttrav.console.forms.sign_in import AppCodeForm, EnrolmentForm, PasswordForm
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies, totp
from besttrav.people.access import EVERYONE, STAFF, access, next_path
from besttrav.people.models import StaffState, Trust
from besttrav.people.operations import sessions, staff
from besttrav.people.operations.staff import Entered
from besttrav.people.requests import Request, StaffRequest
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import page, sent

_READ_OR_SEND = ["GET", "HEAD", "POST"]


@entry_page
@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def sign_in(request: Request) -> HttpResponse:
    """The first factor."""
    form = PasswordForm(sent(request))
    if form.is_valid():
        try:
            return _on(staff.sign_in(**form.cleaned_data, visitor=request.visitor), "console:second-factor", next_path(request))
        except Refusal as refusal:
            form.refuse(refusal)
    return page(request, "console/sign_in/sign_in.html", form=form, next=next_path(request))


@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def second_factor(request: Request) -> HttpResponse:
    """The second factor, for a browser that brought the first."""
    session = request.session_record
    if session is None or session.trust != Trust.PENDING:
        return HttpResponseRedirect(reverse("console:sign-in"))
    form = AppCodeForm(sent(request))
    if form.is_valid():
        try:
            return _in(request, staff.bring_code(session=session, code=form.cleaned_data["code"], visitor=request.visitor))
        except Refusal as refusal:
            form.refuse(refusal, "code")
    return page(request, "console/sign_in/second_factor.html", form=form, next=next_path(request), demo_code=_demo_code(request))


@entry_page
@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def enrolment(request: Request) -> HttpResponse:
    """An invitation becomes a password of one's own."""
    form = EnrolmentForm(sent(request))
    if form.is_valid():
        try:
            return _on(staff.enrol(**form.cleaned_data, visitor=request.visitor), "console:app")
        except Refusal as refusal:
            form.refuse(refusal)
    return page(request, "console/sign_in/enrolment.html", form=form)


@require_http_methods(_READ_OR_SEND)
@access(EVERYONE)
def app(request: Request) -> HttpResponse:
    """The authenticator app gets its secret and shows that it has it."""
    session = request.session_record
    if session is None or session.staff is None or session.trust != Trust.PENDING or session.staff.state != StaffState.INVITED:
        return HttpResponseRedirect(reverse("console:sign-in"))
    form = AppCodeForm(sent(request))
    if form.is_valid():
        try:
            return _in(request, staff.confirm_app(session=session, code=form.cleaned_data["code"], visitor=request.visitor))
        except Refusal as refusal:
            form.refuse(refusal, "code")
    address = totp.enrolment_address(staff.app_secret(session.staff), account=session.staff.number, issuer=settings.OPERATOR["brand"])
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")  # scanned as well where the page is dark
    return page(request, "console/sign_in/app.html", form=form, address=address, picture=picture)


@require_http_methods(_READ_OR_SEND)
@access(STAFF)
def proof(request: StaffRequest) -> HttpResponse:
    """The app's code again, before what needs a fresh proof."""
    form = AppCodeForm(sent(request))
    if form.is_valid():
        try:
            staff.prove_with_code(session=request.session_record, code=form.cleaned_data["code"], actor=request.actor)
            return HttpResponseRedirect(next_path(request) or reverse("console:home"))
        except Refusal as refusal:
            form.refuse(refusal, "code")
    return page(request, "console/sign_in/proof.html", form=form, next=next_path(request), demo_code=_demo_code(request))


@require_POST
@access(STAFF)
def sign_out(request: StaffRequest) -> HttpResponse:
    """Sign out, and ask the browser to forget what it kept."""
    sessions.end(session=request.session_record, actor=request.actor, why="own_wish")
    response = HttpResponseRedirect(reverse("console:sign-in"))
    cookies.sign_staff_out(response)
    return response


def _on(entered: Entered, name: str, way_on: str = "") -> HttpResponse:
    response = HttpResponseRedirect(reverse(name) + (f"?{urlencode({'next': way_on})}" if way_on else ""))
    cookies.sign_staff_in(response, entered.token)
    return response


def _in(request: Request, entered: Entered) -> HttpResponse:
    response = HttpResponseRedirect(next_path(request) or reverse("console:home"))
    cookies.sign_staff_in(response, entered.token)
    rotate_token(request)
    return response


def _demo_code(request: Request) -> str:
    """In a demonstration the page says what the app would show, so that a visitor needs no app; only after the password."""
    session = request.session_record
    if not settings.DEMO or session is None or session.staff is None:
        return ""
    return totp.code_at(staff.app_secret(session.staff), clock.now())
