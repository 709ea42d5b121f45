"""Giving a policy up: why, and the confirmation of what was shown."""

from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from besttrav.policies.models import SurrenderReason
from besttrav.portal.forms.sign_in import CodeForm

REASONS = [(one.value, one.label) for one in SurrenderReason if one is not SurrenderReason.BEFORE_START]


class ReasonForm(forms.Form):
    """Why, once the cover has begun. The answer stands in the address of the page that is worked out for it."""

    reason = forms.TypedChoiceField(
        label=_("Why do you give it up?"),
        choices=REASONS,
        coerce=SurrenderReason,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say why"), "invalid_choice": _("Say why")},
    )


class SurrenderForm(CodeForm):
    """`seal` names the figures that were shown; what is confirmed is those and no others."""

    seal = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    agrees = forms.BooleanField(error_messages={"required": _("Confirm that you have read what it means")})

    def __init__(self, data: QueryDict | None, *, challenge: UUID | None, has_begun: bool) -> None:
        super().__init__(data)
        self.challenge = challenge
        self.fields["agrees"].label = (
            _(
                "What stands above is right, and what I say about the reason is true. Nothing has happened that I could claim for. I give"
                " the policy up for everybody insured in it."
            )
            if has_begun
            else _("I have read what stands above and give the policy up for everybody insured in it.")
        )

    def clean_code(self) -> str:
        if self.challenge is None:
            raise forms.ValidationError(_("Ask for a code first: the button stands above."))
        return super().clean_code()
