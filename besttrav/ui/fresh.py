"""Serving a page again for next to nothing: a browser that holds it as it is gets told so, and nothing is rendered.

    return unless_held(request, offer.version.digest, trip.query, make=lambda: render(...))

A page is the same when everything it is made of is: the release, the hour in Beijing (products open and close by it), what `content`
names, the language and the person's choices of display, whether it is a fragment, and the browser's form token, which stands in it.
Pages of signed-in people are never held.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from besttrav.kernel import clock
from besttrav.kernel.actors import ActorKind
from besttrav.ui.context import actor_of
from besttrav.ui.preferences import preferences_of

_VARIES = ("Cookie", "Accept-Language", "HX-Request")


def unless_held(request: HttpRequest, *content: object, make: Callable[[], HttpResponse]) -> HttpResponse:
    """What `make` answers, marked so that the browser can ask next time; or 304 where it holds that already.

    Only a page that went well is marked. `content` must change whenever what is shown does.
    """
    if request.method not in {"GET", "HEAD"} or actor_of(request).kind is not ActorKind.VISITOR:
        return make()
    mark = _mark(request, content)
    held = get_conditional_response(request, etag=mark) if "If-None-Match" in request.headers else None
    response = held or make()
    if response.status_code in {200, 304}:
        response["ETag"] = mark
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


def _mark(request: HttpRequest, content: tuple[object, ...]) -> str:
    get_token(request)  # Makes the token where there is none yet: the page about to be rendered will hold it.
    preferences = preferences_of(request)
    is_fragment = "HX-Request" in request.headers
    hour = clock.now().astimezone(clock.BEIJING).strftime("%Y-%m-%d %H")
    shown = (release(), hour, get_language(), preferences.theme, preferences.size, is_fragment, request.META["CSRF_COOKIE"])
    return f'"{_digest(*shown, request.path, *content)[:32]}"'


def _digest(*parts: object) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()
