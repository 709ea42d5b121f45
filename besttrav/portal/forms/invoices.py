"""What an invoice takes: whose name it carries, and of an organisation its name and tax number. Nothing else."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from besttrav.invoices.models import InNameOf
from besttrav.invoices.operations import Wish
from besttrav.kernel import organisations
from besttrav.portal.forms.applying import Words
from besttrav.ui.forms import RefusableForm, in_words


class InvoiceForm(RefusableForm):
    """`any_title` says whether this insurer issues to others than the policyholder; where not, nobody is asked in whose name."""

    in_name_of = forms.ChoiceField(
        label=_("In whose name"),
        choices=InNameOf.choices,
        initial=InNameOf.HOLDER,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose in whose name the invoice is"),
            "invalid_choice": _("This is not one of the choices. Choose again."),
        },
    )
    title = Words(
        _("Name of the organisation"),
        help_text=_("In full, as on the business licence."),
        widget=forms.TextInput({"autocomplete": "organization", "spellcheck": "false"}),
    )
    tax_number = forms.CharField(
        label=_("Tax number of the organisation"),
        required=False,
        help_text=_("Its unified social credit code: 18 characters."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=120,
        required=False,
        help_text=_("Only if the insurer is to send the invoice there as well."),
        error_messages={"invalid": _("This is no e-mail address: compare it with name@example.com")},
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def __init__(self, data: QueryDict | None, *, any_title: bool) -> None:
        super().__init__(data)
        if not any_title:
            for name in ("in_name_of", "title", "tax_number"):
                del self.fields[name]

    @property
    def asks_whose_name(self) -> bool:
        return "in_name_of" in self.fields

    def clean(self) -> dict[str, Any]:
        """Of an organisation both are needed; what stands there for a person is not looked at."""
        typed = self.cleaned_data
        if typed.get("in_name_of") == InNameOf.ORGANISATION:
            if not typed.get("title") and "title" not in self.errors:
                self.add_error("title", _("Enter the name of the organisation"))
            try:
                organisations.check(typed.get("tax_number", ""))
            except organisations.CreditCodeRefused as refusal:
                self.add_error("tax_number", in_words(refusal))
        else:
            for name in ("title", "tax_number"):
                self.errors.pop(name, None)
        return typed

    @property
    def wish(self) -> Wish:
        typed = self.cleaned_data
        return Wish(
            in_name_of=InNameOf(typed.get("in_name_of") or InNameOf.HOLDER),
            title=typed.get("title", ""),
            tax_number=typed.get("tax_number", ""),
            email=typed["email"],
        )
