"""The steps in which something is typed: the trip, the people, their health."""

import re
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.people.access import EVERYONE, access
from besttrav.people.operations import travellers
from besttrav.people.operations.travellers import GuardianMissing, Traveller
from besttrav.people.policy import shown_policy
from besttrav.people.requests import Request
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY
from besttrav.portal.applying import Draft, account_of, draft_of
from besttrav.portal.applying_pages import READ_OR_SEND, onward, step_page
from besttrav.portal.forms.applying_declaring import HealthForm
from besttrav.portal.forms.applying_people import PeopleForm
from besttrav.portal.forms.applying_trip import ApplyingTripForm, initial_of
from besttrav.portal.saved import masked_list
from besttrav.portal.trip_fields import places
from besttrav.privacy.gate import reveal, reveal_one
from besttrav.sales import pricing, queries
from besttrav.sales.operations import applying
from besttrav.sales.steps import Step
from besttrav.ui.pages import page, sent

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PEOPLE_FIELDS = (
    *("name", "passport_name", "identity_number", "identity_ends", "birth_date", "sex"),
    *("nationality", "phone", "email", "address", "contact"),
)


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def trip(request: Request, application_id: UUID) -> HttpResponse:
    """Where, when, which plan, and what else this product asks about the trip."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.TRIP):
        return elsewhere
    application, offer, was = draft.application, draft.offer, draft.priced.total
    form = ApplyingTripForm(offer, data=sent(request), initial=None if sent(request) else initial_of(application, offer, _words(draft)))
    if form.is_valid():
        applying.describe_trip(
            application=application, wanted=form.wanted(application.groups), actor=request.actor, seen=draft.seen("trip")
        )
        return _unless_hindered(request, draft, was)
    return step_page(draft, Step.TRIP, request, form=form, plan_notes=draft.plan_notes, **_calendar())


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def people(request: Request, application_id: UUID) -> HttpResponse:
    """Who applies, who is insured, who is paid. Buttons change the list and save nothing; "continue" checks and saves."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.PEOPLE):
        return elsewhere
    form, was = _people_form(request, draft), draft.priced.total
    if form.is_valid():
        try:
            _keep_for_next_time(request, form)
            applying.write_people(application=draft.application, people=form.people(), actor=request.actor, seen=draft.seen("people"))
            return _unless_hindered(request, draft, was)
        except GuardianMissing as refusal:
            form.refuse(refusal, "guardian")
        except Refusal as refusal:
            form.refuse(refusal)
    priced = draft.priced
    if request.method == "POST" and (aged := form.travellers()):
        priced = draft.price(pricing.trip_of(draft.application), aged)
    status = 422 if form.paste_error or (form.is_bound and form.errors) else 200
    more = {"form": form, "priced": priced, **_saved_travellers(request)}
    if "HX-Request" in request.headers:
        return page(request, "portal/applying/people_fragment.html", status=status, draft=draft, step=Step.PEOPLE, **more)
    return step_page(draft, Step.PEOPLE, request, status=status, **more, **_calendar())


@never_cache
@require_http_methods(READ_OR_SEND)
@access(EVERYONE)
def health(request: Request, application_id: UUID) -> HttpResponse:
    """Each question of the insurer for each insured person; first the consent to ask at all."""
    draft = draft_of(request, application_id)
    if elsewhere := draft.elsewhere(Step.HEALTH):
        return elsewhere
    called = names_of(draft, draft.insured)
    form = HealthForm(
        draft.offer,
        [(party, called[party.id]) for party in draft.insured],
        data=sent(request),
        given={} if request.method == "POST" else queries.answers_of(draft.application, draft.buyer),
    )
    if form.is_valid():
        applying.answer(application=draft.application, answers=form.answers(), actor=request.actor, seen=draft.seen("health"))
        return onward(draft, request)
    return step_page(draft, Step.HEALTH, request, form=form)


def names_of(draft: Draft, parties: list[Party]) -> dict[UUID, str]:
    """What everybody is called, for whoever typed it."""
    opened = reveal(parties, ["name"], purpose=APPLY, actor=draft.buyer, case=draft.application.id)
    return {party.id: texts.name for party, texts in zip(parties, opened, strict=True)}


def _people_form(request: Request, draft: Draft) -> PeopleForm:
    application, offer = draft.application, draft.offer
    if request.method == "POST":
        return PeopleForm.sent(offer, application, request.POST, _picked(request))
    if not draft.parties:
        return PeopleForm.blank(offer, application)
    opened = reveal(draft.parties, PEOPLE_FIELDS, purpose=APPLY, actor=draft.buyer, case=application.id)
    return PeopleForm.kept(offer, application, draft.parties, opened)


def _saved_travellers(request: Request) -> dict[str, Any]:
    """The list of whoever is signed in. A fragment draws it anew only where somebody chose from it."""
    account = account_of(request)
    is_drawn = "HX-Request" not in request.headers or _picks(request)
    return {"may_keep": account is not None, "kept": masked_list(account, request.actor) if is_drawn else []}


def _picks(request: Request) -> bool:
    return request.POST.get("do") == "pick"


def _picked(request: Request) -> list[Traveller]:
    """Those chosen from the list of whoever is signed in; a visitor has none."""
    account = account_of(request)
    if account is None or not _picks(request):
        return []
    chosen = [UUID(one) for one in request.POST.getlist("saved") if _ID.fullmatch(one)]
    return travellers.pick(account=account, ids=chosen, actor=request.actor)


def _keep_for_next_time(request: Request, form: PeopleForm) -> None:
    account = account_of(request)
    if account and (people := form.saved):
        travellers.keep(
            account=account,
            people=people,
            has_guardian=form.state.has_guardian,
            agreed_to=shown_policy(request.visitor.language),
            page="people",
            actor=request.actor,
        )


def _unless_hindered(request: Request, draft: Draft, was: Any) -> HttpResponse:
    """On to the next step, unless what was saved cannot be insured like that: then to the page that says why and what would change it."""
    fresh = Draft(draft.application, request.actor)
    if fresh.hindrances:
        return HttpResponseRedirect(fresh.address("outcome"), status=303)
    return onward(draft, request, was)


def _words(draft: Draft) -> str:
    """The school, company or tour as it was typed."""
    application = draft.application
    if application.__dict__.get("trip_words") is None:
        return ""
    return reveal_one(application, "trip_words", purpose=APPLY, actor=draft.buyer, case=application.id).trip_words


def _calendar() -> dict[str, Any]:
    """Where a calendar begins, and the places a field can offer."""
    return {"places": places(get_language() or "zh-hans"), "earliest": clock.today().isoformat()}
