"""Pages anybody may read: who we are, which cookies there are, what the policy says."""

from dataclasses import dataclass
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from besttrav.catalogue.queries import on_shelf
from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, access
from besttrav.portal.shelf import insurers_of
from besttrav.privacy import policy
from besttrav.privacy.promises import Promise, promises
from besttrav.privacy.published import as_shown
from besttrav.ui.cookies import COOKIES, Need
from besttrav.ui.entry import entry_page


@entry_page
@require_safe
@access(EVERYONE)
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/information/contact.html")


@entry_page
@require_safe
@access(EVERYONE)
def disclosure(request: HttpRequest) -> HttpResponse:
    """What the law wants disclosed: the licence, the insurers, the products by their filed clauses, and where to complain."""
    offers = on_shelf(clock.today())
    insurers = [(insurer, [offer for offer in offers if offer.insurer.code == insurer.code]) for insurer in insurers_of(offers)]
    return render(request, "portal/shop/disclosure.html", {"insurers": insurers})


@entry_page
@require_safe
@access(EVERYONE)
def cookies(request: HttpRequest) -> HttpResponse:
    groups = [(need, [cookie for cookie in COOKIES if cookie.need is need]) for need in Need]
    return render(request, "portal/information/cookies.html", {"groups": groups})


@entry_page
@require_safe
@access(EVERYONE)
def privacy(request: HttpRequest, number: str = "") -> HttpResponse:
    """The policy in effect, or an older version, clause by clause, each with what is kept of it and what is not yet."""
    shown = _version(number) if number else policy.current(clock.today())
    sections = _sections(shown.number, get_language() or "zh-hans")
    return render(request, "portal/information/privacy.html", {"shown": shown, "sections": sections, "versions": policy.versions()})


@dataclass(frozen=True, slots=True)
class _Shown:
    """A section of the policy as it stands on the page."""

    number: str
    title: str
    level: int
    anchor: str
    html: SafeString
    promise: Promise | None


def _version(number: str) -> policy.Version:
    try:
        return policy.version(number)
    except policy.NoSuchVersion:
        raise Http404 from None


@cache
def _sections(number: str, language: str) -> tuple[_Shown, ...]:
    """A published text never changes and the operator only with a restart, so each is rendered once."""
    sections = as_shown(number, language).sections
    return tuple(_Shown(part.number, part.title, part.level, part.anchor, part.html, promises().get(part.number)) for part in sections)
