"""What leaves: to which recipient, by which purpose, field by field, written down before a byte goes.

A *permit* is taken in one transaction: the recipient is one the purpose names, the purpose's own consents stand, and so does the consent
to this recipient by name where the law asks for one (article 23). Each person's part of it is one row of `Sharing`, which the person can
read, and one journal entry. Only then is the text opened, by the gate and for that purpose. A withdrawal that committed before the permit
is taken stops it; one that comes later finds the row, and shows what was already on its way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from besttrav.journal.operations import Draft, record_all
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.privacy import actions, consents, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.fields import PersonalField
from besttrav.privacy.gate import NoConsent, Opened, reveal
from besttrav.privacy.models import Sharing
from besttrav.privacy.purposes import Purpose


class NoSuchRecipient(Refusal):
    """The purpose does not name this kind of recipient."""

    code = "no_such_recipient"
    message = _("This information may not be given to this recipient.")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives: the kind a purpose names, and which one of them by its permanent code.

    `consent` is what each person must have given for this very recipient, None for those who act on our instructions alone (article 21).
    """

    kind: str
    name: str
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one model and the fields of them that leave."""

    rows: Sequence[models.Model]
    fields: Sequence[str]


def share(parts: Sequence[Part], *, to: Recipient, purpose: Purpose, about: UUID, actor: Actor) -> list[list[Opened]]:
    """Take the permit for all parts at once, and open them: a list for each part, in its order. All or nothing.

    `about` is the exchange it leaves by. Raises NoSuchRecipient, or a refusal of the gate: then nothing was written and nothing may leave.
    """
    if to.kind not in purpose.recipients:
        raise NoSuchRecipient
    tags = _tags_by_subject(parts)
    with transaction.atomic():
        _require_consents(tags, to, purpose)
        now = clock.now()
        Sharing.objects.bulk_create(
            Sharing(
                at=now,
                subject=subject,
                recipient=to.kind,
                recipient_name=to.name,
                purpose=purpose.code,
                basis=purpose.basis.value,
                fields=sorted(leaving),
                about=about,
            )
            for subject, leaving in tags.items()
        )
        record_all(
            [
                Draft(
                    actions.SHARED,
                    actor,
                    subject=subject,
                    facts={"recipient": to.kind, "name": to.name, "purpose": purpose.code, "fields": sorted(leaving)},
                )
                for subject, leaving in tags.items()
            ]
        )
    crashpoint("sharing.permitted")
    return [reveal(part.rows, part.fields, purpose=purpose, actor=actor, case=about) for part in parts]


def shared_of(subject: UUID) -> list[Sharing]:
    """Everything of this person that left, newest first."""
    return list(Sharing.objects.filter(subject=subject).order_by("-at"))


def _require_consents(subjects: Iterable[UUID], to: Recipient, purpose: Purpose) -> None:
    wanted = set(subjects)
    if to.consent:
        agreed = consents.given(wanted, [to.consent], to.name)
        if len(agreed) < len(wanted):
            raise NoConsent
    given = consents.given(wanted, purpose.consents)
    if any((subject, code) not in given for subject in wanted for code in purpose.consents):
        raise NoConsent


def _tags_by_subject(parts: Sequence[Part]) -> dict[UUID, set[str]]:
    """Which fields of whom leave, by the rows as they are: an empty field does not."""
    leaving: list[tuple[UUID, str]] = []
    for part in parts:
        for row in part.rows:
            for name in part.fields:
                field = row._meta.get_field(name)
                assert isinstance(field, PersonalField)
                if (sheet := field.owner_of(row)) and row.__dict__.get(field.attname) is not None:
                    leaving.append((sheet, field.tag))
    subjects = files.subjects_of({sheet for sheet, _ in leaving})
    tags: dict[UUID, set[str]] = {}
    for sheet, tag in leaving:
        tags.setdefault(subjects[sheet], set()).add(tag)
    return tags
