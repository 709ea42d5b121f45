"""What finance types: a statement with its period, a run, what a channel paid out, a rule."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from besttrav.books.models import RoundingName, RunKind
from besttrav.console.parties import names
from besttrav.insurers import queries as insurers
from besttrav.kernel import clock
from besttrav.kernel.money import Money, Rounding
from besttrav.payments.models import ChannelName
from besttrav.ui.forms import RefusableForm


def _day(label: Any, initial: Callable[[], date] | None = None) -> forms.DateField:
    wrong = {"required": _("Enter a day"), "invalid": _("Enter a day, such as 2026-11-25")}
    return forms.DateField(label=label, initial=initial, error_messages=wrong, widget=_DayInput())


def _yesterday() -> date:
    return clock.today() - timedelta(days=1)


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _insurers() -> list[tuple[str, str]]:
    called = names()
    return [("", "–"), *((code, called.get(code, code)) for code in insurers.codes())]


def _insurer() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Insurer"),
        choices=_insurers,
        error_messages={"required": _("Choose an insurer")},
    )


def _period_of(form: forms.Form) -> None:
    first, last = form.cleaned_data.get("first_day"), form.cleaned_data.get("last_day")
    if first and last and last < first:
        form.add_error("last_day", _("The last day comes before the first"))


class StatementForm(RefusableForm):
    insurer = _insurer()
    first_day = _day(_("First day"), lambda: _yesterday().replace(day=1))
    last_day = _day(_("Last day, included"), _yesterday)
    file = forms.FileField(
        label=_("File of the insurer"),
        help_text=_("CSV as it came. It is taken whole or not at all."),
        error_messages={"required": _("Choose the file"), "empty": _("The file is empty")},
        widget=forms.FileInput({"accept": ".csv,.txt"}),
    )

    def clean(self) -> None:
        _period_of(self)


class RunForm(RefusableForm):
    kind = forms.TypedChoiceField(
        label=_("What is settled"),
        choices=[(kind.value, kind.label) for kind in (RunKind.PREMIUM, RunKind.COMMISSION)],
        coerce=RunKind,
        error_messages={"required": _("Choose what is settled")},
    )
    insurer = _insurer()
    until = _day(_("Up to, included"), _yesterday)

    def clean_until(self) -> date:
        return _past(self.cleaned_data["until"])


class PayoutForm(RefusableForm):
    channel = forms.TypedChoiceField(
        label=_("Channel"), choices=ChannelName.choices, coerce=ChannelName, error_messages={"required": _("Choose a channel")}
    )
    amount = forms.RegexField(
        r"^[0-9]{1,9}(\.[0-9]{1,2})?$",
        label=_("Amount in yuan"),
        error_messages={"required": _("Enter the amount"), "invalid": _("Enter an amount such as 1234.50")},
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    until = _day(_("Up to, included"), _yesterday)

    def clean_amount(self) -> Money:
        return Money.yuan(Decimal(self.cleaned_data["amount"]), Rounding.HALF_EVEN)

    def clean_until(self) -> date:
        return _past(self.cleaned_data["until"])


class PaidForm(RefusableForm):
    reference = forms.RegexField(
        r"^[A-Za-z0-9-]{4,64}$",
        label=_("Number of the bank transfer"),
        error_messages={"required": _("Enter the number of the transfer"), "invalid": _("Letters, digits and hyphens only")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class RuleForm(RefusableForm):
    insurer = _insurer()
    product = forms.ChoiceField(label=_("Product"), required=False)
    first_day = _day(_("Issued from"))
    last_day = _day(_("Issued up to, included"))
    percent = forms.DecimalField(
        label=_("Per cent of the premium"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        error_messages={
            "required": _("Enter the share of the premium"),
            **dict.fromkeys(
                ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"),
                _("Enter a share from 0 to 100 with two decimals at most"),
            ),
        },
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    rounding = forms.TypedChoiceField(label=_("Rounding"), choices=RoundingName.choices, coerce=RoundingName)

    def __init__(self, *args: Any, products: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["product"].choices = [("", _("All products")), *((slug, slug) for slug in products)]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> None:
        _period_of(self)

    @property
    def points(self) -> int:
        return int(self.cleaned_data["percent"] * 100)


def _past(day: date) -> date:
    """What has not ended is not settled."""
    if day > clock.today():
        raise forms.ValidationError(_("This day has not come yet"))
    return day
