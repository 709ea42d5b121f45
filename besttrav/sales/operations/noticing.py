"""Telling insured people who are not the buyer: that they are in a contract, what is held about them, and how to object.

Articles 17 and 23 of the Personal Information Protection Law. Where they have a phone they get a message with a link of their own; where
they have none, the buyer is shown the link to hand on. Typing somebody's number attached nothing to them, and the link shows nothing of
anybody else.

Beneficiaries are not told: whom somebody names is their own choice, which they may change and keep to themselves (articles 39 to 41 of the
Insurance Law ask for the insured person's agreement, and for no word to who is named). The policyholder sees them among the people of the
contract, and what is held about them is theirs to ask for like everybody's.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from besttrav.contact import operations as contact
from besttrav.contact.operations import Letter
from besttrav.contact.templates import Template
from besttrav.journal.operations import move, record, together
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.statements import insert_all, lock, rows_of
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.visitors import Visitor, digest
from besttrav.policies.models import Party, Policy
from besttrav.privacy import files
from besttrav.privacy.gate import Closed, reveal, reveal_one
from besttrav.privacy.purposes import NOTIFY
from besttrav.sales import actions, evidence, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Application, Evidence, Notice, NoticeState
from besttrav.sales.operations.applying import NotOurs

TELLER = Actor.job("sales.notice")


@dataclass(frozen=True, slots=True, repr=False)
class Reachable:
    """Somebody in a contract who can be told, with their number where they have one."""

    party: Party
    phone: str
    subject: UUID


def tell_others(*, application: Application) -> None:
    """A notice for each insured person besides the buyer, once; safe to repeat, and to run twice at once."""
    with together():
        application = Application.objects.select_for_update().get(id=application.id)
        contact.prepare_all(write(application, reachable(waiting(application, queries.parties_of(application)), application)), actor=TELLER)


def tell_ended(*, policy: Policy, last_day: date | None) -> None:
    """The policyholder gave the contract up: whoever else was insured and has a phone is told from when on they are not. Once."""
    with together():
        application = Application.objects.select_for_update().get(contract=policy.contract)
        if Evidence.objects.filter(application=application, action="given_up").exists():
            return
        others = [party for party in queries.parties_of(application) if party.is_insured and not party.is_holder]
        values = {
            "product": str(queries.offer_of(application).name.in_language(application.language)),
            "day": f"{last_day + timedelta(days=1) if last_day else policy.first_day:%Y-%m-%d}",
            "hotline": settings.OPERATOR["hotline"],
        }
        letters = [
            Letter(phone=one.phone, template=Template.COVER_ENDED, values=values, language=application.language, subject=one.subject)
            for one in reachable(others, application)
            if one.phone
        ]
        evidence.note(application, Seen("surrender"), "given_up", told=len(letters))
        contact.prepare_all(letters, actor=TELLER)


def waiting(application: Application, parties: Sequence[Party]) -> list[Party]:
    """Those of these who are to get a notice and have none yet. The caller has locked the application."""
    told = {notice.party_id for notice in rows_of(Notice, application=application.pk)}
    return [party for party in parties if party.is_insured and not party.is_holder and party.id not in told]


def reachable(parties: Sequence[Party], application: Application) -> list[Reachable]:
    """Whoever of these can still be told. Somebody who had themselves forgotten cannot, and is no reason to tell nobody."""
    if not parties:
        return []
    subjects = files.subjects_of(party.person for party in parties)
    try:
        opened = reveal(parties, ["phone"], purpose=NOTIFY, actor=TELLER, case=application.id)
    except Closed:
        return [one for party in parties for one in reachable([party], application)] if len(parties) > 1 else []
    return [Reachable(party, one.phone, subjects[party.person]) for party, one in zip(parties, opened, strict=True)]


def write(application: Application, people: Sequence[Reachable]) -> list[Letter]:
    """A notice for each of these, and the letters that tell them, to be prepared by the caller in the same transaction."""
    written = [_notice(application, one) for one in people]
    insert_all([notice for notice, _ in written])
    for notice, letter in written:
        record(actions.NOTICE_MADE, about=notice, actor=TELLER, subject=notice.subject, way="message" if letter else "by_buyer")
    return [letter for _, letter in written if letter]


def link_for_buyer(*, notice: Notice, actor: Actor) -> str:
    """A fresh link for somebody without a phone, shown to the buyer to hand on; the link shown before works no more."""
    if not notice.is_bound:
        raise NotOurs
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        notice.token_sha256 = digest(token)
        notice.bind()
        notice.save(update_fields=["token_sha256", "bond"])
        record(actions.NOTICE_MADE, about=notice, actor=actor, subject=notice.subject, way="by_buyer")
    return _address(token)


def opened(*, token: str) -> Notice | None:
    """The notice a link leads to, None for a link that leads nowhere. The first opening is written down."""
    notice = Notice.objects.filter(token_sha256=digest(token)).select_related("application", "party").first()
    if notice is None or not notice.is_bound:
        return None
    if notice.opened_at is None:
        with transaction.atomic():
            notice.opened_at = clock.now()
            notice.save(update_fields=["opened_at"])
            record(actions.NOTICE_OPENED, about=notice, actor=Actor.visitor(), subject=notice.subject)
    return notice


def has_phone(notice: Notice) -> bool:
    """Whether the person can be asked for a code before they object."""
    return notice.party.__dict__.get("phone") is not None


def request_code(*, notice: Notice, visitor: Visitor, actor: Actor) -> Challenge:
    """Send a code to the person's own number, the one the notice went to. Raises what `people.codes` refuses."""
    return codes.request(phone=_phone_of(notice), purpose=CodePurpose.OBJECT, visitor=visitor, actor=actor)


def confirm_objection(*, notice: Notice, challenge_id: UUID, code: str, visitor: Visitor, actor: Actor) -> None:
    """The person objects, and it is them: the code went to their own number. Raises CodeRefused, also for one of another number."""
    challenge = codes.check(challenge_id=challenge_id, code=code, purpose=CodePurpose.OBJECT, visitor=visitor, actor=actor)
    if codes.proved_phone(challenge=challenge, visitor=visitor, purpose=CodePurpose.OBJECT) != _phone_of(notice):
        raise codes.CodeRefused
    with transaction.atomic():
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.OBJECT)
        object_to(notice=notice, actor=actor)


def object_to(*, notice: Notice, actor: Actor) -> None:
    """The person objects: a case for service begins, and the buyer's contract is not touched before a human looked. Twice is once."""
    with transaction.atomic():
        lock(notice)
        if notice.state == NoticeState.OPEN:
            move(notice, NoticeState.OBJECTED, actor=actor, because="own_wish", subject=notice.subject)


def _notice(application: Application, one: Reachable) -> tuple[Notice, Letter | None]:
    token = secrets.token_urlsafe(24)
    notice = Notice(application=application, party=one.party, subject=one.subject, token_sha256=digest(token))
    notice.bind()
    if not one.phone:
        return notice, None
    values = {"product": str(queries.offer_of(application).name.in_language(application.language)), "link": _address(token)}
    letter = Letter(phone=one.phone, template=Template.IN_A_CONTRACT, values=values, language=application.language, subject=one.subject)
    notice.message = letter.id
    return notice, letter


def _phone_of(notice: Notice) -> str:
    return reveal_one(notice.party, "phone", purpose=NOTIFY, actor=TELLER, case=notice.application_id).phone


def _address(token: str) -> str:
    return f"{settings.PUBLIC_ADDRESS}/notices/{token}/"
