"""Looking for a person, and asking to see."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from besttrav.people.models import NumberProof
from besttrav.privacy.purposes import Purpose
from besttrav.ui.forms import RefusableForm


class SearchForm(RefusableForm):
    phone = forms.CharField(
        label=_("Mobile number, complete"),
        max_length=20,
        error_messages={"required": _("Enter the complete mobile number")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )


def case_reference() -> forms.RegexField:
    return forms.RegexField(
        r"^[A-Za-z0-9-]{4,24}$",
        label=_("Case or ticket"),
        help_text=_("Its number with us: letters, digits and hyphens."),
        error_messages={"required": _("Enter the number of the case or ticket"), "invalid": _("Letters, digits and hyphens only")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class ReopeningForm(SearchForm):
    """A number, how its holder was known, and the case."""

    proof = forms.TypedChoiceField(
        label=_("How you know that the caller holds it"),
        choices=NumberProof.choices,
        coerce=NumberProof,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how you know")},
    )
    reference = case_reference()


class OpeningForm(RefusableForm):
    """Fields and purposes are those that this person's data and this actor's roles have in common."""

    fields_wanted = forms.MultipleChoiceField(
        label=_("What you need to see"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose what you need to see")}
    )
    purpose = forms.ChoiceField(label=_("What for"), widget=forms.RadioSelect, error_messages={"required": _("Say what for")})
    reference = case_reference()

    def __init__(self, *args: object, wanted: Iterable[tuple[str, object]], purposes: Iterable[Purpose], **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # handed through
        self.fields["fields_wanted"].choices = list(wanted)  # type: ignore[attr-defined]  # a choice field
        self.fields["purpose"].choices = [(purpose.code, purpose.label) for purpose in purposes]  # type: ignore[attr-defined]  # the same
