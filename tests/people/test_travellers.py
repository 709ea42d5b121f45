"""Saved travellers: kept because the holder asked for it, opened for nobody else, gone when they say so or no longer use them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from besttrav.contact.models import Message
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.identity import Sex
from besttrav.people import queries
from besttrav.people.limits import TRAVELLERS
from besttrav.people.models import SavedTraveller
from besttrav.people.operations import accounts, travellers
from besttrav.people.operations.travellers import Document, GuardianMissing, TooManyTravellers, Traveller
from besttrav.people.policy import shown_policy
from besttrav.people.purposes import PREFILL
from besttrav.people.tasks import drop_forgotten_travellers
from besttrav.policies.models import Party
from besttrav.privacy import consents, erasing, gate, rights
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.files import subjects_of
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import ConsentEvent, ErasureItem
from besttrav.privacy.purposes import OWN_ACCESS, SERVE
from besttrav.privacy.vault.models import Sheet, SheetKey, SheetState
from tests import invented
from tests.conftest import StoppedClock
from tests.world import Customer, World

SPOUSE = Traveller(
    name="苏晚晴",
    documents=(Document(kind="id_card", number=invented.id_number(date(1988, 3, 8), Sex.FEMALE, 1)),),
    birth_date=date(1988, 3, 8),
    relation="spouse",
    passport_name="SU/WANQING",
    sex="female",
    phone="+8612900002001",
    email="su@example.org",
)
HERSELF = replace(SPOUSE, name="林知远", documents=(Document(kind="passport", number=invented.passport(7)),), relation="self")


def child() -> Traveller:
    born = clock.today() - timedelta(days=9 * 365)
    return replace(
        SPOUSE, name="林小满", documents=(Document(kind="passport", number=invented.passport(8)),), birth_date=born, relation="child"
    )


def keep(who: Customer, *people: Traveller, has_guardian: bool = False) -> list[SavedTraveller]:
    return travellers.keep(
        account=who.account,
        people=people,
        has_guardian=has_guardian,
        agreed_to=shown_policy("zh-hans"),
        page="travellers",
        actor=who.actor,
    )


def change(who: Customer, row: SavedTraveller, told: Traveller, *, has_guardian: bool = False) -> None:
    travellers.change(
        traveller=row,
        told=told,
        has_guardian=has_guardian,
        agreed_to=shown_policy("zh-hans"),
        page="travellers",
        actor=who.actor,
    )


def listed(who: Customer) -> list[Traveller]:
    return travellers.read(list(queries.travellers_of(who.account)), actor=who.actor)


def test_a_saved_traveller_is_a_subject_of_their_own_in_a_file_the_holder_keeps(world: World) -> None:
    spouse = world.spouse  # has an account with a number of her own
    (row,) = keep(world.buyer, replace(SPOUSE, phone=spouse.phone))

    sheet = Sheet.objects.select_related("file").get(pk=row.person)
    assert sheet.keeper == world.buyer.account.subject
    assert sheet.subject_id not in {world.buyer.account.subject, spouse.account.subject}
    assert Keep(sheet.file.keep) is Keep.TRAVELLER
    assert Sheet.objects.filter(file=sheet.file).count() == 1
    assert not [one for one in rights.held_about(spouse.account.subject, actor=spouse.actor) if one.model is SavedTraveller]
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_savedtraveller::text FROM people_savedtraveller")
        stored = str(cursor.fetchall())
    for text in (SPOUSE.name, SPOUSE.documents[0].number, SPOUSE.email):
        assert text not in stored
        assert text.encode().hex() not in stored


def test_the_holder_reads_what_they_saved_and_nobody_else_does(world: World) -> None:
    keep(world.buyer, SPOUSE)
    assert listed(world.buyer) == [SPOUSE]

    row = SavedTraveller.objects.get()
    for nosy in (world.stranger.actor, world.service_agent.actor, world.administrator.actor, Actor.job("people.travellers")):
        with pytest.raises(gate.NotYours):
            gate.reveal_one(row, "name", purpose=PREFILL, actor=nosy)
    with pytest.raises(gate.NotYours):
        gate.reveal_one(row, "name", purpose=OWN_ACCESS, actor=world.stranger.actor)
    with pytest.raises(gate.NotDeclared):
        gate.reveal_one(row, "name", purpose=SERVE, actor=world.service_agent.actor)
    assert travellers.pick(account=world.stranger.account, ids=[row.pk], actor=world.stranger.actor) == []


def test_what_the_record_says_about_the_keeper_is_not_believed(world: World) -> None:
    """Somebody who can write to the record gives the row to an account of theirs; whose it is says the vault."""
    (row,) = keep(world.buyer, SPOUSE)
    SavedTraveller.objects.update(account=world.stranger.account)

    with pytest.raises(gate.NotYours):
        travellers.pick(account=world.stranger.account, ids=[row.pk], actor=world.stranger.actor)


def test_consent_is_declared_for_others_and_given_for_oneself(world: World) -> None:
    rows = keep(world.buyer, SPOUSE, HERSELF, child(), has_guardian=True)

    subjects = subjects_of(row.person for row in rows)
    events = {
        (subjects[row.person], event.code): event for row in rows for event in ConsentEvent.objects.filter(subject=subjects[row.person])
    }
    assert [events[subjects[row.person], "K02"].way for row in rows] == ["declared", "tap", "declared"]
    assert [subject for subject, code in events if code == "K14"] == [subjects[rows[2].person]]
    assert events[subjects[rows[0].person], "K02"].text_version == shown_policy("zh-hans").version


def test_without_the_consent_nothing_is_filled_in(world: World) -> None:
    (row,) = keep(world.buyer, SPOUSE)
    (subject,) = subjects_of([row.person]).values()
    consents.withdraw(subject=subject, code=Consent.K02, page="travellers", way="tap", actor=world.buyer.actor)

    with pytest.raises(gate.NoConsent):
        travellers.pick(account=world.buyer.account, ids=[row.pk], actor=world.buyer.actor)


def test_a_child_is_saved_only_where_the_guardian_agrees(world: World) -> None:
    with pytest.raises(GuardianMissing):
        keep(world.buyer, SPOUSE, child())
    assert not SavedTraveller.objects.exists()

    (row,) = keep(world.buyer, SPOUSE)
    mistyped = replace(child(), documents=SPOUSE.documents)
    with pytest.raises(GuardianMissing):
        change(world.buyer, row, mistyped)
    change(world.buyer, row, mistyped, has_guardian=True)
    change(world.buyer, row, mistyped)
    assert listed(world.buyer) == [mistyped]


def test_whoever_is_known_is_brought_up_to_date_and_keeps_the_other_document(world: World) -> None:
    keep(world.buyer, SPOUSE)
    abroad = replace(SPOUSE, documents=(Document(kind="passport", number=invented.passport(3)),), phone="", email="", relation="")
    keep(world.buyer, abroad)

    (now,) = listed(world.buyer)
    assert now == replace(SPOUSE, documents=(*abroad.documents, *SPOUSE.documents))
    keep(world.buyer, replace(now, name="苏晚晴清", documents=SPOUSE.documents))
    assert [one.name for one in listed(world.buyer)] == ["苏晚晴清"], "the same document is the same person"


def test_of_two_who_look_like_one_in_the_list_each_is_kept(world: World) -> None:
    keep(world.buyer, SPOUSE)
    renamed = replace(SPOUSE, name="苏晚", birth_date=date(1980, 1, 1))
    namesake = replace(SPOUSE, documents=(Document(kind="passport", number=invented.passport(55)),))
    rows = keep(world.buyer, namesake, renamed, namesake)
    assert len({row.pk for row in rows}) == 2
    assert {one.name for one in listed(world.buyer)} == {"苏晚晴", "苏晚"}


def test_nobody_becomes_another_person_who_never_agreed(world: World) -> None:
    adult, kid = keep(world.buyer, SPOUSE, child(), has_guardian=True)
    stranger = replace(SPOUSE, name="王知秋", documents=(Document(kind="passport", number=invented.passport(99)),))
    other_child = replace(child(), name="王小满", documents=(Document(kind="passport", number=invented.passport(98)),))
    for row, told in ((adult, stranger), (kid, other_child)):
        with pytest.raises(travellers.AnotherPerson):
            change(world.buyer, row, told, has_guardian=True)
    change(world.buyer, adult, replace(SPOUSE, name="苏晚", birth_date=date(1988, 3, 9)))
    assert {one.name for one in listed(world.buyer)} == {"苏晚", "林小满"}


def test_a_list_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travellers, "TRAVELLERS", replace(TRAVELLERS, most=2))
    with pytest.raises(TooManyTravellers):
        keep(world.buyer, SPOUSE, HERSELF, child(), has_guardian=True)
    assert not SavedTraveller.objects.exists()
    keep(world.buyer, SPOUSE, HERSELF)
    keep(world.buyer, SPOUSE)


def test_picking_is_one_opening_for_each_person_whatever_is_opened(world: World, django_assert_num_queries: Any) -> None:
    rows = keep(world.buyer, SPOUSE, HERSELF)
    before = len(rights.who_opened(world.buyer.account.subject))
    with django_assert_num_queries(6, connection=connection), django_assert_num_queries(3, connection=connections["vault"]):
        picked = travellers.pick(account=world.buyer.account, ids=[row.pk for row in rows], actor=world.buyer.actor)

    assert picked == [SPOUSE, HERSELF]
    looks = rights.who_opened(world.buyer.account.subject)[: len(rows)]
    assert len(rights.who_opened(world.buyer.account.subject)) == before + 2
    assert {look.facts["purpose"] for look in looks} == {"prefill"}
    assert {look.actor_id for look in looks} == {world.buyer.account.id}


def test_the_holders_copy_and_page_hold_them_and_nobody_elses(world: World) -> None:
    keep(world.buyer, SPOUSE)
    me = world.buyer
    package = rights.access_package(me.account.subject, actor=me.actor)
    (entry,) = [one for one in package["records"] if one["record"] == "people.savedtraveller"]
    assert {value["value"] for value in entry["values"]} >= {SPOUSE.name, SPOUSE.documents[0].number, SPOUSE.phone}
    assert entry["kept_as"] == "RC-26"
    assert entry["kept_until"] == SavedTraveller.objects.get().ends_on.isoformat()

    (card,) = [one for one in rights.held_about(me.account.subject, actor=me.actor) if one.model is SavedTraveller and one.count]
    assert {value.mask for value in card.records[0].values} >= {"苏**", "129****2001"}
    theirs = rights.access_package(world.stranger.account.subject, actor=world.stranger.actor)
    assert "people.savedtraveller" not in {one["record"] for one in theirs["records"]}


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_removing_one_destroys_the_key_of_that_one_only(world: World) -> None:
    one, other = keep(world.buyer, SPOUSE, HERSELF)
    travellers.remove(traveller=one, actor=world.buyer.actor)

    assert listed(world.buyer) == [HERSELF]
    assert not SheetKey.objects.filter(sheet=one.person).exists()
    assert SheetKey.objects.filter(sheet=other.person).exists()
    assert [item.outcome for item in ErasureItem.objects.all()] == [erasing.ERASE]
    assert not SavedTraveller.objects.filter(pk=one.pk).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_closing_the_account_erases_them_and_the_plan_and_the_certificate_say_so(world: World) -> None:
    rows = keep(world.buyer, SPOUSE, HERSELF)
    me = world.buyer
    planned = [item for item in erasing.plan(me.account.subject) if item.keep is Keep.TRAVELLER]
    assert {(item.sheet, item.outcome) for item in planned} == {(row.person, erasing.ERASE) for row in rows}

    accounts.close(account=me.account, session=me.session, visitor=me.visitor, actor=me.actor)

    assert {item.sheet for item in ErasureItem.objects.filter(keep="TRAVELLER", outcome=erasing.ERASE)} == {row.person for row in rows}
    assert set(Sheet.objects.filter(pk__in=[row.person for row in rows]).values_list("state", flat=True)) == {SheetState.SHREDDED}


def test_whoever_is_not_used_is_erased_after_a_notice_and_not_before(
    world: World, drain: Callable[[], int], stopped_clock: StoppedClock
) -> None:
    (row,) = keep(world.buyer, SPOUSE)
    ends_on = Keep.TRAVELLER.ends_on(clock.today())
    assert row.ends_on == ends_on
    life = (ends_on - clock.today()).days

    stopped_clock.advance(timedelta(days=life - TRAVELLERS.notice_days - 1))
    assert travellers.tell_of_ending() == 0
    stopped_clock.advance(timedelta(days=1))
    assert travellers.tell_of_ending() == 1
    assert travellers.tell_of_ending() == 0, "once for each period"
    message = Message.objects.get(template="TRAVELLERS_ENDING")
    assert ends_on.isoformat() in gate.reveal_one(message, "text", purpose=OWN_ACCESS, actor=world.buyer.actor).text

    stopped_clock.advance(timedelta(days=TRAVELLERS.notice_days - 1))
    _sweep(drain)
    assert listed(world.buyer) == [SPOUSE]
    stopped_clock.advance(timedelta(days=1))
    _sweep(drain)
    assert listed(world.buyer) == []
    assert not SheetKey.objects.filter(sheet=row.person).exists()
    drop_forgotten_travellers(timestamp=0)
    assert not SavedTraveller.objects.exists()


def test_using_or_renewing_them_begins_the_period_anew(world: World, stopped_clock: StoppedClock) -> None:
    (row,), stranger = keep(world.buyer, SPOUSE), world.stranger
    stopped_clock.advance(timedelta(days=530))
    assert travellers.tell_of_ending() == 1
    travellers.pick(account=world.buyer.account, ids=[row.pk], actor=world.buyer.actor)
    row.refresh_from_db()
    assert row.ends_on == Keep.TRAVELLER.ends_on(clock.today())
    assert row.told_at is None

    stopped_clock.advance(timedelta(days=400))
    assert travellers.renew(account=world.buyer.account, actor=world.buyer.actor) == 1
    row.refresh_from_db()
    assert row.ends_on == Keep.TRAVELLER.ends_on(clock.today())
    assert travellers.renew(account=stranger.account, actor=stranger.actor) == 0


def test_saving_somebody_writes_nobody_into_a_contract(world: World) -> None:
    keep(world.buyer, SPOUSE)
    assert not Party.objects.exists()
    assert "苏" not in repr(SPOUSE) + repr(SPOUSE.documents[0])


def _sweep(drain: Callable[[], int]) -> None:
    while erasing.sweep():
        pass
    drain()
