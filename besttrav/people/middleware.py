"""Who is there: reads the cookies once, and sets `request.visitor`, `request.actor` and `request.session_record` for everybody after it.

Roles are read anew for each request, so a role that was taken back is gone at the next click. Customers and staff have a cookie each;
which one counts depends on the door. Every visit goes into the access log, sealed under the visitor's own sheet.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Unavailable
from besttrav.people import queries
from besttrav.people.cookies import BROWSER_COOKIE, CUSTOMER_COOKIE, DEVICE_COOKIE, STAFF_COOKIE
from besttrav.people.models import Session
from besttrav.people.operations import sessions
from besttrav.people.visitors import Visitor, new_token
from besttrav.privacy import access_log
from besttrav.privacy.sealing import SheetClosed

STAFF_DOOR = "/staff/"
logger = logging.getLogger(__name__)


class WhoIsThere:
    """Stands inside the cross-site guards and outside the error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.visitor = _visitor(request)  # type: ignore[attr-defined]  # ours
        request.session_record = _session(request)  # type: ignore[attr-defined]  # ours
        actor = request.actor = queries.actor_of(request.session_record)  # type: ignore[attr-defined]  # ours
        response = self.get_response(request)
        _write_down(request, actor, response.status_code)
        return response


def _visitor(request: HttpRequest) -> Visitor:
    network = request.META.get(settings.ADDRESS_HEADER, "") if settings.ADDRESS_HEADER else request.META.get("REMOTE_ADDR", "")
    return Visitor(
        browser=request.COOKIES.get(BROWSER_COOKIE) or new_token(),
        device=request.COOKIES.get(DEVICE_COOKIE, ""),
        # A proxy appends the address it saw; what stands before it came from the caller and proves nothing.
        network=network.rpartition(",")[2].strip() or "unknown",
        agent=request.headers.get("User-Agent", ""),
        language="en" if (get_language() or "").startswith("en") else "zh-hans",
    )


def _session(request: HttpRequest) -> Session | None:
    is_staff_door = request.path.startswith(STAFF_DOOR)
    token = request.COOKIES.get(STAFF_COOKIE if is_staff_door else CUSTOMER_COOKIE, "")
    session = queries.living_session(token, of_staff=is_staff_door, now=clock.now()) if token else None
    if session:
        sessions.seen(session=session)
    return session


def _whose_log(request: HttpRequest, actor: Actor) -> UUID | None:
    """The person's own; somebody who has just closed their account has none any more and counts as anybody."""
    session = request.session_record  # type: ignore[attr-defined]  # ours
    is_gone = session is not None and session.account is not None and not session.account.may_sign_in
    return None if is_gone else actor.subject


def _write_down(request: HttpRequest, actor: Actor, status: int) -> None:
    """A log that cannot be written is a programmer's matter and no reason to keep a person from the page."""
    try:
        access_log.note(
            subject=_whose_log(request, actor),
            method=request.method or "",
            status=status,
            page=request.path,
            address=request.visitor.network,  # type: ignore[attr-defined]  # ours
            browser=request.visitor.agent,  # type: ignore[attr-defined]  # ours
            language=request.headers.get("Accept-Language", ""),
        )
    except (DatabaseError, Unavailable, SheetClosed) as error:
        logger.error("access log not written: %s", type(error).__name__)
