"""What happened, what was saved, the way out, and a reference: one page for every error, which needs no database."""

from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.actors import Actor
from besttrav.ui.context import shell_for

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Problem:
    title: Text
    happened: Text
    saved: Text
    icon: str = "alert"


_NOTHING_CHANGED = _("Nothing was changed.")
_NOTHING_SAVED = _("Nothing was sent or saved.")

PROBLEMS = {
    "400": Problem(_("We could not read that request"), _("The address or the form arrived damaged."), _NOTHING_CHANGED),
    "403": Problem(_("This page is not open to you"), _("Your account may not open it."), _NOTHING_CHANGED, "lock"),
    "404": Problem(_("There is no such page"), _("The address is misspelt, or the page has moved."), _NOTHING_CHANGED, "find"),
    "405": Problem(_("This page cannot be used that way"), _("It was opened with a method it does not know."), _NOTHING_CHANGED),
    "413": Problem(_("That is too large to send"), _("What was sent is larger than this page accepts."), _NOTHING_SAVED, "box"),
    "422": Problem(_("That cannot be done now"), _("A rule stands against it."), _NOTHING_CHANGED),
    "500": Problem(
        _("Something went wrong on our side"),
        _("It is our mistake, not yours, and it stands in our log."),
        _("Nothing was charged. What you had already saved is still there; what you had just typed may need to be sent again."),
    ),
    "503": Problem(
        _("We cannot do that right now"),
        _("A part of the platform is not answering. It usually comes back within minutes."),
        _("Nothing was charged. Please try again before you type anything twice."),
        "clock",
    ),
    "csrf": Problem(
        _("This form has expired"),
        _("It was open for too long, or your browser does not keep cookies, so we could not be sure that you sent it."),
        _("Nothing was sent. Go back, reload the page and send it again."),
        "lock",
    ),
    "cross-site": Problem(
        _("You came here from another site"),
        _("This page shows personal matters, so another site cannot open it for you."),
        _NOTHING_CHANGED,
        "shield",
    ),
}


def error_page(request: HttpRequest, status: int, kind: str = "", *, message: object = "", way_out: object = "") -> HttpResponse:
    """The page for a failure. Rendered as a visitor sees it: it must work when nobody can be looked up."""
    context = shell_for(request, Actor.visitor()) | {
        "request": request,
        "status": status,
        "problem": PROBLEMS[kind or str(status)],
        "message": message,
        "way_out": way_out,
        "reference": getattr(request, "reference", ""),
        "home": reverse("console:home") if request.path.startswith(reverse("console:home")) else "/",
        "open_again": request.path if kind == "cross-site" and request.method == "GET" else "",
    }
    response = HttpResponse(render_to_string("ui/error.html", context), status=status)
    if status == 503:
        response["Retry-After"] = "60"
    return response


# What Django calls when something goes wrong outside a view; besttrav/urls.py and the settings name them.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def not_permitted(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, "csrf")


def wants_a_page(request: HttpRequest) -> bool:
    """A browser asked, not a program."""
    return request.accepts("text/html")
