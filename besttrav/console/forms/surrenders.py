"""What staff say when they decide about a surrender."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from besttrav.console.forms.orders import SettlementForm
from besttrav.policies.models import Missing, RefusedBecause, Surrender
from besttrav.policies.operations import deciding

_OURS_TO_SAY = [one for one in RefusedBecause if one is not RefusedBecause.OWN_WISH]


class CaseForm(SettlementForm):
    """The case by which the rest can be read: written down with whatever is done. Several of these forms stand on one page."""

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}_%s")


class AcceptanceForm(CaseForm):
    """Each proof the reason takes is ticked by whoever saw it."""

    seen = forms.TypedMultipleChoiceField(
        label=_("What I have seen"),
        coerce=Missing,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, surrender: Surrender) -> None:
        super().__init__(data)
        self.fields["seen"].choices = [(one.value, one.label) for one in deciding.needed(surrender)]  # type: ignore[attr-defined]  # a choice field


class MissingForm(CaseForm):
    missing = forms.TypedMultipleChoiceField(
        label=_("What is missing, all at once"),
        choices=Missing.choices,
        coerce=Missing,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say what is missing")},
    )


class RefusalForm(CaseForm):
    because = forms.TypedChoiceField(
        label=_("Why the policy stands; the customer reads it"),
        choices=[("", "–"), *((one.value, one.label) for one in _OURS_TO_SAY)],
        coerce=RefusedBecause,
        error_messages={"required": _("Say why")},
    )


class SecondForm(CaseForm):
    is_right = forms.BooleanField(required=False)
