"""Staff accounts, agreements and roles; what one asks for, another decides."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from besttrav.console.forms.team import AgreementForm, DecisionForm, InvitationForm, RoleForm
from besttrav.kernel.errors import Refusal
from besttrav.people import queries
from besttrav.people.access import STAFF, access
from besttrav.people.agreement import current_agreement
from besttrav.people.models import FactorReset, RoleGrant, StaffMember
from besttrav.people.operations import granting, staff
from besttrav.people.permissions import TABLE, Permission, Role, allows
from besttrav.people.requests import StaffRequest, member_of
from besttrav.ui.forms import RefusableForm
from besttrav.ui.pages import answers_form_of, page, sent


@require_safe
@access(Permission.SEE_TEAM)
def team(request: StaffRequest) -> HttpResponse:
    """Everybody by number; names stay closed."""
    return _team(request)


@answers_form_of("console:team")
@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def invitations(request: StaffRequest) -> HttpResponse:
    """Open a staff account without any role; its invitation code is shown once."""
    form = InvitationForm(sent(request))
    if form.is_valid():
        try:
            member, invitation = staff.invite(**form.cleaned_data, actor=request.actor)
            return page(request, "console/team/invited.html", member=member, invitation=invitation)
        except Refusal as refusal:
            form.refuse(refusal)
    return _team(request, form)


@answers_form_of("console:team")
@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def roles(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Ask for a role for somebody; a second person decides."""
    form = RoleForm(sent(request))
    if form.is_valid():
        try:
            granting.ask_for_role(
                staff=get_object_or_404(StaffMember, id=staff_id), role=Role(form.cleaned_data["role"]), actor=request.actor
            )
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    return _team(request, form)


@answers_form_of("console:team")
@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def decision(request: StaffRequest, grant_id: UUID) -> HttpResponse:
    """Grant or refuse what somebody else asked for."""
    form = DecisionForm(sent(request))
    form.full_clean()
    try:
        grant = get_object_or_404(RoleGrant, id=grant_id)
        granting.decide_role(grant=grant, granted=form.cleaned_data["granted"], actor=request.actor)
        return _back()
    except Refusal as refusal:
        form.refuse(refusal)
        return _team(request, form)


@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def ending(request: StaffRequest, grant_id: UUID) -> HttpResponse:
    """Take a role back: gone at the next request."""
    granting.take_role_back(grant=get_object_or_404(RoleGrant, id=grant_id), actor=request.actor)
    return _back()


@answers_form_of("console:team")
@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def resets(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Ask to reset somebody's password and second factor; the first half of the new invitation code is shown once."""
    form = RefusableForm({})
    form.full_clean()
    try:
        member = get_object_or_404(StaffMember, id=staff_id)
        _reset, half = staff.ask_reset(staff=member, actor=request.actor)
        return page(request, "console/team/invited.html", member=member, first=half)
    except Refusal as refusal:
        form.refuse(refusal)
        return _team(request, form)


@answers_form_of("console:team")
@require_POST
@access(Permission.MANAGE_TEAM, freshly_proved=True)
def confirmation(request: StaffRequest, reset_id: UUID) -> HttpResponse:
    """Confirm a reset that another administrator asked for; the second half of the new invitation code is shown once."""
    form = RefusableForm({})
    form.full_clean()
    try:
        reset = get_object_or_404(FactorReset.objects.select_related("staff"), id=reset_id)
        half = staff.confirm_reset(reset=reset, actor=request.actor)
        return page(request, "console/team/invited.html", member=reset.staff, second=half)
    except Refusal as refusal:
        form.refuse(refusal)
        return _team(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@access(STAFF)
def agreement(request: StaffRequest) -> HttpResponse:
    """The confidentiality agreement, read and signed by oneself."""
    form = AgreementForm(sent(request))
    if form.is_valid():
        granting.sign_agreement(staff=member_of(request), actor=request.actor)
        return HttpResponseRedirect(reverse("console:home"))
    return page(
        request, "console/team/agreement.html", form=form, text=current_agreement(), signed=queries.agreement_of(member_of(request))
    )


@require_safe
@access(Permission.READ_PERMISSIONS)
def permissions(request: StaffRequest) -> HttpResponse:
    """The table itself: role by permission, with the purposes each may be used for."""
    rows = [
        (role.label, [(permission.label, permission in TABLE[role], TABLE[role].get(permission, ())) for permission in Permission])
        for role in Role
    ]
    return page(request, "console/team/permissions.html", rows=rows, permissions=[permission.label for permission in Permission])


def _team(request: StaffRequest, form: RefusableForm | None = None) -> HttpResponse:
    grants, waiting = queries.open_questions()
    invitation = form if isinstance(form, InvitationForm) else InvitationForm()
    return page(
        request,
        "console/team/team.html",
        members=queries.team(),
        grants=grants,
        resets=waiting,
        form=form or invitation,
        invitation=invitation,
        roles=list(Role),
        may_manage=allows(request.actor.roles, Permission.MANAGE_TEAM),
    )


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("console:team"))
