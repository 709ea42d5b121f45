"""What others ask about insurers."""

from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db.models import Q

from besttrav.insurers.limits import DOWN
from besttrav.insurers.models import Exchange, ExchangeState, InboxItem
from besttrav.insurers.port import Insurer
from besttrav.journal.queries import record_of
from besttrav.kernel import clock
from besttrav.kernel.registry import provider

_PREFIX = "insurer:"


def codes() -> list[str]:
    """The insurers that can be called, by their codes in settings.PROVIDERS."""
    return sorted(name.removeprefix(_PREFIX) for name in settings.PROVIDERS if name.startswith(_PREFIX))


def insurer(code: str) -> Insurer:
    """The insurer of this code. Raises ImproperlyConfigured where settings do not name it."""
    return cast(Insurer, provider(_PREFIX + code))


def exchange_of(entry_id: str) -> Exchange:
    """What an entry of `insurers.due` or `insurers.exchange_moved` is about: for the jobs that follow them."""
    return record_of(Exchange, entry_id)


def item_of(entry_id: str) -> InboxItem:
    """The callback that an entry of `insurers.called_back` is about."""
    return record_of(InboxItem, entry_id)


def seems_down(code: str) -> bool:
    """Whether nothing should be sold that only this insurer can issue: its newest calls all stayed without an answer."""
    recent = Exchange.objects.filter(Q(insurer=code), left_at__gt=clock.now() - timedelta(seconds=DOWN.within))
    states = list(recent.order_by("-left_at").values_list("state", flat=True)[: DOWN.unanswered])
    return len(states) == DOWN.unanswered and all(state == ExchangeState.UNKNOWN for state in states)
