"""What every template may name: operator, brand, hotline, licence, theme, size, language, actor, and the shells' links."""

import json
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.operator import operator
from besttrav.ui import navigation
from besttrav.ui.preferences import preferences_of

# htmx never evaluates, never injects styles or scripts, never keeps a copy of a page; an invalid form (422) is swapped in.
HTMX_CONFIG = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}
_HTMX_CONFIG = json.dumps(HTMX_CONFIG)
_LANGUAGE_TAGS = {"zh-hans": "zh-CN", "en": "en"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor of every page; whoever acts is looked up only when the page names them."""
    token = {"csrf_token": blank} if (blank := getattr(request, "form_token", "")) else {}  # see `fresh.py`
    return shell_for(request, cast(Actor, SimpleLazyObject(lambda: actor_of(request)))) | token


def shell_for(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """The shell as this actor sees it; reads no database by itself."""
    preferences, particulars = preferences_of(request), operator()
    return {
        "operator": particulars,
        "operator_is_invented": settings.OPERATOR_IS_INVENTED,
        "brand": particulars["brand"],
        "hotline": particulars["hotline"],
        "licence": particulars["licence"],
        "theme": preferences.theme,
        "size": preferences.size,
        "language": _LANGUAGE_TAGS.get(get_language() or "", "zh-CN"),
        "now": clock.now().astimezone(clock.BEIJING),
        "actor": actor,
        "nav": Nav(request, actor),
        "htmx_config": _HTMX_CONFIG,
    }


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, as the people room set it; a visitor where nobody asked."""
    actor: Actor = getattr(request, "actor", None) or Actor.visitor()
    return actor


class Nav:
    """The shells' links for this request, made only when a template names them."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self._request, self._actor = request, actor

    def __getattr__(self, name: str) -> list[navigation.Link]:
        if name not in {"top", "tab_bar", "foot", "rail"}:
            raise AttributeError(name)
        return navigation.links(self._request, getattr(navigation, name.upper()), self._actor)
