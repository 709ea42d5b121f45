"""Two factors, one after the other, and what an invitation needs."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.ui.forms import RefusableForm

_NUMBER_MISSING = _("Enter your staff number")


class PasswordForm(RefusableForm):
    number = forms.CharField(
        label=_("Staff number"),
        max_length=12,
        error_messages={"required": _NUMBER_MISSING},
        widget=forms.TextInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        error_messages={"required": _("Enter your password")},
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class AppCodeForm(RefusableForm):
    code = forms.CharField(
        label=pgettext_lazy("app", "Code"),
        max_length=12,
        help_text=_("Six digits from your authenticator app."),
        error_messages={"required": _("Enter the six digits the app shows")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class EnrolmentForm(RefusableForm):
    number = forms.CharField(
        label=_("Staff number"),
        max_length=12,
        error_messages={"required": _NUMBER_MISSING},
        widget=forms.TextInput({"autocomplete": "username"}),
    )
    invitation = forms.CharField(
        label=_("Invitation code"), max_length=40, error_messages={"required": _("Enter the invitation code you were handed")}
    )
    password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        help_text=_("At least 8 characters. A few words in a row are easier to remember than signs."),
        error_messages={"required": _("Choose a password")},
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
