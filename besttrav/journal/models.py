"""Entries and the batches they are sealed in. Both tables are made by hand-written SQL (see the first migration), append-only, and
left alone by `flush`: what was written stays until its month is past its time.
"""

from functools import cached_property
from typing import Any

from django.db import models

from besttrav.journal import actions, merkle, seals
from besttrav.journal.streams import Stream


class Entry(models.Model):
    """One thing that happened: when, which action, by whom, about which record, about whose data; random ids and plain codes only."""

    id = models.UUIDField(primary_key=True, editable=False)
    stream = models.SmallIntegerField(choices=[(stream.value, stream.label) for stream in Stream])
    # The number of the transaction that wrote it, given by the database: what the sealer goes by.
    tick = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.TextField()
    about_type = models.TextField()
    about_id = models.UUIDField(null=True)
    subject = models.UUIDField(null=True)
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    facts = models.JSONField()
    salt = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        managed = False
        db_table = "journal_entry"

    def __str__(self) -> str:
        return f"{self.action} {self.id}"

    @cached_property
    def columns(self) -> dict[str, Any]:
        """What the digest is taken over, as text."""
        return seals.entry_columns(
            str(self.id), self.stream, seals.moment(self.at), self.action, self.about_type, _text(self.about_id), _text(self.subject),
            self.actor_kind, _text(self.actor_id), self.actor_name, self.facts, bytes(self.salt).hex(),
        )  # fmt: skip

    @property
    def leaf(self) -> bytes:
        return merkle.leaf(bytes(self.digest))

    @cached_property
    def declared(self) -> actions.Action | None:
        return actions.named(self.action)


class Batch(models.Model):
    """The entries of one stream and month whose ticks lie in [low, high), under one root; each names the head before it and is signed."""

    number = models.BigIntegerField(primary_key=True)
    stream = models.SmallIntegerField()
    month = models.DateField()
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    entries = models.IntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    head = models.BinaryField()
    signature = models.BinaryField()
    key_id = models.TextField()
    sealed_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "journal_batch"

    def __str__(self) -> str:
        return f"batch {self.number}"

    @property
    def header(self) -> dict[str, Any]:
        """What the head is the digest of. `dropped_at` is not part of it: it comes later, and is judged by the retention."""
        return seals.header(
            number=self.number, stream=self.stream, month=self.month, low=self.low, high=self.high, entries=self.entries,
            root=bytes(self.root), previous=bytes(self.previous), key_id=self.key_id, sealed_at=self.sealed_at,
        )  # fmt: skip


def _text(id: object) -> str | None:
    return None if id is None else str(id)
