"""Telling insured people who are not the buyer: each once, by a link of their own that shows nothing of anybody else."""

from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings

from besttrav.contact.models import Message
from besttrav.journal.models import Entry
from besttrav.kernel.actors import Actor
from besttrav.people.operations.codes import CodeRefused
from besttrav.people.visitors import digest
from besttrav.policies.models import Party, Policy, PolicyState
from besttrav.policies.purposes import APPLY
from besttrav.privacy import erasing, files
from besttrav.privacy.gate import NotYours, reveal_one
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.sales.models import Notice, NoticeState, Order
from besttrav.sales.operations import finding, issuing, noticing
from tests import invented
from tests.sales.shop import Shop
from tests.world import browser

VISITOR = Actor.visitor()
SPOUSE = "+8612900001002"
LINK = f"{settings.PUBLIC_ADDRESS}/notices/"


def insured(shop: Shop, *more: str) -> Order:
    """A couple, and a child without a phone where `more` names one."""
    born = date(2015, 4, 9)
    child = replace(
        shop.spouse(),
        name="林小满",
        passport_name="LIN/XIAOMAN",
        relation="child",
        birth_date=born,
        identity_number=invented.id_number(born),
    )
    people = shop.people(shop.spouse(), *([replace(child, phone="")] if more else []))
    order = shop.ordered(people=people)
    shop.paid(order)
    shop.work()
    return order


def texts_with_link(shop: Shop) -> list[str]:
    return [text for text in shop.world.carrier.texts(SPOUSE) if LINK in text]


def token_in(text: str) -> str:
    return text.partition(LINK)[2].partition("/")[0]


def test_an_insured_person_with_a_phone_gets_a_link_of_their_own_once(shop: Shop) -> None:
    order = insured(shop)
    for _ in range(3):
        noticing.tell_others(application=order.application)
        issuing.tell(policy=Policy.objects.get())
    shop.work()
    (text,) = texts_with_link(shop)
    assert "苏晚晴" not in text
    assert "林知远" not in text
    notice = noticing.opened(token=token_in(text))
    assert notice
    assert notice.party.relation == "spouse"
    assert Notice.objects.get() == notice
    assert [entry.subject for entry in Entry.objects.filter(action="sales.notice_made", about_id=notice.id)] == [notice.subject]


def test_the_buyer_gets_no_notice_of_their_own_contract(shop: Shop) -> None:
    order = shop.ordered(people=shop.people())
    shop.paid(order)
    shop.work()
    assert not Notice.objects.exists()


def test_the_first_opening_is_written_down_and_a_wrong_link_leads_nowhere(shop: Shop) -> None:
    insured(shop)
    token = token_in(texts_with_link(shop)[0])
    first, second = noticing.opened(token=token), noticing.opened(token=token)
    assert first
    assert second
    assert first.opened_at == second.opened_at
    assert Entry.objects.filter(action="sales.notice_opened", about_id=first.id).count() == 1
    assert noticing.opened(token=token + "x") is None
    assert noticing.opened(token=digest(token)) is None
    assert noticing.opened(token="") is None


def test_the_link_is_kept_nowhere_but_sealed_in_the_message(shop: Shop) -> None:
    insured(shop)
    token = token_in(texts_with_link(shop)[0])
    notice = Notice.objects.get()
    assert token not in str(notice.__dict__)
    assert not any(token in str(entry.facts) for entry in Entry.objects.all())
    message = Message.objects.get(id=notice.message)
    assert files.subjects_of([message.recipient])[message.recipient] == notice.subject


def test_whoever_has_the_link_is_nobody_else(shop: Shop) -> None:
    """A link proves that a text was read; what it opens is the page's part. No actor comes with it, and the stranger stays one."""
    order = insured(shop)
    notice = Notice.objects.get()
    holder = Party.objects.get(contract=order.application.contract, is_holder=True)
    insured_person = Actor.person(id=notice.id, subject=notice.subject)
    assert reveal_one(notice.party, "name", purpose=OWN_ACCESS, actor=insured_person).name == "苏晚晴"
    for actor, row in ((insured_person, holder), (shop.world.stranger.actor, notice.party), (VISITOR, notice.party)):
        for purpose in (OWN_ACCESS, APPLY):
            with pytest.raises(NotYours):
                reveal_one(row, "name", purpose=purpose, actor=actor)


def test_for_somebody_without_a_phone_the_buyer_hands_a_link_on_and_the_last_one_counts(shop: Shop) -> None:
    insured(shop, "child")
    notice = Notice.objects.get(party__relation="child")
    assert notice.message is None
    first, second = (noticing.link_for_buyer(notice=notice, actor=VISITOR) for _ in range(2))
    assert noticing.opened(token=token_in(first)) is None
    found = noticing.opened(token=token_in(second))
    assert found == notice
    ways = Entry.objects.filter(action="sales.notice_made", about_id=notice.id).order_by("id")
    assert [entry.facts["way"] for entry in ways] == ["by_buyer"] * 3


def test_an_objection_is_a_case_and_touches_no_contract_before_a_human_looked(shop: Shop) -> None:
    insured(shop)
    notice = Notice.objects.get()
    for _ in range(2):
        noticing.object_to(notice=notice, actor=VISITOR)
    assert notice.state == NoticeState.OBJECTED
    (entry,) = Entry.objects.filter(action="sales.notice_moved", about_id=notice.id)
    assert (entry.subject, entry.facts["now"]) == (notice.subject, "objected")
    assert Policy.objects.get().state == PolicyState.STANDS


def test_only_a_code_of_the_persons_own_number_confirms_an_objection(shop: Shop) -> None:
    insured(shop)
    notice, visitor = Notice.objects.get(), browser()
    stranger = finding.request_code(phone="+8612900006666", visitor=visitor, actor=VISITOR)
    asked = noticing.request_code(notice=notice, visitor=visitor, actor=VISITOR)
    shop.work()
    own, strangers = shop.world.carrier.code(SPOUSE), shop.world.carrier.code("+8612900006666")
    for challenge, code, who in ((stranger, strangers, visitor), (asked, strangers, visitor), (asked, own, browser())):
        with pytest.raises(CodeRefused):
            noticing.confirm_objection(notice=notice, challenge_id=challenge.id, code=code, visitor=who, actor=VISITOR)
    notice.refresh_from_db()
    assert notice.state == NoticeState.OPEN
    noticing.confirm_objection(notice=notice, challenge_id=asked.id, code=own, visitor=visitor, actor=VISITOR)
    assert notice.state == NoticeState.OBJECTED


def test_one_person_who_was_forgotten_is_no_reason_to_tell_nobody(shop: Shop) -> None:
    born = date(1992, 2, 3)
    friend = replace(
        shop.spouse(),
        name="沈若水",
        passport_name="SHEN/RUOSHUI",
        relation="other",
        birth_date=born,
        identity_number=invented.id_number(born),
        phone="+8612900001004",
    )
    order = shop.ordered(people=shop.people(shop.spouse(), friend))
    gone = Party.objects.get(contract=order.application.contract, relation="other")
    subject = files.subjects_of([gone.person])[gone.person]
    erasing.erase(subject=subject, actor=Actor.person(id=subject, subject=subject), because="asked")
    noticing.tell_others(application=order.application)
    assert [notice.party.relation for notice in Notice.objects.all()] == ["spouse"]
