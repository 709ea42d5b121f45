"""People, found by an exact key only, masked until somebody says why."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.console import person_page
from besttrav.console.forms.people import OpeningForm, ReopeningForm, SearchForm
from besttrav.kernel.errors import Refusal
from besttrav.people.access import access
from besttrav.people.limits import STAFF
from besttrav.people.operations import opening, reopening
from besttrav.people.permissions import Permission, allows, purposes_for
from besttrav.people.requests import StaffRequest, member_of
from besttrav.privacy.purposes import purposes
from besttrav.privacy.rights import Holding
from besttrav.ui.pages import answers_form_of, page, sent
from besttrav.ui.privacy_words import answers, looks


@require_http_methods(["GET", "HEAD", "POST"])
@access(Permission.FIND_PEOPLE)
def people(request: StaffRequest) -> HttpResponse:
    """Search by a complete number. There is no list of people, and no next one."""
    form, found = SearchForm(sent(request)), None
    if form.is_valid():
        try:
            found = opening.search(phone=form.cleaned_data["phone"], actor=request.actor)
            if len(found) == 1:
                return HttpResponseRedirect(reverse("console:person", args=[found[0].subject]))
        except Refusal as refusal:
            form.refuse(refusal, "phone")
    return page(request, "console/people/search.html", form=form, found=found)


@require_safe
@access(Permission.FIND_PEOPLE)
def person(request: StaffRequest, subject: UUID) -> HttpResponse:
    """Everything masked."""
    return _person(request, subject)


@answers_form_of("console:person", "subject")
@require_POST
@access(Permission.REVEAL, freshly_proved=True)
def openings(request: StaffRequest, subject: UUID) -> HttpResponse:
    """Show the chosen fields, in this answer only, for a minute; the person sees the look at once."""
    return _person(request, subject)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Permission.REOPEN_NUMBERS, freshly_proved=True)
def closed_numbers(request: StaffRequest) -> HttpResponse:
    """Open a number again that wrong codes have closed; its holder gets a text. There is no list of them."""
    form, is_done = ReopeningForm(sent(request)), False
    if form.is_valid():
        try:
            reopening.reopen(**form.cleaned_data, staff=member_of(request), actor=request.actor)
            form, is_done = ReopeningForm(), True
        except Refusal as refusal:
            form.refuse(refusal, "phone")
    return page(request, "console/people/closed_numbers.html", form=form, is_done=is_done)


def _person(request: StaffRequest, subject: UUID) -> HttpResponse:
    holdings = person_page.holdings_for(subject, actor=request.actor)
    if not holdings:
        raise Http404
    shown = person_page.lines(holdings, actor=request.actor)
    reasons = purposes_for(request.actor.roles, Permission.REVEAL)
    form = OpeningForm(sent(request), wanted=person_page.choices(shown), purposes=reasons)
    opened = _opened(request, subject, holdings, form) if form.is_valid() else {}
    response = page(
        request,
        "console/people/person.html",
        form=form,
        subject=subject,
        account=person_page.account_of(holdings),
        lines=person_page.lines(holdings, actor=request.actor, opened=opened),
        is_open=bool(opened),
        seconds=STAFF.reveal_shown,
        may_open=allows(request.actor.roles, Permission.REVEAL),
        looks=looks(subject, limit=8)[0],
        answers=answers(subject),
    )
    if opened:
        response["Refresh"] = f"{STAFF.reveal_shown}; url={reverse('console:person', args=[subject])}"
    return response


def _opened(request: StaffRequest, subject: UUID, holdings: list[Holding], form: OpeningForm) -> person_page.Texts:
    try:
        return opening.open_for(
            staff=member_of(request),
            subject=subject,
            holdings=holdings,
            tags=form.cleaned_data["fields_wanted"],
            purpose=purposes()[form.cleaned_data["purpose"]],
            reference=form.cleaned_data["reference"],
            actor=request.actor,
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return {}
