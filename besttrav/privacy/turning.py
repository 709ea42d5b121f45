"""The turn of the key epochs: a new one begins, everybody is carried over, a backup is made and checked, the old one ends for good.

Each step may be broken off and is taken up by the next turn. An old key never goes before a backup under the new one was restored and read.
"""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.privacy import actions, backups
from besttrav.privacy.backups import Progress
from besttrav.privacy.vault import epochs, secrets
from besttrav.privacy.vault.models import Epoch, EpochState

KEEPER = Actor.job("privacy.turn_epoch")


def turn(*, progress: Progress | None = None) -> None:
    """A day's work: rotate when the epoch is old enough, back up, and end what a checked backup allows to end."""
    if is_due():
        rotate(progress=progress)
    backups.back_up(Path(settings.BACKUPS))
    end_old()


def is_due() -> bool:
    """Whether the open epoch has had its days, or a rotation was broken off."""
    current = Epoch.objects.filter(state=EpochState.OPEN).first()
    if current is None:
        return False
    return Epoch.objects.filter(state=EpochState.CLOSING).exists() or clock.now() - current.opened_at >= timedelta(days=settings.EPOCH_DAYS)


def rotate(*, progress: Progress | None = None) -> int:
    """Begin the next epoch and carry everybody over, or finish a rotation that was broken off. Returns the open epoch's number."""
    before = Epoch.objects.filter(state=EpochState.OPEN).values_list("number", flat=True).first()
    number = epochs.rotate(progress)
    if number != before:
        with transaction.atomic():
            record(actions.EPOCH_BEGUN, actor=KEEPER, number=number)
    return number


def end_old() -> list[int]:
    """End every epoch that has been left behind. Raises BackupNotVerified. Returns the numbers."""
    ended = epochs.end_old()
    for number in ended:
        with transaction.atomic():
            record(actions.EPOCH_ENDED, actor=KEEPER, number=number)
    return ended


def answer_theft(to: Path, *, progress: Progress | None = None) -> list[int]:
    """The keyring was stolen: a new epoch, a checked backup under it, the stolen keys destroyed, nobody lost. Returns the epochs ended.

    From then on the stolen keyring opens nothing that is in the vault, in its newest backup, or will ever be there. What it still opens is
    an *older copy of the vault*, if the thief has one too: then they have the data keys of everybody who was in it, and so what the record
    holds and will hold under those sheets. That is an incident, and those people must be told.
    """
    rotate(progress=progress)
    backups.back_up(to)
    return end_old()


def open_provider_key() -> str | None:
    """The name of the key that the open epoch hangs on."""
    return Epoch.objects.filter(state=EpochState.OPEN).values_list("provider_key", flat=True).first()


def is_alive(provider_key: str) -> bool:
    """Whether the key service could still use this key."""
    return provider_key in secrets.key_service().references()
