"""What an insured person who is not the buyer is told, at a link of their own, without an account: and how they object."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.people import cookies
from besttrav.people.access import EVERYONE, access
from besttrav.people.queries import shown_phone
from besttrav.people.requests import Request
from besttrav.portal.forms.sign_in import CodeForm
from besttrav.sales.models import Notice, NoticeState
from besttrav.sales.operations import noticing
from besttrav.sales.queries import offer_of
from besttrav.ui import privacy_words
from besttrav.ui.entry import entry_page
from besttrav.ui.forms import RefusableForm
from besttrav.ui.pages import answers_form_of, page, sent


@entry_page  # The link comes by text message or from the buyer, through whatever app.
@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def notice(request: Request, token: str) -> HttpResponse:
    """The contract, who is who in it, what is held of the reader and why, for how long, and what they can do."""
    return _notice_page(request, _opened(token), token)


@answers_form_of("portal:notice", "token")
@require_POST
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def objection(request: Request, token: str) -> HttpResponse:
    """Object: at once where nobody can be asked for a code, else after one to the person's own number."""
    found = _opened(token)
    if not noticing.has_phone(found):
        noticing.object_to(notice=found, actor=_person(found))
        return _back(token)
    try:
        challenge = noticing.request_code(notice=found, visitor=request.visitor, actor=request.actor)
    except Refusal as refusal:
        form = RefusableForm({})
        form.full_clean()
        form.refuse(refusal)
        return _notice_page(request, found, token, form)
    response = HttpResponseRedirect(reverse("portal:objection-code", args=[token, challenge.id]), status=303)
    cookies.keep_browser(request, response)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def objection_code(request: Request, token: str, challenge_id: UUID) -> HttpResponse:
    """Take the code and write the objection down."""
    found, form = _opened(token), CodeForm(sent(request))
    if form.is_valid():
        try:
            noticing.confirm_objection(
                notice=found,
                challenge_id=challenge_id,
                code=form.cleaned_data["code"],
                visitor=request.visitor,
                actor=_person(found),
            )
            return _back(token)
        except Refusal as refusal:
            form.refuse(refusal, "code")
    return page(request, "portal/notice/code.html", form=form, token=token, phone=shown_phone(challenge_id, request.visitor))


def _notice_page(request: Request, found: Notice, token: str, form: RefusableForm | None = None) -> HttpResponse:
    return page(
        request,
        "portal/notice/notice.html",
        notice=found,
        application=found.application,
        offer=offer_of(found.application),
        cards=privacy_words.cards(found.subject, actor=_person(found)),
        given=privacy_words.given_to(found.subject),
        form=form,
        token=token,
        has_phone=noticing.has_phone(found),
        has_objected=found.state == NoticeState.OBJECTED,
    )


def _opened(token: str) -> Notice:
    found = noticing.opened(token=token)
    if found is None:
        raise Http404
    return found


def _person(found: Notice) -> Actor:
    """Whoever holds the link reads about themselves, masked, and can do nothing else."""
    return Actor.person(id=found.id, subject=found.subject)


def _back(token: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portal:notice", args=[token]) + "#objection", status=303)
