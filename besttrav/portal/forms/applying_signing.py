"""The last step: the code to the applicant's phone, the signature, and that all of it is true."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from besttrav.portal.forms.applying import plain, refuse_undeclared
from besttrav.portal.forms.sign_in import CodeForm
from besttrav.sales.limits import SIGNATURE
from besttrav.sales.operations.submitting import Signature
from besttrav.ui.forms import RefusableForm

LONGEST_NAME = 100


class SigningForm(RefusableForm):
    """A drawing or a typed name. The code is asked for where the phone is not proved yet."""

    drawing = forms.CharField(required=False, widget=forms.HiddenInput)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)  # which one the page shows; without it nothing is signed
    name = forms.CharField(label=_("Full name of the applicant"), required=False)
    true = forms.BooleanField(
        label=_("Everything above is true and complete. I know that a wrong or missing answer can cost the cover."),
        error_messages={"required": _("Confirm that everything above is true and complete")},
    )

    def __init__(self, data: QueryDict | None, *, needs_code: bool, challenge: UUID | None) -> None:
        super().__init__(data)
        if needs_code:
            code = CodeForm.base_fields["code"]
            self.fields = {"code": code, **self.fields}
        self.needs_code, self.challenge = needs_code, challenge
        if data is not None:
            # A phone that was proved meanwhile in another tab is no reason to refuse.
            refuse_undeclared(data, {*self.fields, "code", "challenge"})

    def clean_code(self) -> str:
        if self.challenge is None:
            raise ValidationError(_("Ask for a code first: the button stands above."))
        return CodeForm.clean_code(self)  # type: ignore[arg-type]  # the same rule for a form that holds more

    def clean_drawing(self) -> str:
        drawing: str = self.cleaned_data["drawing"]
        if len(drawing) > SIGNATURE.most_length:
            raise ValidationError(_("This drawing is too long. Write your name once."))
        return drawing

    def clean_name(self) -> str:
        name = plain(self.cleaned_data["name"])
        if len(name) > LONGEST_NAME:
            raise ValidationError(_("This is too long for a name."))
        return name

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "drawing" in given and "name" in given and not given["drawing"] and not given["name"]:
            self.add_error("name", _("Sign: draw your name, or type it here"))
        return given

    def signature(self) -> Signature:
        return (
            Signature(drawing=self.cleaned_data["drawing"]) if self.cleaned_data["drawing"] else Signature(name=self.cleaned_data["name"])
        )


def challenge_in(text: str) -> UUID | None:
    """The challenge an address names, if it is one at all."""
    try:
        return UUID(text)
    except ValueError:
        return None
