"""What is typed to pay an order, to find it again, and to have a paper compared."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from besttrav.kernel import references
from besttrav.payments.models import Scene
from besttrav.policies import verification
from besttrav.portal.forms.sign_in import PhoneForm
from besttrav.sales.limits import VISIT
from besttrav.ui.forms import RefusableForm


class PaymentForm(RefusableForm):
    """One press of a button: the way to pay."""

    scene = forms.ChoiceField(choices=Scene.choices)


class FindForm(PhoneForm):
    """Number and phone; the code follows."""

    field_order = ("number", "phone")

    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("Two letters and fourteen digits. It stands in our message and on the page after paying."),
        error_messages={"required": _("Enter the order number")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        try:
            return references.parse(self.cleaned_data["number"], prefix=settings.ORDER_PREFIX)
        except references.ReferenceRefused as refusal:
            raise forms.ValidationError([str(refusal.message), str(refusal.way_out)]) from None


class DigitsForm(RefusableForm):
    digits = forms.CharField(
        label=_("Last four characters of the applicant's document"),
        max_length=20,
        help_text=_("Of the identity document given when buying. Letters count too: X is one."),
        error_messages={"required": _("Enter the last four characters of the document")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_digits(self) -> str:
        digits = "".join(str(self.cleaned_data["digits"]).split())
        if len(digits) != VISIT.digits:
            raise forms.ValidationError(_("Four characters, please"))
        return digits


class CheckCodeForm(RefusableForm):
    """The code printed on a paper, however it is typed."""

    code = forms.CharField(
        label=_("Code on the paper"),
        max_length=60,
        help_text=_("Sixteen characters in groups of four, below the square code."),
        error_messages={"required": _("Enter the code that stands on the paper")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        try:
            return verification.parse(self.cleaned_data["code"])
        except verification.CodeRefused as refusal:
            raise forms.ValidationError([str(refusal.message), str(refusal.way_out)]) from None


class ComparingForm(RefusableForm):
    """Whom the visitor thinks the paper is about."""

    name = forms.CharField(
        label=_("Name on the paper"),
        max_length=100,
        help_text=_("As it stands there, in Chinese or as in the passport."),
        error_messages={"required": _("Enter the name that stands on the paper")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    number = forms.CharField(
        label=_("Document number on the paper"),
        max_length=40,
        error_messages={"required": _("Enter the document number that stands on the paper")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
