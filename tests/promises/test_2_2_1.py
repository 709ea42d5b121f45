"""2.2.1: the log of visits is sealed for each person, holds nothing typed, shows itself to them, and ends."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client

from besttrav.kernel import clock
from besttrav.people.cookies import CUSTOMER_COOKIE
from besttrav.privacy import erasing, gate
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import AccessEntry, LogSheet
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.privacy.vault.models import Sheet, SheetKey, SheetState
from tests.conftest import StoppedClock
from tests.world import Customer, World

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
