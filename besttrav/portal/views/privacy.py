"""The privacy centre: what is held, who looked, what was agreed, a copy of it all, and the way out."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.kernel import clock
from besttrav.people import cookies
from besttrav.people.access import TRUSTED, access
from besttrav.people.operations import accounts
from besttrav.people.requests import CustomerRequest, account_of
from besttrav.portal.forms.privacy import ClosingForm
from besttrav.privacy import consents, rights
from besttrav.privacy.consent_codes import Consent
from besttrav.ui import privacy_words
from besttrav.ui.pages import answers_form_of, page, sent


@require_safe
@access(TRUSTED)
def centre(request: CustomerRequest) -> HttpResponse:
    """Everything on one page, masked."""
    return _centre(request)


@answers_form_of("portal:my-privacy")
@require_POST
@access(TRUSTED)
def values(request: CustomerRequest, model: str) -> HttpResponse:
    """The same page with one card open: shown once, in this answer only, and written down as the person's own look."""
    return _centre(request, opened=model)


@require_safe
@access(TRUSTED)
def looks(request: CustomerRequest) -> HttpResponse:
    """All looks, page by page."""
    shown, more = privacy_words.looks(account_of(request).subject, before=_uuid(request.GET.get("before", "")))
    return page(request, "portal/privacy/looks.html", looks=shown, more=more)


@require_POST
@access(TRUSTED, freshly_proved=True)
def copy(request: CustomerRequest) -> HttpResponse:
    """A copy of everything, as a file (article 45)."""
    package = rights.access_package(account_of(request).subject, actor=request.actor)
    name = f"besttrav-{clock.today().isoformat()}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(rights.as_json(package), content_type="application/json; charset=utf-8", headers=headers)


@require_POST
@access(TRUSTED)
def withdrawal(request: CustomerRequest, code: str) -> HttpResponse:
    """Take a consent back, with one tap. The one the account rests on leads to closing it."""
    if code not in Consent.__members__:
        raise Http404
    if Consent[code] is Consent.K01:
        return HttpResponseRedirect(reverse("portal:closing"))
    consents.withdraw(subject=account_of(request).subject, code=Consent[code], page="privacy_centre", way="tap", actor=request.actor)
    response = HttpResponseRedirect(reverse("portal:my-privacy") + "#consents")
    if Consent[code] is Consent.K12:
        cookies.keep_device(response, "")
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@access(TRUSTED, freshly_proved=True)
def closing(request: CustomerRequest) -> HttpResponse:
    """What would go and what a law keeps, before anything happens; then the end of the account."""
    form = ClosingForm(sent(request))
    if form.is_valid():
        accounts.close(account=account_of(request), session=request.session_record, visitor=request.visitor, actor=request.actor)
        response = HttpResponseRedirect(reverse("portal:closed"))
        cookies.sign_out(response)
        return response
    return page(request, "portal/privacy/closing.html", form=form, plan=privacy_words.plan(account_of(request).subject))


def _centre(request: CustomerRequest, opened: str = "") -> HttpResponse:
    subject = account_of(request).subject
    shown, _more = privacy_words.looks(subject)
    cards = privacy_words.cards(subject, actor=request.actor, opened=opened)
    answers = privacy_words.answers(subject)
    glance = privacy_words.at_a_glance(cards, answers)
    return page(
        request,
        "portal/privacy/centre.html",
        glance=glance,
        cards=cards,
        opened=opened,
        looks=shown[:6],
        answers=answers,
        given=privacy_words.given_to(subject),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404 from None
