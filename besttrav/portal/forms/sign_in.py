"""What is typed to sign in."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.people import phones
from besttrav.people.limits import CODE
from besttrav.ui.forms import RefusableForm


class PhoneForm(RefusableForm):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=20,
        help_text=_("A mainland number with 11 digits. We send it a code."),
        error_messages={"required": _("Enter your mobile number")},
        widget=forms.TextInput({"type": "tel", "inputmode": "numeric", "autocomplete": "tel-national"}),
    )

    def clean_phone(self) -> str:
        try:
            return phones.clean(self.cleaned_data["phone"])
        except phones.PhoneRefused as refusal:
            raise forms.ValidationError(str(refusal.message)) from None


class CodeForm(RefusableForm):
    code = forms.CharField(
        label=pgettext_lazy("one-time", "Code"),
        max_length=20,
        help_text=_("Six digits. Pasting is fine."),
        error_messages={"required": _("Enter the code from the message")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if not (code.isascii() and code.isdigit() and len(code) == CODE.digits):
            raise forms.ValidationError(_("The code has six digits"))
        return code


class AgreementForm(RefusableForm):
    """The one consent an account needs; never ticked beforehand."""

    agrees = forms.BooleanField(
        label=_("I have read the privacy policy and agree that you keep an account for me"),
        error_messages={"required": _("Without this an account cannot be kept. You can still look at everything without one.")},
    )
