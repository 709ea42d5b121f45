"""Inviting colleagues and asking for roles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from besttrav.people.permissions import Role
from besttrav.ui.forms import RefusableForm


class InvitationForm(RefusableForm):
    number = forms.RegexField(
        r"^[A-Z][0-9]{3,10}$",
        label=_("Staff number"),
        help_text=_("A letter and digits, like S1042."),
        error_messages={"required": _("Enter the new colleague's staff number"), "invalid": _("A letter and digits, like S1042.")},
    )
    name = forms.CharField(label=_("Name"), max_length=60, error_messages={"required": _("Enter the new colleague's name")})


class RoleForm(RefusableForm):
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in Role])


class DecisionForm(RefusableForm):
    granted = forms.BooleanField(required=False)


class AgreementForm(RefusableForm):
    signs = forms.BooleanField(
        label=_("I have read this agreement and sign it"), error_messages={"required": _("Without it no role can be given")}
    )
