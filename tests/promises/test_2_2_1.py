"""2.2.1: the log of visits is sealed for each person, holds nothing typed, shows itself to them, and ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from besttrav.contact.models import Message
from besttrav.contact.templates import Template
from besttrav.kernel import clock
from besttrav.people.cookies import CUSTOMER_COOKIE, DEVICE_COOKIE
from besttrav.people.models import Account, Session
from besttrav.people.queries import living_session, recognised
from besttrav.people.visitors import digest
from besttrav.privacy import consents, erasing, gate
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import AccessEntry, LogSheet
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.privacy.vault.models import Sheet, SheetKey, SheetState
from tests.conftest import StoppedClock
from tests.world import BUYER, Customer, World, browser

NETWORK = "198.51.100.23"
TYPED = ("typed-into-the-address", "12900008888")
Browser = Callable[[Customer], Client]


def visit(client: Client, path: str) -> None:
    client.get(path, REMOTE_ADDR=NETWORK)


def entries_of(customer: Customer) -> list[AccessEntry]:
    sheets = LogSheet.objects.filter(subject=customer.account.subject).values_list("sheet", flat=True)
    return list(AccessEntry.objects.filter(visitor__in=list(sheets)).order_by("id"))


def test_nothing_that_was_typed_is_in_the_log(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    visit(client, f"/my/profile/?q={TYPED[0]}")
    client.post("/my/profile/phone/", {"phone": TYPED[1]}, REMOTE_ADDR=NETWORK)

    fields = ["page", "address", "browser", "language"]
    opened = gate.reveal(entries_of(world.buyer), fields, purpose=OWN_ACCESS, actor=world.buyer.actor)
    assert [entry.page for entry in opened] == ["/my/profile/", "/my/profile/phone/"]
    assert [text for text in TYPED for entry in opened for field in fields if text in entry[field]] == []


def test_the_log_is_sealed_under_a_sheet_of_the_persons_own(world: World, browser_of: Browser) -> None:
    visit(browser_of(world.buyer), "/my/profile/")
    visit(browser_of(world.stranger), "/my/profile/")

    (mine,), (theirs,) = entries_of(world.buyer), entries_of(world.stranger)
    assert mine.visitor != theirs.visitor
    with connection.cursor() as cursor:
        cursor.execute("SELECT privacy_accessentry::text FROM privacy_accessentry")
        rows = str(cursor.fetchall())
    assert str(mine.visitor) in rows
    assert NETWORK not in rows
    assert NETWORK.encode().hex() not in rows


def test_the_person_sees_their_log_and_nobody_elses(world: World, browser_of: Browser) -> None:
    visit(browser_of(world.stranger), "/my/sessions/")
    client = browser_of(world.buyer)
    visit(client, "/my/profile/")

    page = client.post("/my/privacy/values/privacy.accessentry/").content.decode()
    for shown in (NETWORK, "/my/profile/", "Firefox/140 on a test"):
        assert shown in page
    copy = client.post("/my/privacy/copy/").content.decode()
    assert '"/my/profile/"' in copy
    assert '"/my/sessions/"' not in copy


def test_the_log_ends_with_its_period_and_not_before(
    world: World, browser_of: Browser, drain: Callable[[], int], stopped_clock: StoppedClock
) -> None:
    visit(browser_of(world.buyer), "/my/profile/")
    (entry,) = entries_of(world.buyer)
    opened_on = clock.today()
    ends_on = Keep.LOG.ends_on(opened_on)
    assert ends_on - opened_on >= timedelta(days=184)

    stopped_clock.advance(timedelta(days=(ends_on - opened_on).days - 1))
    _sweep(drain)
    assert gate.reveal_one(entry, "address", purpose=OWN_ACCESS, actor=world.buyer.actor).address == NETWORK

    stopped_clock.advance(timedelta(days=1))
    _sweep(drain)
    assert Sheet.objects.get(pk=entry.visitor).state == SheetState.SHREDDED
    assert not SheetKey.objects.filter(sheet=entry.visitor).exists()
    assert AccessEntry.objects.get(pk=entry.pk).address is None


def test_a_stranger_without_an_account_has_no_log_of_their_own(client: Client) -> None:
    visit(client, "/contact/")

    assert CUSTOMER_COOKIE not in client.cookies
    assert list(LogSheet.objects.values_list("subject", flat=True)) == [None]


def _sweep(drain: Callable[[], int]) -> None:
    while erasing.sweep():
        pass
    drain()


def test_no_browser_is_marked_before_its_owner_agrees(world: World, client: Client) -> None:
    _sign_in(world, client)

    assert CUSTOMER_COOKIE in client.cookies
    assert DEVICE_COOKIE not in client.cookies or not client.cookies[DEVICE_COOKIE].value
    assert set(Session.objects.values_list("device_sha256", flat=True)) == {""}
    assert not consents.is_given(Account.objects.get().subject, Consent.K12)


def test_whoever_agrees_is_recognised_sees_the_mark_and_is_warned_of_others_only(
    world: World, client: Client, stopped_clock: StoppedClock
) -> None:
    _sign_in(world, client)
    client.post("/my/sessions/mark/")
    mark = client.cookies[DEVICE_COOKIE].value
    session = Session.objects.get()
    assert session.device_sha256 == digest(mark)
    assert consents.is_given(Account.objects.get().subject, Consent.K12)
    assert session.device_sha256[:8] in client.get("/my/sessions/").content.decode()

    told = _told(world)
    _sign_in_again(world, client, stopped_clock)
    assert _told(world) == told
    assert client.cookies[DEVICE_COOKIE].value == mark
    _sign_in_again(world, Client(), stopped_clock)
    assert _told(world) == told + 1


def test_the_mark_can_be_replaced_and_the_old_one_is_forgotten(world: World, client: Client, stopped_clock: StoppedClock) -> None:
    _sign_in(world, client)
    client.post("/my/sessions/mark/")
    old = client.cookies[DEVICE_COOKIE].value
    _sign_in_again(world, client, stopped_clock)
    assert Session.objects.filter(device_sha256=digest(old)).count() == 2
    client.post("/my/sessions/mark/")
    new = client.cookies[DEVICE_COOKIE].value

    assert new != old
    assert recognised(browser(device=old)) == []
    assert recognised(browser(device=new)) == [Account.objects.get()]


@pytest.mark.parametrize("address", ["/my/sessions/mark/ending/", "/my/privacy/consents/K12/withdrawal/"])
def test_taking_the_consent_back_forgets_every_mark(world: World, client: Client, drain: Callable[[], int], address: str) -> None:
    _sign_in(world, client)
    client.post("/my/sessions/mark/")
    mark = client.cookies[DEVICE_COOKIE].value
    client.post(address)

    assert client.cookies[DEVICE_COOKIE].value == ""
    assert recognised(browser(device=mark)) == []
    drain()
    assert set(Session.objects.values_list("device_sha256", flat=True)) == {""}
    assert living_session(client.cookies[CUSTOMER_COOKIE].value, of_staff=False, now=clock.now())


def test_a_strangers_mark_written_into_the_record_recognises_nobody(world: World) -> None:
    world.recognise(world.buyer)
    Session.objects.filter(account=world.buyer.account).update(device_sha256=digest("a mark of the stranger's own"))

    assert recognised(browser(device="a mark of the stranger's own")) == []


def _sign_in(world: World, client: Client) -> None:
    code_page = client.post("/sign-in/", {"phone": BUYER})["Location"]
    world.deliver()
    answer = client.post(code_page, {"code": world.carrier.code(BUYER)})
    if answer["Location"].endswith("/account/"):
        client.post(answer["Location"], {"agrees": "on"})


def _sign_in_again(world: World, client: Client, stopped_clock: StoppedClock) -> None:
    stopped_clock.advance(timedelta(minutes=10))
    world.carrier.set_clock(int((clock.now() - _began(world)).total_seconds()))
    client.post("/sign-out/")
    _sign_in(world, client)


def _began(world: World) -> datetime:
    began: datetime = Account.objects.earliest("created_at").created_at
    return began


def _told(world: World) -> int:
    world.deliver()
    return len(Message.objects.filter(template=Template.NEW_DEVICE.name))
