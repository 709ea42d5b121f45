"""How a person wants the pages to look: kept in their own browser, rendered by the server, so nothing flashes."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

LIFE = timedelta(days=365)


class Theme(TextChoices):
    SYSTEM = "system", _("As my device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Size(TextChoices):
    STANDARD = "standard", _("Standard")
    ELDER = "elder", _("Large print")


@dataclass(frozen=True, slots=True)
class Preferences:
    theme: str = Theme.SYSTEM
    size: str = Size.STANDARD


def preferences_of(request: HttpRequest) -> Preferences:
    """What this browser asked for; a value we do not know counts as not asked."""
    theme, size = request.COOKIES.get("theme"), request.COOKIES.get("size")
    return Preferences(
        theme=theme if theme in Theme.values else Theme.SYSTEM,
        size=size if size in Size.values else Size.STANDARD,
    )


def remember(response: HttpResponse, **choices: str) -> None:
    """Keep the choices in the person's browser for a year; they say nothing about who the person is."""
    for name, value in choices.items():
        response.set_cookie(name, value, max_age=LIFE, samesite="Lax", httponly=True, secure=settings.HTTPS)
