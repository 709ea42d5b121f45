"""Who may call a view. Every view says so with `@access(...)`; a view that does not is refused, and a house test names it.

@access(EVERYONE)                  anybody
@access(SIGNED_IN)                 a customer, also one whose phone may have changed hands
@access(TRUSTED)                   a customer who may see what belongs to the account
@access(STAFF)                     any member of staff, after both factors
@access(Permission.REVEAL)         staff with a role that holds the permission, by the table as it is now
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from besttrav.kernel import clock
from besttrav.kernel.actors import ActorKind
from besttrav.kernel.errors import Refusal
from besttrav.people.permissions import Permission, allows, roles_with
from besttrav.people.requests import Request

View = TypeVar("View", bound=Callable[..., HttpResponse])


class Audience(StrEnum):
    """Whom a view is for, when no single permission says it."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed_in"
    TRUSTED = "trusted"
    STAFF = "staff"


EVERYONE, SIGNED_IN, TRUSTED, STAFF = Audience.EVERYONE, Audience.SIGNED_IN, Audience.TRUSTED, Audience.STAFF


class NotPermitted(Refusal):
    """A member of staff whose roles do not hold the permission."""

    code = "not_permitted"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view said: its audience or permission, and whether a fresh proof is needed besides."""

    needs: Audience | Permission
    freshly_proved: bool = False


def access(needs: Audience | Permission, *, freshly_proved: bool = False) -> Callable[[View], View]:
    """Let in whom the view is for. Others are sent to sign in, to prove themselves, or are told which role is needed."""
    declaration = Declaration(needs, freshly_proved)

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **values: Any) -> HttpResponse:
            return _stopped(request, declaration) or view(request, *args, **values)

        guarded.access = declaration  # type: ignore[attr-defined]  # read by the house test and the matrix of roles and addresses
        return cast(View, guarded)

    return guard


def _stopped(request: Request, declaration: Declaration) -> HttpResponse | None:
    needs, actor = declaration.needs, request.actor
    if needs is EVERYONE:
        return None
    if isinstance(needs, Permission) or needs is STAFF:
        if actor.kind is not ActorKind.STAFF:
            return _sent_to("console:sign-in", request)
        if isinstance(needs, Permission) and not allows(actor.roles, needs):
            raise _not_permitted(needs)
        return _unless_proved(request, declaration, "console:proof")
    if actor.kind is not ActorKind.PERSON:
        return _sent_to("portal:sign-in", request)
    if needs is TRUSTED and not (request.session_record and request.session_record.is_trusted):
        return HttpResponseRedirect(reverse("portal:recycled-number"))
    return _unless_proved(request, declaration, "portal:proof")


def _unless_proved(request: Request, declaration: Declaration, page: str) -> HttpResponse | None:
    session = request.session_record
    if not declaration.freshly_proved or (session and session.is_freshly_proved(clock.now())):
        return None
    return _sent_to(page, request)


def _sent_to(page: str, request: HttpRequest) -> HttpResponse:
    """To another page and back again. A form that was posted is not repeated: its page is shown anew."""
    address = reverse(page)
    way_back = request.get_full_path() if request.method in {"GET", "HEAD"} else _page_posted_from(request)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"{address}?next={quote(_page_posted_from(request))}"})
    return HttpResponseRedirect(f"{address}?next={quote(way_back)}" if way_back else address)


def _page_posted_from(request: HttpRequest) -> str:
    referrer = request.headers.get("Referer", "")
    return safe_path(referrer.partition(request.get_host())[2], request)


def safe_path(path: str, request: HttpRequest) -> str:
    """The path if it stays on this site, else nothing: never redirect to where a link says without asking this."""
    is_safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return path if is_safe else ""


def next_path(request: HttpRequest) -> str:
    """Where whoever came here wanted to go, carried by the form or the address; nothing for a place that is not ours."""
    return safe_path(request.POST.get("next") or request.GET.get("next", ""), request)


def _not_permitted(permission: Permission) -> NotPermitted:
    holders = ", ".join(str(role.label) for role in roles_with(permission))
    return NotPermitted(
        _("Your role does not include this."),
        way_out=format_lazy("{} {}", _("It belongs to:"), holders),
    )
