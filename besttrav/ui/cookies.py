"""Every cookie we set, in one place: the cookie page shows this list, and a cookie that is not in it is never sent.

A room that needs a cookie adds its line here first. All are necessary or asked for by the person, so there is no banner.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.people.cookies import APPLICATION_COOKIE, BROWSER_COOKIE, CUSTOMER_COOKIE, DEVICE_COOKIE, STAFF_COOKIE

ORDER_COOKIE = "__Host-order" if settings.HTTPS else "order"


class Need(StrEnum):
    NECESSARY = "necessary"  # the page asked for cannot work without it
    ASKED = "asked"  # set only after the person chose something


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    need: Need
    purpose: str | Promise
    life: str | Promise


COOKIES = (
    Cookie(settings.CSRF_COOKIE_NAME, Need.NECESSARY, _("Proves that a form sent to us was opened on our own page."), _("1 year")),
    Cookie(
        BROWSER_COOKIE,
        Need.NECESSARY,
        _("Lets a sign-in code work only in the browser that asked for it."),
        _("Until the browser is closed"),
    ),
    Cookie(
        APPLICATION_COOKIE,
        Need.NECESSARY,
        _("Lets you go on with an application for insurance that you began in this browser without an account."),
        _("7 days after the last step"),
    ),
    Cookie(CUSTOMER_COOKIE, Need.NECESSARY, _("Keeps you signed in."), _("Until you sign out, 12 hours at most")),
    Cookie(
        DEVICE_COOKIE, Need.ASKED, _("Recognises this browser after you allowed it, so that we warn you of others only."), _("400 days")
    ),
    Cookie(STAFF_COOKIE, Need.NECESSARY, _("Keeps a member of our staff signed in."), _("8 hours at most")),
    Cookie(ORDER_COOKIE, Need.NECESSARY, _("Shows you the order that you found again by its number and your phone."), _("30 minutes")),
    Cookie("theme", Need.ASKED, _("Remembers whether you chose light or dark pages."), _("1 year")),
    Cookie("size", Need.ASKED, _("Remembers that you chose large print."), _("1 year")),
    Cookie(settings.LANGUAGE_COOKIE_NAME, Need.ASKED, _("Remembers the language you chose."), _("1 year")),
)


class UndeclaredCookie(Exception):
    """A programmer's mistake: the cookie page would lie."""


def refuse_undeclared(cookies: Any) -> None:
    if undeclared := set(cookies) - {cookie.name for cookie in COOKIES}:
        raise UndeclaredCookie(f"not listed in besttrav/ui/cookies.py: {', '.join(sorted(undeclared))}")
