from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from besttrav.ui.preferences import Size, Theme


class PreferencesForm(forms.Form):
    """Any of the three may be sent alone: the buttons in the header send one."""

    theme = forms.ChoiceField(label=_("Light or dark"), choices=Theme.choices, required=False, widget=forms.RadioSelect)
    size = forms.ChoiceField(
        label=_("Size of print"),
        help_text=_("Large print sets text at 20 pixels or more, makes buttons bigger and puts everything in one column."),
        choices=Size.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("zh-hans", "中文"), ("en", "English")], required=False, widget=forms.RadioSelect
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def choices_made(self) -> dict[str, str]:
        """The cookies to keep, by name."""
        names = {"theme": "theme", "size": "size", "language": settings.LANGUAGE_COOKIE_NAME}
        return {names[name]: value for name, value in self.cleaned_data.items() if name in names and value}

    def way_back(self, request: HttpRequest) -> str:
        """The page the person came from, if it is one of ours."""
        target: str = self.cleaned_data["next"]
        return target if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()) else ""
