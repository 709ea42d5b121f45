"""Consent is a ledger: what holds is derived, every answer stays, and withdrawing is as easy as giving."""

from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction

from besttrav.journal.queries import about_subject
from besttrav.kernel.actors import Actor
from besttrav.privacy import consents
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import ShownText
from besttrav.privacy.models import ConsentEvent

SHOWN = ShownText(version="2026-12", sha256="ab" * 32, language="zh-hans")
LIN = uuid4()
ACTOR = Actor.person(id=uuid4(), subject=LIN)


def give(code: Consent = Consent.K10, detail: str = "") -> None:
    consents.give(subject=LIN, code=code, text=SHOWN, page="settings", way="tap", actor=ACTOR, detail=detail)


def withdraw(code: Consent = Consent.K10, detail: str = "") -> None:
    consents.withdraw(subject=LIN, code=code, page="settings", way="tap", actor=ACTOR, detail=detail)


def test_the_last_answer_holds_and_every_answer_stays() -> None:
    assert not consents.is_given(LIN, Consent.K10)
    for answer, holds in ((give, True), (withdraw, False), (give, True)):
        answer()
        assert consents.is_given(LIN, Consent.K10) is holds
    consents.refuse(subject=LIN, code=Consent.K10, text=SHOWN, page="settings", way="tap", actor=ACTOR)
    assert not consents.is_given(LIN, Consent.K10)
    assert list(ConsentEvent.objects.filter(subject=LIN).order_by("id").values_list("result", flat=True)) == [
        "given",
        "withdrawn",
        "given",
        "refused",
    ]


def test_each_channel_of_offers_is_answered_for_itself() -> None:
    give(detail="sms")
    assert consents.is_given(LIN, Consent.K10, "sms")
    assert not consents.is_given(LIN, Consent.K10, "email")
    withdraw(detail="email")
    assert consents.is_given(LIN, Consent.K10, "sms")
    with pytest.raises(ValueError, match="has the channels"):
        give(detail="pigeon")


def test_one_persons_answer_is_nobody_elses() -> None:
    give(Consent.K03)
    assert consents.given([LIN, uuid4()], [Consent.K03, Consent.K08]) == {(LIN, Consent.K03)}


def test_the_evidence_says_what_was_shown_where_and_how() -> None:
    give(Consent.K01)
    event = ConsentEvent.objects.get(subject=LIN)
    assert (event.text_version, event.text_sha256, event.language, event.page, event.way) == (
        "2026-12",
        "ab" * 32,
        "zh-hans",
        "settings",
        "tap",
    )
    assert event.actor_id == ACTOR.id


def test_an_answer_cannot_be_changed_afterwards() -> None:
    give()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        ConsentEvent.objects.filter(subject=LIN).update(result="withdrawn")


def test_no_withdrawal_can_be_taken_out_of_the_ledger() -> None:
    give()
    withdraw()
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        ConsentEvent.objects.filter(subject=LIN, result="withdrawn").delete()

    assert not consents.is_given(LIN, Consent.K10)


def test_the_journal_tells_of_each_answer() -> None:
    give()
    withdraw()
    assert [entry.action for entry in about_subject([LIN])] == ["privacy.consent_withdrawn", "privacy.consent_given"]


def test_the_sixteen_codes_each_say_what_refusing_means() -> None:
    assert [code.name for code in Consent] == [f"K{number:02}" for number in range(1, 17)]
    assert all(str(code.label) and str(code.effect_of_refusing) for code in Consent)
    assert {code.name for code in Consent if code.value.separate} == {
        "K02",
        "K03",
        "K04",
        "K05",
        "K06",
        "K07",
        "K08",
        "K09",
        "K13",
        "K14",
        "K16",
    }
