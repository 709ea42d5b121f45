"""How a masked value is read aloud: `138****1718` would be four stars of noise, "mobile number ending 1718" is an answer."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def reading(kind: str, value: str) -> str:
    """What a screen reader says for a value the gate has masked. An unknown kind is read as hidden."""
    return _READINGS.get(kind.rpartition(".")[2].lower(), _hidden)(value)


def _hidden(value: str) -> str:
    return _("Hidden")


def _name(value: str) -> str:
    shown = value.rstrip("*").strip()
    return _("Name hidden, family name %(name)s") % {"name": shown} if shown else _("Name hidden")


def _ending(text: Promise) -> Callable[[str], str]:
    return lambda value: str(text) % {"end": value.rpartition("*")[2]}


def _plain(value: str) -> str:
    return value


_READINGS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "phone": _ending(gettext_lazy("Mobile number ending %(end)s")),
    "identity_number": _ending(gettext_lazy("Document number ending %(end)s")),
    "passport": _ending(gettext_lazy("Passport ending %(end)s")),
    "email": lambda value: _("E-mail address hidden"),
    "address": lambda value: _("Full address hidden"),
    "bank_card": _plain,
    "health": _plain,
}
