"""Messages: an intention on disk before the first byte leaves, one delivery, and no guessing about what nobody knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from besttrav.contact import operations
from besttrav.contact.models import Message, MessageState
from besttrav.contact.templates import Template
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.ids import new_id
from besttrav.privacy import erasing, files
from besttrav.privacy.gate import NotDeclared, reveal_one
from besttrav.privacy.purposes import ANSWER_RIGHTS
from tests.carrier import CarrierSimulator
from tests.conftest import StoppedClock
from tests.world import restore_a_backup

PHONE = "+8612900003131"
NOTICE = {"moment": "2026-11-22 10:00", "hotline": "400-000-0000"}
CODE = {"code": "012345", "action": "登录", "minutes": "5", "domain": "localhost"}


Drain = Callable[[], int]


def prepared(template: Template = Template.NEW_DEVICE, **more: object) -> Message:
    values = CODE if template is Template.CODE else NOTICE
    return operations.prepare(
        phone=PHONE,
        template=template,
        values=values,
        language="zh-hans",
        actor=Actor.job("tests"),
        **more,  # type: ignore[arg-type]  # handed through
    )


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def test_nothing_leaves_before_the_job_runs(carrier: CarrierSimulator) -> None:
    message = prepared()

    assert carrier.texts(PHONE) == []
    assert message.state == MessageState.PREPARED


def test_the_job_delivers_once_even_when_it_runs_twice(carrier: CarrierSimulator, drain: Drain) -> None:
    message = prepared()
    drain()
    message.refresh_from_db()
    operations.send(message=message)

    assert state_of(message) == MessageState.SENT
    assert message.reference
    assert len(carrier.texts(PHONE)) == 1


def test_a_notice_that_was_lost_is_asked_about_and_then_sent_again(
    carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock
) -> None:
    carrier.misbehave({"fault": "drop_before", "action": "SendSms"})
    message = prepared()
    drain()
    assert state_of(message) == MessageState.UNKNOWN

    stopped_clock.advance(timedelta(minutes=1))
    operations.recover()
    assert state_of(message) == MessageState.UNKNOWN  # the carrier's books lag: too early to say it never arrived

    stopped_clock.advance(timedelta(minutes=10))
    operations.recover()
    drain()
    assert state_of(message) == MessageState.SENT
    assert len(carrier.texts(PHONE)) == 1


def test_a_notice_that_did_arrive_is_not_sent_again(carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock) -> None:
    carrier.misbehave({"fault": "drop_after", "action": "SendSms"})
    message = prepared()
    drain()
    stopped_clock.advance(timedelta(minutes=11))
    operations.recover()

    assert state_of(message) == MessageState.SENT
    assert len(carrier.texts(PHONE)) == 1


def test_a_message_whose_job_gave_up_is_taken_up_by_the_clock(carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock) -> None:
    message = prepared()
    operations.recover()
    assert state_of(message) == MessageState.PREPARED

    stopped_clock.advance(operations.FORGOTTEN_AFTER + timedelta(seconds=1))
    operations.recover()
    drain()
    assert state_of(message) == MessageState.SENT
    assert len(carrier.texts(PHONE)) == 1


def test_a_code_is_never_sent_twice(carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock) -> None:
    carrier.misbehave({"fault": "drop_before", "action": "SendSms"})
    message = prepared(Template.CODE)
    drain()
    stopped_clock.advance(timedelta(minutes=11))
    operations.recover()
    drain()

    assert state_of(message) == MessageState.LOST
    assert carrier.texts(PHONE) == []


def test_a_code_that_would_come_too_late_is_not_sent(carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock) -> None:
    message = prepared(Template.CODE, useless_after=clock.now() + timedelta(minutes=5))
    stopped_clock.advance(timedelta(minutes=6))
    drain()

    assert state_of(message) == MessageState.LOST
    assert carrier.texts(PHONE) == []


def test_a_message_to_an_erased_person_is_not_sent(carrier: CarrierSimulator, drain: Drain) -> None:
    message = prepared()
    sheet = files.sheet_of(message.recipient)
    assert sheet is not None
    erasing.erase(subject=sheet.subject_id, actor=Actor.job("tests"), because="own_wish")
    operations.send(message=message)

    assert state_of(message) == MessageState.LOST
    assert carrier.texts(PHONE) == []


def test_number_and_text_stand_nowhere_in_the_clear(carrier: CarrierSimulator) -> None:
    message = prepared(Template.CODE)
    row = str(Message.objects.values().get(id=message.id))

    assert "012345" not in row
    assert "3131" not in row


def test_a_code_stands_in_nothing_that_a_duty_could_open(carrier: CarrierSimulator) -> None:
    message = prepared(Template.CODE)
    officer = Actor.staff(id=new_id(), number="S1003", roles=frozenset({"privacy"}))

    assert CODE["code"] not in reveal_one(message, "text", purpose=ANSWER_RIGHTS, actor=officer).text
    with pytest.raises(NotDeclared):
        reveal_one(message, "values", purpose=ANSWER_RIGHTS, actor=officer)


def test_after_a_restore_a_code_that_may_have_been_sent_is_given_up(carrier: CarrierSimulator, drain: Drain) -> None:
    message = prepared(Template.CODE)
    restore_a_backup()
    drain()

    assert state_of(message) == MessageState.LOST
    assert carrier.texts(PHONE) == []


def test_after_a_restore_a_notice_the_carrier_has_is_not_sent_again(
    carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock
) -> None:
    message = prepared()
    operations.send(message=message)
    Message.objects.filter(id=message.id).update(state=MessageState.PREPARED, tries=0, handed_over_at=None, reference="")  # the backup
    restore_a_backup()
    drain()
    stopped_clock.advance(timedelta(minutes=1))
    operations.recover()
    drain()

    assert state_of(message) == MessageState.SENT
    assert len(carrier.texts(PHONE)) == 1


def test_after_a_restore_a_notice_that_never_left_is_sent_once_the_carrier_says_so(
    carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock
) -> None:
    message = prepared()
    restore_a_backup()
    drain()
    assert state_of(message) == MessageState.UNKNOWN
    assert carrier.texts(PHONE) == []

    stopped_clock.advance(timedelta(minutes=11))
    operations.recover()
    drain()
    assert state_of(message) == MessageState.SENT
    assert len(carrier.texts(PHONE)) == 1


def test_after_a_restore_new_messages_leave_as_ever(carrier: CarrierSimulator, drain: Drain, stopped_clock: StoppedClock) -> None:
    restore_a_backup()
    stopped_clock.advance(timedelta(seconds=1))
    message = prepared()
    drain()

    assert state_of(message) == MessageState.SENT
