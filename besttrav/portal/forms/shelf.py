"""What is asked of the shelf, of one product, and of a comparison: a trip, and choices among what is there."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.offer import Offer
from besttrav.catalogue.text import in_words
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.portal.comparing import Column, columns_of
from besttrav.portal.forms.trip import TripForm
from besttrav.portal.shelf import MEDICAL_MINIMA, SORTS, Filters, activities_of, insurers_of, scenes_of

Choices = Iterable[tuple[str, object]]


class Choice(forms.ChoiceField):
    """One of what is there; nothing chosen means all, or the first."""

    default_error_messages = {"invalid_choice": _("This is not one of the choices. Choose again.")}

    def __init__(self, label: object, choices: Choices, *, widget: type[forms.Widget] = forms.Select) -> None:
        super().__init__(label=label, choices=list(choices), required=False, widget=widget)  # type: ignore[arg-type]  # lazy texts are choices too


class ShelfForm(TripForm):
    """A trip, and what to see of the shelf for it."""

    def __init__(self, offers: Sequence[Offer], *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields |= {
            "scene": Choice(_("What for"), [("", _("Everything")), *((scene.value, scene.label) for scene in scenes_of(offers))]),
            "medical": Choice(
                _("Medical cover"), [("", pgettext_lazy("any sum", "Any")), *((str(yuan), at_least(yuan)) for yuan in MEDICAL_MINIMA)]
            ),
            "activity": Choice(
                _("Activity"), [("", pgettext_lazy("any activity", "Any")), *((act.code, act.name) for act in activities_of(offers))]
            ),
            "insurer": Choice(
                _("Insurer"), [("", pgettext_lazy("any insurer", "Any")), *((one.code, one.short_name) for one in insurers_of(offers))]
            ),
            "sort": Choice(_("Order"), [(code, label) for code, (label, _says) in SORTS.items()]),
        }

    @property
    def filters(self) -> Filters:
        """What is clear of the choices."""
        given = self.cleaned_data if self.is_bound else {}
        return Filters(
            scene=given.get("scene") or "",
            activity=given.get("activity") or "",
            medical=int(given.get("medical") or 0),
            insurer=given.get("insurer") or "",
            sort=given.get("sort") or "balanced",
        )


class QuoteForm(TripForm):
    """A trip, and what of one product to buy for it."""

    def __init__(self, offer: Offer, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.offer = offer
        self.fields["plan"] = Choice(_("Plan"), [(plan.code, plan.name) for plan in offer.plans], widget=forms.RadioSelect)
        if len(offer.areas) > 1:
            self.fields["area"] = Choice(
                _("Where cover holds"), [("", _("By the destination")), *((area.code, area.name) for area in offer.areas)]
            )
        if offer.annual and offer.longest:
            self.fields["annual"] = Choice(
                _("For how long"), [("", _("This trip")), ("1", _("All trips of a year"))], widget=forms.RadioSelect
            )
        if offer.options:
            self.fields["options"] = forms.MultipleChoiceField(
                label=_("To add"),
                required=False,
                choices=[(option.code, option.name) for option in offer.options],
                widget=forms.CheckboxSelectMultiple,
            )

    def chosen(self, name: str) -> Any:
        """What was chosen in a field of this product, or nothing."""
        return self.cleaned_data.get(name) if self.is_bound and self.is_valid() else None


class CompareForm(TripForm):
    """Two to four plans, each picked as `product.plan`."""

    def __init__(self, offers: Sequence[Offer], data: QueryDict) -> None:
        super().__init__(data)
        self.picked = list(dict.fromkeys(data.getlist("p")))
        self._offers, self._data = offers, data

    @cached_property
    def columns(self) -> list[Column]:
        return columns_of(self._offers, self.picked, self.trip, clock.now())

    @property
    def ways(self) -> dict[str, Any]:
        """Where the same comparison stands with all lines, and with those that differ alone."""
        chosen = urlencode([*self.trip.parameters().items(), *(("p", one.choice) for one in self.columns)])
        return {"only_differences": self._data.get("diff") == "1", "all_url": f"?{chosen}", "diff_url": f"?{chosen}&diff=1"}

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not 2 <= len(self.picked) <= 4:
            self.add_error(None, _("Choose two to four plans to compare."))
        elif len(self.columns) < 2:
            self.add_error(None, _("What was to be compared is not on the shelf any more. Choose again."))
        return self.cleaned_data


def at_least(yuan: int) -> object:
    return _("%(sum)s or more") % {"sum": in_words(Money(yuan * 100))}
