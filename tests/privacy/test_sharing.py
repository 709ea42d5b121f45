"""What leaves: a permit first, for a recipient the purpose names and the person agreed to, or nothing at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connections, transaction

from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.privacy import consents, erasing, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.files import Sheet
from besttrav.privacy.gate import Gone, NoConsent, NotDeclared, NotYours, Restricted, reveal
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import ConsentEvent, Sharing
from besttrav.privacy.purposes import NOTIFY, SERVE
from besttrav.privacy.sharing import NoSuchRecipient, Part, Recipient, share, shared_of
from tests.privacy.conftest import JOB, STRANGER, Booked
from tests.sample.models import INFORM

AIRLINE = Recipient("carrier", "blue_air", Consent.K05)
SHOWN = ShownText(version="2026-12", sha256="0" * 64)
FIELDS = ["name", "phone", "companion_name", "companion_birth"]
Book = Callable[..., Booked]


def part(booked: Booked, *fields: str) -> Part:
    return Part([booked.reloaded()], fields or FIELDS, INFORM)


def let_out(booked: Booked, *fields: str, to: Recipient = AIRLINE, actor: Actor = JOB) -> list[Any]:
    ((opened,),) = share([part(booked, *fields)], to=to, about=uuid4(), actor=actor)
    return [opened[name] for name in (fields or FIELDS)]


def agree(sheet: Sheet, *codes: Consent, name: str = AIRLINE.name) -> None:
    for code in codes:
        detail = name if code is Consent.K05 else ""
        consents.give(subject=sheet.subject_id, code=code, text=SHOWN, page="consents", way="tap", actor=JOB, detail=detail)


def withdraw(sheet: Sheet, code: Consent) -> None:
    detail = AIRLINE.name if code is Consent.K05 else ""
    consents.withdraw(subject=sheet.subject_id, code=code, page="privacy", way="tap", actor=JOB, detail=detail)


@pytest.fixture
def agreed(booked: Booked) -> Booked:
    for sheet in (booked.buyer, booked.companion):
        agree(sheet, Consent.K02, Consent.K05)
    return booked


def assert_nothing_was_written(booked: Booked) -> None:
    assert not Sharing.objects.exists()
    people = [booked.buyer.subject_id, booked.companion.subject_id]
    assert not Entry.objects.filter(action="privacy.shared", subject__in=people).exists()


def test_what_leaves_is_written_down_for_each_person_before_it_is_handed_out(agreed: Booked) -> None:
    assert let_out(agreed) == ["林月", "+8612900001718", "高晨", "2015-02-28"]
    (row,) = shared_of(agreed.buyer.subject_id)
    assert (row.recipient, row.recipient_name, row.purpose, row.basis) == ("carrier", "blue_air", "inform", "13-2")
    assert row.fields == ["sample.journey.name", "sample.journey.phone"]
    (companions,) = shared_of(agreed.companion.subject_id)
    assert companions.fields == ["sample.journey.companion_birth", "sample.journey.companion_name"]
    entries = Entry.objects.filter(action="privacy.shared", subject__in=[row.subject, companions.subject]).order_by("id")
    assert {entry.subject: entry.facts["fields"] for entry in entries} == {row.subject: row.fields for row in (row, companions)}
    assert shared_of(STRANGER.subject or uuid4()) == []


def test_an_empty_field_does_not_leave(book: Book) -> None:
    alone = book(phone=None, companion_name=None, companion_birth=None)
    agree(alone.buyer, Consent.K02, Consent.K05)
    agree(alone.companion, Consent.K02)  # Nothing of theirs would leave, so nobody asks whether this airline may have it.
    assert let_out(alone) == ["林月", "", "", ""]
    assert [row.fields for row in Sharing.objects.all()] == [["sample.journey.name"]]


def test_a_recipient_the_purpose_does_not_name_gets_nothing(agreed: Booked) -> None:
    with pytest.raises(NoSuchRecipient):
        let_out(agreed, to=Recipient("advertiser", "blue_air", Consent.K05))
    with pytest.raises(NoSuchRecipient):
        share([Part([agreed.reloaded()], ["name"], NOTIFY)], to=AIRLINE, about=uuid4(), actor=JOB)
    assert_nothing_was_written(agreed)


def test_a_consent_to_another_recipient_is_none_to_this_one(booked: Booked) -> None:
    agree(booked.buyer, Consent.K02, Consent.K05, name="red_air")
    with pytest.raises(NoConsent):
        let_out(booked, "name")
    assert_nothing_was_written(booked)


def test_whoever_acts_on_our_instructions_alone_needs_no_consent_by_name(booked: Booked) -> None:
    agree(booked.buyer, Consent.K02)
    assert let_out(booked, "name", to=Recipient("carrier", "text_messages")) == ["林月"]


@pytest.mark.parametrize("code", [Consent.K02, Consent.K05])
@pytest.mark.parametrize("whose", ["buyer", "companion"])
def test_one_person_who_has_withdrawn_stops_everybodys(agreed: Booked, code: Consent, whose: str) -> None:
    withdraw(getattr(agreed, whose), code)
    with pytest.raises(NoConsent):
        let_out(agreed)
    assert_nothing_was_written(agreed)


def test_a_stranger_and_a_clerk_let_nothing_out(agreed: Booked) -> None:
    for actor in (STRANGER, Actor.visitor(), Actor.staff(id=uuid4(), number="0417", roles=frozenset({"service"}))):
        with pytest.raises(NotYours):
            let_out(agreed, actor=actor)
    assert_nothing_was_written(agreed)


def test_a_field_that_was_not_collected_for_it_does_not_leave(agreed: Booked) -> None:
    with pytest.raises(NotDeclared):
        let_out(agreed, "illness")
    assert SERVE.recipients == frozenset()
    assert_nothing_was_written(agreed)


def test_a_person_who_is_erased_is_not_called_given_away(agreed: Booked) -> None:
    themselves = Actor.person(id=agreed.companion.subject_id, subject=agreed.companion.subject_id)
    erasing.erase(subject=agreed.companion.subject_id, actor=themselves, because="asked")
    with pytest.raises(Gone):
        let_out(agreed)
    erasing.finish_pending(older_than=timedelta(0))
    with pytest.raises(Gone):
        let_out(agreed)
    assert_nothing_was_written(agreed)


def test_a_person_whose_file_is_restricted_is_not_called_given_away(agreed: Booked) -> None:
    files.become(agreed.buyer.file_id, Keep.CONTRACT, clock.today())
    themselves = Actor.person(id=agreed.buyer.subject_id, subject=agreed.buyer.subject_id)
    erasing.erase(subject=agreed.buyer.subject_id, actor=themselves, because="asked")
    erasing.finish_pending(older_than=timedelta(0))
    with pytest.raises(Restricted):
        let_out(agreed)
    assert_nothing_was_written(agreed)


def test_of_several_parts_all_leave_or_none(agreed: Booked, book: Book) -> None:
    other = book(name="陶然")
    with pytest.raises(NoConsent):
        share([part(agreed), part(other)], to=AIRLINE, about=uuid4(), actor=JOB)
    assert_nothing_was_written(agreed)


def test_what_was_given_is_never_unsaid(agreed: Booked) -> None:
    let_out(agreed)
    for unsay in (lambda: Sharing.objects.update(recipient_name="nobody"), lambda: Sharing.objects.all().delete()):
        with pytest.raises(ProgrammingError, match="stays written"), transaction.atomic():
            unsay()
    assert Sharing.objects.count() == 2


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_permit_that_its_caller_could_take_back_is_none(agreed: Booked) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        let_out(agreed)
    assert_nothing_was_written(agreed)


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_withdrawal_under_way_is_waited_for_and_seen(agreed: Booked) -> None:
    """Begun before the permit and committed after it was asked for: nothing leaves on a permit taken after the withdrawal."""
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            withdraw(agreed.buyer, Consent.K05)
            asked = thread.submit(_closing(lambda: let_out(agreed)))
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.3)
        with pytest.raises(NoConsent):
            asked.result(timeout=10)
    assert_nothing_was_written(agreed)


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_withdrawal_during_a_permit_comes_after_it(agreed: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, withdrawals = reveal, []
    with ThreadPoolExecutor(1) as thread:

        def slowly(*asked: Any, **more: Any) -> Any:
            withdrawals.append(thread.submit(_closing(lambda: withdraw(agreed.buyer, Consent.K05))))
            with pytest.raises(TimeoutError):
                withdrawals[0].result(timeout=0.3)
            return opened(*asked, **more)

        monkeypatch.setattr("besttrav.privacy.sharing.reveal", slowly)
        let_out(agreed)
        withdrawals[0].result(timeout=10)
    (row,) = shared_of(agreed.buyer.subject_id)
    assert row.at < _withdrawn_at(agreed.buyer.subject_id)


def _withdrawn_at(subject: UUID) -> Any:
    return ConsentEvent.objects.get(subject=subject, result="withdrawn").at


def _closing(act: Callable[[], Any]) -> Callable[[], Any]:
    def played() -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    return played
