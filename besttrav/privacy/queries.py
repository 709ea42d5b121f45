"""Reading what this room knows, for pages and for its own gate."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from besttrav.kernel.statements import straight
from besttrav.privacy.models import ConsentEvent, Erasure, ErasureItem, ErasureState
from besttrav.privacy.vault.store import Card


def sheets_being_erased(cards: Iterable[Card]) -> set[UUID]:
    """Which of these sheets a decision has closed that is not carried out yet. The gate refuses them from the moment of the decision.

    The vault is told before a decision is taken (`erasing._decide`), so for sheets it was told nothing of, the record need not be asked.
    """
    told = [card.sheet for card in cards if card.may_be_closing]
    return sheets_decided_on(told) if told else set()


def sheets_decided_on(sheets: Iterable[UUID]) -> set[UUID]:
    """Which of these sheets the record says are to be erased or restricted and are not yet."""
    pending = ErasureItem.objects.filter(sheet__in=list(sheets), erasure__state=ErasureState.DECIDED).exclude(outcome="keep")
    return set(pending.values_list("sheet", flat=True))


def answers_of(subject: UUID) -> list[ConsentEvent]:
    """What the person was asked to consent to, the newest answer to each."""
    return list(ConsentEvent.objects.filter(subject=subject).order_by("code", "detail", "-id").distinct("code", "detail"))


def erasures_of(subject: UUID) -> list[Erasure]:
    """The decisions and certificates about a person, newest first."""
    return list(Erasure.objects.filter(subject=subject).order_by("-id").prefetch_related("items"))


def restored_since(moment: datetime) -> bool:
    """Whether a backup was restored at or after this moment.

    What the record then says of a session, a code or a message from before is what it said at the backup, and no longer what happened.
    """
    return bool(straight(connection, "SELECT 1 FROM privacy_restoration WHERE at >= %s LIMIT 1", [moment]))
