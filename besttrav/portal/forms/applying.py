"""What every form of an application shares: it takes what its product declares and refuses the rest; and the form that begins one."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.offer import Offer
from besttrav.kernel.errors import Refusal
from besttrav.policies.papers.setting import unprintable
from besttrav.portal.forms.shelf import QuoteForm
from besttrav.sales.operations.applying import Wanted

PUT_THERE = {"csrfmiddlewaretoken", "do"}  # by every page of ours: the token, and the button that was pressed


class UndeclaredField(Refusal):
    """Something was posted that the product does not ask. Nobody collects what was never declared, not even by mistake."""

    code = "undeclared_field"
    message = _("This form held something that this product does not ask, so nothing of it was read.")
    way_out = _("Open the page again and fill in what it shows.")


def refuse_undeclared(data: QueryDict, declared: Iterable[str]) -> None:
    """Raises UndeclaredField before a value is looked at."""
    if set(data) - set(declared) - PUT_THERE:
        raise UndeclaredField


class Words(forms.CharField):
    """A line of free text that will stand on paper: short enough, and of characters a printer has."""

    def __init__(self, label: Any, missing: Any = "", *, longest: int = 100, **more: Any) -> None:
        super().__init__(label=label, required=bool(missing), error_messages={"required": missing}, **more)
        self.longest = longest

    def clean(self, value: Any) -> str:
        text = plain(value)
        super().clean(text)
        if len(text) > self.longest:
            raise ValidationError(_("This is too long: %(longest)d characters at most."), params={"longest": self.longest})
        refuse_unprintable(text)
        return text


class Choice(forms.ChoiceField):
    """One of what is there, with a sentence of its own for what is missing."""

    def __init__(self, label: Any, choices: Iterable[tuple[str, Any]], missing: Any = "", *, blank: bool = True, **more: Any) -> None:
        listed: list[tuple[str, Any]] = list(choices)
        if blank and len(listed) > 1 and "widget" not in more:
            listed = [("", pgettext_lazy("in a list", "Please choose")), *listed]
        messages = {"required": missing, "invalid_choice": _("This is not one of the choices. Choose again.")}
        super().__init__(label=label, choices=listed, required=bool(missing), error_messages=messages, **more)


def plain(value: object) -> str:
    """What was typed, in the widths we use and on one line; a character no form can send is left out."""
    return " ".join(unicodedata.normalize("NFKC", str(value or "")).replace("\0", "").split())


def refuse_unprintable(text: str) -> None:
    """Raises ValidationError where a paper of ours could not show the text."""
    if wrong := unprintable(text):
        raise ValidationError(_("This cannot be printed: %(characters)s. Leave signs and pictures out."), params={"characters": wrong[:5]})


class StartForm(QuoteForm):
    """What the product page sends: exactly what was priced there, and counts of people. What is unclear is asked for on the trip page."""

    def __init__(self, offer: Offer, data: QueryDict) -> None:
        super().__init__(offer, data)
        refuse_undeclared(data, {*self.fields, "product", "version", "area", "annual"})

    def wanted(self) -> Wanted:
        """The choices that hold; a plan nobody knows becomes the first."""
        self.is_valid()
        offer, trip = self.offer, self.trip
        given = self.cleaned_data
        asks_where = "destinations" in offer.needs.trip
        is_annual = offer.longest == 0 or (offer.annual is not None and self.data.get("annual") == "1")
        area = given.get("area") or (str(self.data.get("area", "")) if offer.area(str(self.data.get("area", ""))) else "")
        return Wanted(
            plan=given.get("plan") or offer.plans[0].code,
            area=area or ("" if asks_where and trip.to else offer.areas[0].code),
            first_day=trip.start,
            last_day=None if is_annual else trip.end,
            is_annual=is_annual,
            destinations=(trip.to,) if asks_where and trip.to else (),
            options=given.get("options") or (),
            groups={band.code: count for band, count in trip.groups},
        )
