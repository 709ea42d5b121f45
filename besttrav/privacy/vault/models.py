"""The vault's tables. Nothing here can be read as text: only random ids, states, dates, wrapped keys and keyed marks.

`SheetKey` and `MarkDigest` are partitioned by key epoch, so ending an epoch is dropping a partition and rotation is a copy into a new one.
"""

from django.db import models

from besttrav.kernel import clock, ids
from besttrav.privacy.fields import Plain


class EpochState(models.TextChoices):
    OPEN = "open"
    CLOSING = "closing"
    ENDED = "ended"


class Epoch(models.Model):
    """A stretch of time under one wrapping secret. The secret is sealed by the provider's key; destroying that key ends every copy."""

    number = models.IntegerField(primary_key=True)
    state = Plain("state of a key", models.CharField(max_length=8, choices=EpochState.choices))
    provider_key = Plain("name of a key at the key service", models.CharField(max_length=120))
    secret = models.BinaryField()
    pepper = models.BinaryField()
    opened_at = models.DateTimeField(default=clock.now)
    backup_verified_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["state"], condition=models.Q(state="open"), name="vault_one_open_epoch")]


class Subject(models.Model):
    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    created_at = models.DateTimeField(default=clock.now)


class File(models.Model):
    """An account, an application that may become a contract, a claim, a month of log: what is kept and forgotten together."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    keep = Plain("retention class", models.CharField(max_length=24))
    opened_at = models.DateTimeField(default=clock.now)


class SheetState(models.TextChoices):
    ACTIVE = "active"
    RESTRICTED = "restricted"
    SHREDDED = "shredded"


class Sheet(models.Model):
    """One person's page in one file. Unconfirmed until a row of the record is known to point to it.

    `keeper` is the subject who keeps this page about somebody else, and sees, takes along and closes it as their own.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="sheets")
    file = models.ForeignKey(File, models.PROTECT, related_name="sheets")
    state = Plain("state of a key", models.CharField(max_length=12, choices=SheetState.choices, default=SheetState.ACTIVE))
    keeper = models.UUIDField(null=True)
    is_confirmed = models.BooleanField(default=False)
    # An erasure that was about to be decided. Whether it was, only the record knows.
    decision = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    restricted_until = Plain("end of a legal period", models.DateField(null=True))
    shredded_at = models.DateTimeField(null=True)
    shredded_in = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(is_confirmed=False), name="vault_sheet_unconfirmed"),
            models.Index(fields=["keeper"], condition=models.Q(keeper__isnull=False), name="vault_sheet_kept"),
        ]


class SheetKey(models.Model):
    """A sheet's data key, wrapped under one epoch."""

    pk = models.CompositePrimaryKey("epoch", "sheet")
    epoch = models.IntegerField()
    sheet = models.UUIDField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "vault_sheet_key"


class Mark(models.Model):
    """Something that must match without being readable: a searchable value of a row, a code sent, a suppression."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = Plain("what is matched, a declared word", models.CharField(max_length=80))
    sheet = models.ForeignKey(Sheet, models.CASCADE, null=True, related_name="marks")
    row = models.UUIDField(null=True, db_index=True)
    created_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True, db_index=True)


class MarkDigest(models.Model):
    """The mark's keyed hash h, sealed under one epoch, beside HMAC(index key of the epoch, h) for the search."""

    pk = models.CompositePrimaryKey("epoch", "mark")
    epoch = models.IntegerField()
    mark = models.UUIDField()
    digest = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "vault_mark_digest"


class Clock(models.Model):
    """A retention clock of a file: the longest of its clocks wins."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="clocks")
    keep = Plain("retention class", models.CharField(max_length=24))
    started_on = Plain("when a legal period began", models.DateField())
    ends_on = Plain("when a legal period ends", models.DateField(db_index=True))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "keep"], name="vault_clock_once_per_class")]


class Hold(models.Model):
    """Keeps a file beyond every clock and request: with its law, its reason, its owner and its end."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="holds")
    law = Plain("article of a law", models.CharField(max_length=120))
    reason = Plain("a declared word, never free text", models.CharField(max_length=40))
    owner = Plain("staff number or job name", models.CharField(max_length=40))
    placed_at = models.DateTimeField(default=clock.now)
    ends_on = Plain("when the hold ends", models.DateField())
    released_at = models.DateTimeField(null=True)


class Tombstone(models.Model):
    """A sheet that was erased by decision. Kept for ever: it holds a random id and a date, and stops a restore from undoing the erasure."""

    sheet = models.UUIDField(primary_key=True)
    decision = models.UUIDField(db_index=True)
    decided_at = models.DateTimeField()
    shredded_at = models.DateTimeField(default=clock.now)


class Circumstance(models.Model):
    """What the vault knows of its own past: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    restored_at = models.DateTimeField(null=True)
    replayed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="vault_one_circumstance")]
