"""The cookie of an order that was found again without an account, and what the record keeps of it and of the application's cookie."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from besttrav.people.cookies import APPLICATION_COOKIE
from besttrav.people.visitors import digest
from besttrav.sales.limits import VISIT
from besttrav.ui.cookies import ORDER_COOKIE


def browser_sha256(request: HttpRequest) -> str:
    """What the record keeps of this browser's application token; empty where it has none."""
    return _digest_of(request, APPLICATION_COOKIE)


def visit_sha256(request: HttpRequest) -> str:
    """The same of the token that came with a found order."""
    return _digest_of(request, ORDER_COOKIE)


def remember_order(response: HttpResponse, token: str) -> None:
    """Let this browser see the order it found, for as long as the visit lasts."""
    life = timedelta(minutes=VISIT.minutes)
    response.set_cookie(ORDER_COOKIE, token, max_age=life, httponly=True, secure=settings.HTTPS, samesite="Lax", path="/")


def _digest_of(request: HttpRequest, cookie: str) -> str:
    token = request.COOKIES.get(cookie, "")
    return digest(token) if token else ""
