"""What this room writes into the journal."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action

OPENED = action(
    "privacy.opened",
    Stream.DISCLOSURE,
    _("Personal information was opened"),
    purpose=Fact.CODE,
    basis=Fact.CODE,
    fields=Fact.CODES,
    case=Fact.ID,
)
SHARED = action(
    "privacy.shared",
    Stream.DISCLOSURE,
    _("Personal information was given to a recipient"),
    recipient=Fact.CODE,
    name=Fact.CODE,
    purpose=Fact.CODE,
    fields=Fact.CODES,
)
CONSENT = {
    result: action(f"privacy.consent_{result}", Stream.RIGHTS, says, code=Fact.CODE, page=Fact.CODE, way=Fact.CODE)
    for result, says in {"given": _("Consent given"), "refused": _("Consent refused"), "withdrawn": _("Consent withdrawn")}.items()
}
ERASURE_DECIDED = action("privacy.erasure_decided", Stream.RIGHTS, _("Erasure decided"), files=Fact.COUNT, reason=Fact.CODE)
ERASURE_DONE = action("privacy.erasure_done", Stream.RIGHTS, _("Erasure done"), erased=Fact.COUNT, restricted=Fact.COUNT, epoch=Fact.COUNT)
EXPIRED = action("privacy.expired", Stream.RIGHTS, _("Kept no longer: the period is over"), files=Fact.COUNT)
TAKEN = action("privacy.taken", Stream.RIGHTS, _("A copy of the data was made for the person"), values=Fact.COUNT)
EPOCH_BEGUN = action("privacy.epoch_begun", Stream.SECURITY, _("New key epoch"), number=Fact.COUNT)
EPOCH_ENDED = action(
    "privacy.epoch_ended", Stream.SECURITY, _("Key epoch ended: erased data is unreadable in every copy"), number=Fact.COUNT
)
RESTORED = action("privacy.restored", Stream.SECURITY, _("Restored from a backup"), store=Fact.CODE, replayed=Fact.COUNT)
