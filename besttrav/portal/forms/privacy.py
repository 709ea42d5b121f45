"""What is confirmed in the privacy centre."""

from django import forms
from django.utils.translation import gettext_lazy as _

from besttrav.ui.forms import RefusableForm


class ClosingForm(RefusableForm):
    understood = forms.BooleanField(
        label=_("I have read what is erased and what a law keeps. This cannot be undone."),
        error_messages={"required": _("Confirm that you have read what happens")},
    )
