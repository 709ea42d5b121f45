"""Looking for an order, and what staff say when they step in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from besttrav.console.forms.people import case_reference
from besttrav.journal.likeness import looks_personal
from besttrav.sales.operations.attending import Note, Why
from besttrav.sales.waiting import Reason
from besttrav.ui.forms import RefusableForm


class FilterForm(RefusableForm):
    reason = forms.ChoiceField(choices=[("", _("All")), *Reason.choices], required=False)
    number = forms.CharField(
        label=_("Order number, complete"),
        max_length=30,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "data-key": "/", "placeholder": _("Order number, complete")}),
    )


NO_SUCH_ORDER = _("There is no order with this number.")


class NoteForm(RefusableForm):
    """Why, and the case; both are written down before anything is done."""

    why = forms.TypedChoiceField(
        label=_("Why"), choices=[("", "–"), *Why.choices], coerce=Why, error_messages={"required": _("Say why you step in")}
    )
    case = case_reference()

    def clean_case(self) -> str:
        return _impersonal(self.cleaned_data["case"])

    @property
    def note(self) -> Note:
        return Note(self.cleaned_data["why"], self.cleaned_data["case"])


class TransferForm(NoteForm):
    """The same, with the transfer at the bank by which the money went back."""

    transfer = forms.RegexField(
        r"^[A-Za-z0-9-]{4,64}$",
        label=_("Number of the bank transfer"),
        error_messages={"required": _("Enter the number of the transfer"), "invalid": _("Letters, digits and hyphens only")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class SettlementForm(RefusableForm):
    """By which case a difference is explained or put right."""

    case = case_reference()

    def clean_case(self) -> str:
        return _impersonal(self.cleaned_data["case"])


class ConfirmationForm(NoteForm):
    is_right = forms.BooleanField(required=False)


class AgreementForm(RefusableForm):
    is_right = forms.BooleanField(required=False)


def _impersonal(text: str) -> str:
    """A case number stands in the journal, where nothing may look like somebody."""
    if looks_personal(text):
        raise forms.ValidationError(_("This looks like the number of a person or a card. Enter the number of the case."))
    return text
