"""Where one can go. An entry appears when its page exists and the person may open it: no dead links, in any build."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.actors import Actor, ActorKind
from besttrav.people.permissions import Permission, allows


@dataclass(frozen=True, slots=True)
class Entry:
    url_name: str
    label: str | Promise
    icon: str
    shown_to: frozenset[ActorKind] = frozenset(ActorKind)
    group: str | Promise = ""
    needs: Permission | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that leads somewhere, on one page."""

    url: str
    label: str | Promise
    icon: str
    group: str | Promise
    is_here: bool


_SIGNED_OUT, _PERSON = frozenset({ActorKind.VISITOR}), frozenset({ActorKind.PERSON})

HOME = Entry("portal:home", _("Home"), "home")
PRODUCTS = Entry("portal:products", _("Products"), "bag")
MY_POLICIES = Entry("portal:my-policies", _("My insurance"), "shield", _PERSON)
FIND_ORDER = Entry("portal:find-order", _("My insurance"), "shield", _SIGNED_OUT)
VERIFY = Entry("portal:verify", _("Check a paper"), "check")
MY_PRIVACY = Entry("portal:my-privacy", _("Privacy centre"), "lock", _PERSON)
MY_PROFILE = Entry("portal:my-profile", _("Personal information"), "user", _PERSON)
SIGN_IN = Entry("portal:sign-in", _("Sign in"), "user", _SIGNED_OUT)
PRIVACY = Entry("portal:privacy", _("Privacy policy"), "file")
CONTACT = Entry("portal:contact", _("Contact"), "phone")
DISCLOSURE = Entry("portal:disclosure", _("Disclosure"), "scale")
COOKIES = Entry("portal:cookies", _("Cookies"), "cookie")
DISPLAY = Entry("portal:preferences", _("Display and language"), "type")

TOP = (PRODUCTS, MY_POLICIES, FIND_ORDER, MY_PRIVACY, MY_PROFILE, SIGN_IN)
TAB_BAR = (HOME, PRODUCTS, MY_POLICIES, FIND_ORDER, MY_PRIVACY, MY_PROFILE, SIGN_IN)
FOOT = (VERIFY, DISCLOSURE, MY_PRIVACY, PRIVACY, COOKIES, DISPLAY)

STAFF_HOME = Entry("console:home", _("Home"), "home")
ORDERS = Entry("console:orders", _("Orders"), "case", needs=Permission.SEE_ORDERS)
SURRENDERS = Entry("console:surrenders", _("Surrenders"), "undo", needs=Permission.SEE_ORDERS)
FINANCE = Entry("console:finance", _("Finance"), "scale", needs=Permission.SEE_BOOKS)
PEOPLE = Entry("console:people", _("People"), "user", needs=Permission.FIND_PEOPLE)
CLOSED_NUMBERS = Entry("console:closed-numbers", _("Closed numbers"), "phone", needs=Permission.REOPEN_NUMBERS)
TEAM = Entry("console:team", _("Team"), "team", needs=Permission.SEE_TEAM)
JOURNAL = Entry("console:journal", _("Journal"), "history", needs=Permission.READ_JOURNAL)
PERMISSIONS = Entry("console:permissions", _("Permissions"), "key", needs=Permission.READ_PERMISSIONS)
AGREEMENT = Entry("console:agreement", _("Confidentiality"), "lock", shown_to=frozenset({ActorKind.STAFF}))
RAIL = (STAFF_HOME, ORDERS, SURRENDERS, FINANCE, PEOPLE, CLOSED_NUMBERS, TEAM, JOURNAL, PERMISSIONS, AGREEMENT)


def links(request: HttpRequest, entries: Iterable[Entry], actor: Actor) -> list[Link]:
    """The entries that exist and that this actor may see; the one whose page this is knows it."""
    return [
        Link(url, entry.label, entry.icon, entry.group, is_here=url == request.path)
        for entry in entries
        if actor.kind in entry.shown_to and _may_open(actor, entry) and (url := address_of(entry.url_name))
    ]


def _may_open(actor: Actor, entry: Entry) -> bool:
    return entry.needs is None or (actor.kind is ActorKind.STAFF and allows(actor.roles, entry.needs))


def address_of(url_name: str) -> str:
    """The page's address, or nothing while no such page exists."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
