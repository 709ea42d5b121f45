"""The cookies that say who somebody is: four of signing in, one of an application for insurance that is begun without an account. All are
random tokens, readable by no script; the portal's cookie page lists them."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from besttrav.people.limits import CUSTOMER
from besttrav.people.visitors import new_token

# The prefix makes the browser itself refuse such a cookie from a neighbouring host or over plain http.
_SECURE = "__Host-" if settings.HTTPS else ""
CUSTOMER_COOKIE, STAFF_COOKIE = f"{_SECURE}session", f"{_SECURE}staff"
BROWSER_COOKIE, DEVICE_COOKIE = f"{_SECURE}browser", f"{_SECURE}device"
APPLICATION_COOKIE = f"{_SECURE}application"
APPLICATION_DAYS = 7  # as long as a draft waits for whoever began it in this browser


def keep_browser(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the token that codes are bound to; it was made when the page was asked for, if the browser had none."""
    _set(response, BROWSER_COOKIE, request.visitor.browser)  # type: ignore[attr-defined]  # set by people.middleware


def sign_in(response: HttpResponse, token: str, device: str) -> None:
    """The session until the browser closes; the browser token has done its work and is renewed. For the device see `keep_device`."""
    _set(response, CUSTOMER_COOKIE, token)
    keep_device(response, device)
    _set(response, BROWSER_COOKIE, new_token())


def keep_device(response: HttpResponse, device: str) -> None:
    """The mark for a good year, or none at all: it is kept only where somebody agreed to be recognised."""
    if device:
        _set(response, DEVICE_COOKIE, device, life=timedelta(days=CUSTOMER.device_days))
    else:
        _drop(response, DEVICE_COOKIE)


def sign_out(response: HttpResponse) -> None:
    """Forget the session and ask the browser to forget what it stored; the device stays known."""
    _drop(response, CUSTOMER_COOKIE)
    response["Clear-Site-Data"] = '"cache", "storage"'


def sign_staff_in(response: HttpResponse, token: str) -> None:
    _set(response, STAFF_COOKIE, token, strict=True)


def sign_staff_out(response: HttpResponse) -> None:
    _drop(response, STAFF_COOKIE)
    response["Clear-Site-Data"] = '"cache", "storage"'


def keep_application(response: HttpResponse, token: str) -> None:
    """Let this browser find its application again; each step begins the days anew."""
    _set(response, APPLICATION_COOKIE, token, life=timedelta(days=APPLICATION_DAYS))


def _set(response: HttpResponse, name: str, value: str, *, life: timedelta | None = None, strict: bool = False) -> None:
    response.set_cookie(name, value, max_age=life, httponly=True, secure=settings.HTTPS, samesite="Strict" if strict else "Lax", path="/")


def _drop(response: HttpResponse, name: str) -> None:
    response.delete_cookie(name, path="/", samesite="Lax")
