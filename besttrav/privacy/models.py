"""The record's side of privacy: the consent ledger, erasures with their certificates, and the access log."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from besttrav.kernel import clock, ids
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import SECURITY


class ConsentEvent(models.Model):
    """One answer of one person to one consent. Never changed, never removed while its processing or three years after it last."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    subject = models.UUIDField()
    code = Plain("published code of a consent", models.CharField(max_length=3))
    detail = Plain("channel or recipient, a declared word", models.CharField(max_length=40, blank=True))
    result = Plain("what was answered", models.CharField(max_length=10))
    text_version = Plain("version of a public text", models.CharField(max_length=20, blank=True))
    text_sha256 = Plain("hash of a public text", models.CharField(max_length=64, blank=True))
    language = Plain("language of a public text", models.CharField(max_length=10))
    page = Plain("name of a page", models.CharField(max_length=40))
    way = Plain("how it was answered, a declared word", models.CharField(max_length=20))
    actor_kind = Plain("kind of actor", models.CharField(max_length=10))
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["subject", "code", "detail", "-id"], name="privacy_consent_latest")]


class ErasureState(models.TextChoices):
    DECIDED = "decided"
    DONE = "done"


class Erasure(models.Model):
    """A decision to erase or restrict, and once done its certificate: unreadable through us from then on, everywhere at the epoch's end."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    subject = models.UUIDField(null=True, db_index=True)
    state = Plain("state of the decision", models.CharField(max_length=8, choices=ErasureState.choices, default=ErasureState.DECIDED))
    because = Plain("a declared word", models.CharField(max_length=40))
    decided_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True)
    epoch = models.IntegerField(null=True)
    everywhere_on = Plain("when the last copy becomes unreadable", models.DateField(null=True))

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(state="decided"), name="privacy_erasure_pending")]


class ErasureItem(models.Model):
    """What a decision does to one sheet."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="items")
    sheet = models.UUIDField(db_index=True)
    outcome = Plain("erase, restrict or keep", models.CharField(max_length=8))
    keep = Plain("retention class", models.CharField(max_length=24))
    law = Plain("rule that demands storage", models.CharField(max_length=160, blank=True))
    until = Plain("end of a legal period", models.DateField(null=True))


class Sharing(models.Model):
    """What of one person was given to one recipient: written before it left, never changed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    at = models.DateTimeField(default=clock.now)
    subject = models.UUIDField(db_index=True)
    recipient = Plain("kind of recipient, a declared word", models.CharField(max_length=20))
    recipient_name = Plain("permanent code of a recipient of ours", models.CharField(max_length=40))
    purpose = Plain("code of a purpose", models.CharField(max_length=40))
    basis = Plain("one of the seven legal bases", models.CharField(max_length=6))
    fields = Plain("tags of declared fields, never a value", models.JSONField())
    about = models.UUIDField()


class AccessEntry(PersonalModel):
    """One visit of one page: the log the Cybersecurity Law demands, sealed under the visitor's own sheet of this month.

    It is written in a transaction of its own, and the visitor does not wait until the disk has it.
    """

    waits_for_disk = False

    visitor = SheetField("visitor")
    at = models.DateTimeField(default=clock.now, db_index=True)
    method = Plain("HTTP method", models.CharField(max_length=8))
    status = models.SmallIntegerField()
    page = PersonalField(Kind.PAGE, of="visitor", keep=Keep.LOG, purposes={SECURITY})
    address = PersonalField(Kind.NETWORK_ADDRESS, of="visitor", keep=Keep.LOG, purposes={SECURITY})
    browser = PersonalField(Kind.BROWSER, of="visitor", keep=Keep.LOG, purposes={SECURITY})
    language = PersonalField(Kind.LANGUAGE, of="visitor", keep=Keep.LOG, purposes={SECURITY})

    class Meta:
        verbose_name = _("visits")


class LogSheet(models.Model):
    """Which sheet takes a subject's log entries of a month; without a subject, everybody's who is not signed in, of a day."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    subject = models.UUIDField(null=True)
    stretch = Plain("a month or a day, as 2026-11 or 2026-11-22", models.CharField(max_length=10))
    sheet = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "stretch"], nulls_distinct=False, name="privacy_log_sheet_once")]


class Restoration(models.Model):
    """That this record or its vault came back from a backup, and when: what stands in rows from before may have gone on elsewhere."""

    at = models.DateTimeField(primary_key=True)

    def __str__(self) -> str:
        return f"restored {self.at:%Y-%m-%d %H:%M}"
