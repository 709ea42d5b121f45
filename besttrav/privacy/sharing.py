"""What leaves: to which recipient, by which purpose, field by field, written down before a byte goes.

A *permit* is taken in one transaction: the recipient is one each purpose names, the purposes' own consents stand, and so does the consent
to this recipient by name where the law asks for one (article 23); the gate opens the text, or nothing is written. Each person's part of it
is one row of `Sharing`, which the person can read, and one journal entry. The text is handed out only when all of that is committed. A
withdrawal that committed before the permit stops it, because both wait for each other; one that comes later finds the row, and shows what
was already on its way.
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
from besttrav.kernel.statements import insert_all
from besttrav.privacy import actions, consents, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.fields import PersonalField
from besttrav.privacy.gate import Gone, NoConsent, Opened, reveal
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
    """Rows of one model, the fields of them that leave, and why."""

    rows: Sequence[models.Model]
    fields: Sequence[str]
    purpose: Purpose


def share(parts: Sequence[Part], *, to: Recipient, about: UUID, actor: Actor) -> list[list[Opened]]:
    """Take the permit for all parts at once, and open them: a list for each part, in its order. All or nothing.

    `about` is the exchange it leaves by. Raises NoSuchRecipient, or a refusal of the gate: then nothing was written and nothing may leave.
    Outside a transaction, because a permit that could still be taken back permits nothing.
    """
    if any(to.kind not in part.purpose.recipients for part in parts):
        raise NoSuchRecipient
    leaving = _leaving(parts)
    with transaction.atomic(durable=True):
        consents.hold({subject for subject, _ in leaving})
        _require_consents(leaving, to)
        opened = [reveal(part.rows, part.fields, purpose=part.purpose, actor=actor, case=about) for part in parts]
        now = clock.now()
        insert_all(
            [
                Sharing(
                    at=now,
                    subject=subject,
                    recipient=to.kind,
                    recipient_name=to.name,
                    purpose=purpose.code,
                    basis=purpose.basis.value,
                    fields=sorted(tags),
                    about=about,
                )
                for (subject, purpose), tags in leaving.items()
            ]
        )
        record_all(
            [
                Draft(
                    actions.SHARED,
                    actor,
                    subject=subject,
                    facts={"recipient": to.kind, "name": to.name, "purpose": purpose.code, "fields": sorted(tags)},
                )
                for (subject, purpose), tags in leaving.items()
            ]
        )
    crashpoint("sharing.permitted")
    return opened


def shared_of(subject: UUID) -> list[Sharing]:
    """Everything of this person that left, newest first."""
    return list(Sharing.objects.filter(subject=subject).order_by("-at"))


def _require_consents(leaving: Iterable[tuple[UUID, Purpose]], to: Recipient) -> None:
    """The gate asks for the purposes' own; here it is the consent to this recipient by name."""
    wanted = {subject for subject, _ in leaving}
    if to.consent and len(consents.given(wanted, [to.consent], to.name)) < len(wanted):
        raise NoConsent


def _leaving(parts: Sequence[Part]) -> dict[tuple[UUID, Purpose], set[str]]:
    """Which fields of whom leave, and why, by the rows as they are: an empty field does not."""
    found: list[tuple[UUID, Purpose, str]] = []
    for part in parts:
        for row in part.rows:
            for name in part.fields:
                field = row._meta.get_field(name)
                assert isinstance(field, PersonalField)
                if (sheet := field.owner_of(row)) and row.__dict__.get(field.attname) is not None:
                    found.append((sheet, part.purpose, field.tag))
    subjects = files.subjects_of({sheet for sheet, _, _ in found})
    leaving: dict[tuple[UUID, Purpose], set[str]] = {}
    for sheet, purpose, tag in found:
        if sheet not in subjects:
            raise Gone
        leaving.setdefault((subjects[sheet], purpose), set()).add(tag)
    return leaving
