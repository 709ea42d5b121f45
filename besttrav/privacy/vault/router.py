"""Sends the vault's tables to the vault and keeps everything else out of it."""

from typing import Any

from django.db.models import Model

VAULT = "vault"


class VaultRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return VAULT if model._meta.app_label == VAULT else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        if VAULT in (one._meta.app_label, other._meta.app_label):
            return one._meta.app_label == other._meta.app_label
        return None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == VAULT) == (app_label == VAULT)
