from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class JournalConfig(AppConfig):
    name = "besttrav.journal"

    def ready(self) -> None:
        autodiscover_modules("actions")
        post_migrate.connect(_prepare, sender=self, dispatch_uid="journal.prepare")


def _prepare(using: str, **_: Any) -> None:
    """Every start migrates first, so a house that slept for months or was restored from a dump can write at once."""
    from besttrav.journal.operations import ensure_months, heal_ticks

    if using == "default":
        ensure_months()
        heal_ticks()
