"""What every answer carries, which requests from other sites are refused, and a page for everything that goes wrong."""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.people.access import NotPermitted
from besttrav.ui.cookies import refuse_undeclared
from besttrav.ui.entry import is_entry_page
from besttrav.ui.errors import error_page, wants_a_page

Answer = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)

_REFERENCE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0 O 1 I, which people misread on the phone
# Pages hold no script and no style of their own, so nothing is let in but our files.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALL_OFF = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "usb"),
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _ALL_OFF)
_SAFE = {"GET", "HEAD", "OPTIONS"}


class Headers:
    """Stands outermost: even a redirect or a static file carries these. Every request gets a reference to quote on the phone."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.reference = "".join(_REFERENCE_LETTERS[byte % 32] for byte in secrets.token_bytes(8))  # type: ignore[attr-defined]  # ours
        response = self.get_response(request)
        refuse_undeclared(response.cookies)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("X-Frame-Options", "DENY")
        if response.status_code >= 400 or _is_somebodys(request):
            response["Cache-Control"] = "no-store"
        return response


class SmallBodies:
    """Refuses a body larger than any of our forms before a byte of it is read: Django limits fields, but takes files of any size."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return error_page(request, 413)
        return self.get_response(request)


class FetchMetadata:
    """Another site may only open an entry page. Anything else it starts is refused before the view runs.

    Browsers say where a request comes from in `Sec-Fetch-Site`; where the header is missing (an old browser, a payment
    callback) the check of the form's origin and token remains.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> HttpResponse | None:
        if request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}:
            return None
        if request.method in _SAFE and is_entry_page(view) and _opens_a_page(request):
            return None
        return error_page(request, 403, "cross-site")


class ErrorPages:
    """A refusal nobody answered, a store that is away, a method or a size that is not allowed: each becomes a page with a way out."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content and wants_a_page(request):
            page = error_page(request, 405)
            page["Allow"] = response["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, Refusal):
            return error_page(request, 403 if isinstance(problem, NotPermitted) else 422, message=problem.message, way_out=problem.way_out)
        if isinstance(problem, Unavailable):
            logger.error("%s (reference %s)", problem, request.reference)  # type: ignore[attr-defined]  # set by Headers
            return error_page(request, 503)
        if isinstance(problem, RequestDataTooBig):
            return error_page(request, 413)
        return None


def _is_somebodys(request: HttpRequest) -> bool:
    """The page may show something about a signed-in person; static files never ask who is there.

    A browser between two factors counts too, though nobody acts in it yet: it is shown the secret of its owner's app.
    """
    return getattr(request, "session_record", None) is not None


def _opens_a_page(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
