"""Serving a page again for next to nothing: a browser that holds it as it is gets told so, and nothing is rendered; another visitor who
asks for the same gets what was rendered before, with a form token of their own.

    return unless_held(request, offer.version.digest, trip.query, make=lambda: render(...))

A page is the same when everything it is made of is: the release, the hour in Beijing (products open and close by it), what `content`
names, the language and the visitor's choices of display, whether it is a fragment, and where it was asked for. What differs from one
visitor to the next is the form token alone: a page is rendered and kept with a blank in its place. Pages of signed-in people are never
held and never kept.
"""

import secrets
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from besttrav.kernel import clock
from besttrav.kernel.actors import ActorKind
from besttrav.ui.context import actor_of
from besttrav.ui.preferences import preferences_of

_VARIES = ("Cookie", "Accept-Language", "HX-Request")
# Stands where the form token goes. Nobody can guess it, so nobody can have their words replaced by a token.
_BLANK = secrets.token_hex(16)


def unless_held(request: HttpRequest, *content: object, make: Callable[[], HttpResponse], keeps: bool = True) -> HttpResponse:
    """What `make` answers, marked so that the browser can ask next time; or 304 where it holds that already.

    Only a page that went well is marked, and kept for others too if it `keeps`: the address stands in the page, so that must hold nothing
    somebody typed. `content` must change whenever what is shown does, beyond the address.
    """
    if request.method not in {"GET", "HEAD"} or not _is_anybody(request):
        return make()
    page = _name(request, content)
    response = _held(request, page) or _filled_in(request, page, make, keeps)
    if response.status_code in {200, 304}:
        response["ETag"] = _mark(request, page)
        response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, _VARIES)
    return response


def page_version(*content: object) -> str:
    """A short name for exactly this page: the release and what it shows, in this language. A sale's evidence names it."""
    return _digest(release(), get_language(), *content)[:10]


@cache
def release() -> str:
    """What every page is made of: code, templates, words, styles, and who runs the site. Told once by each process."""
    digest = sha256(repr(sorted(settings.OPERATOR.items())).encode())
    for path in sorted(Path(settings.ROOT, "besttrav").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_anybody(request: HttpRequest) -> bool:
    """Nobody is signed in, nor half-way there."""
    return actor_of(request).kind is ActorKind.VISITOR and getattr(request, "session_record", None) is None


def _name(request: HttpRequest, content: tuple[object, ...]) -> str:
    """The page as every visitor sees it who asks like this."""
    preferences = preferences_of(request)
    asked = (request.build_absolute_uri(), "HX-Request" in request.headers, get_language(), preferences.theme, preferences.size)
    hour = clock.now().astimezone(clock.BEIJING).strftime("%Y-%m-%d %H")
    return _digest(release(), hour, *asked, *content)


def _mark(request: HttpRequest, page: str) -> str:
    """The page with this browser's form token in it."""
    return f'"{_digest(page, request.META["CSRF_COOKIE"])[:32]}"'


def _held(request: HttpRequest, page: str) -> HttpResponse | None:
    if "If-None-Match" not in request.headers or "CSRF_COOKIE" not in request.META:
        return None
    held: HttpResponse | None = get_conditional_response(request, etag=_mark(request, page))
    return held


def _filled_in(request: HttpRequest, page: str, make: Callable[[], HttpResponse], keeps: bool) -> HttpResponse:
    """The page from those kept, or else made and kept; with this browser's form token. A fragment has headers of its own: it is made."""
    kept = caches["pages"].get(page) if keeps else None
    response = HttpResponse(kept) if kept else _made(request, make)
    if keeps and not kept and response.status_code == 200 and "HX-Request" not in request.headers:
        caches["pages"].set(page, response.content)
    response.content = response.content.replace(_BLANK.encode(), get_token(request).encode())
    return response


def _made(request: HttpRequest, make: Callable[[], HttpResponse]) -> HttpResponse:
    request.form_token = _BLANK  # type: ignore[attr-defined]  # ours: the shell puts it where the token goes
    try:
        return make()
    finally:
        del request.form_token  # type: ignore[attr-defined]  # whatever else is rendered, an error's page say, has the real one


def _digest(*parts: object) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()
