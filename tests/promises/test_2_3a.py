"""2.3a: search words of a signed-in person are theirs alone, kept for a short time, seen and cleared by them; of visitors none is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from besttrav.kernel import clock
from besttrav.people import queries
from besttrav.people.models import SearchedWords
from besttrav.people.operations import searching
from besttrav.people.purposes import SEARCH
from besttrav.people.tasks import drop_forgotten_searches
from besttrav.privacy import erasing, gate
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import Erasure, ErasureItem
from besttrav.privacy.vault.models import Sheet, SheetKey, SheetState
from tests.conftest import StoppedClock
from tests.world import Colleague, Customer, World

WORDS = "冰岛环岛自驾"
Browser = Callable[[Customer | Colleague], Client]


def words_of(customer: Customer) -> list[str]:
    return [words for _at, words in queries.searches_of(customer.account, actor=customer.actor)]


def test_words_are_sealed_under_a_sheet_of_the_persons_own_that_ends(world: World) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)

    row = SearchedWords.objects.get()
    sheet = Sheet.objects.select_related("file").get(pk=row.searcher)
    assert sheet.subject_id == world.buyer.account.subject
    assert Keep(sheet.file.keep) is Keep.SEARCH
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_searchedwords::text FROM people_searchedwords")
        stored = str(cursor.fetchall())
    assert WORDS not in stored
    assert WORDS.encode().hex() not in stored


def test_words_are_gone_after_ninety_days_and_not_before(world: World, drain: Callable[[], int], stopped_clock: StoppedClock) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    row = SearchedWords.objects.get()
    days = (Keep.SEARCH.ends_on(clock.today()) - clock.today()).days
    assert days <= 90

    stopped_clock.advance(timedelta(days=days - 1))
    _sweep(drain)
    assert words_of(world.buyer) == [WORDS]

    stopped_clock.advance(timedelta(days=1))
    _sweep(drain)
    assert not SheetKey.objects.filter(sheet=row.searcher).exists()
    assert words_of(world.buyer) == []
    drop_forgotten_searches(timestamp=0)
    assert not SearchedWords.objects.exists()


def test_a_later_search_never_lengthens_the_life_of_an_earlier_one(
    world: World, drain: Callable[[], int], stopped_clock: StoppedClock
) -> None:
    account = world.buyer.account
    first_day = (clock.now() + timedelta(days=31)).replace(day=1, hour=4)
    stopped_clock.move_to(first_day)
    searching.remember(account=account, words=WORDS)
    stopped_clock.move_to(first_day + timedelta(days=20))
    searching.remember(account=account, words="格陵兰")

    stopped_clock.move_to(first_day + timedelta(days=90))
    _sweep(drain)
    assert words_of(world.buyer) == []


def test_each_month_has_a_sheet_of_its_own(world: World, stopped_clock: StoppedClock) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    stopped_clock.advance(timedelta(days=31))
    searching.remember(account=world.buyer.account, words="格陵兰")

    assert SearchedWords.objects.values("searcher").distinct().count() == 2


def test_the_person_sees_their_words_and_clears_them(world: World, browser_of: Browser) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    client = browser_of(world.buyer)
    assert WORDS in client.get("/my/privacy/searches/").content.decode()
    sheet = SearchedWords.objects.get().searcher

    assert client.post("/my/privacy/searches/")["Location"] == "/my/privacy/searches/"
    assert WORDS not in client.get("/my/privacy/searches/").content.decode()
    assert not SearchedWords.objects.exists()
    assert {item.sheet for item in ErasureItem.objects.filter(outcome=erasing.ERASE)} == {sheet}


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_clearing_destroys_the_key_at_once_and_what_is_typed_later_begins_anew(world: World) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    sheet = SearchedWords.objects.get().searcher
    assert searching.clear(account=world.buyer.account, actor=world.buyer.actor) == 1

    assert Sheet.objects.get(pk=sheet).state == SheetState.SHREDDED
    assert not SheetKey.objects.filter(sheet=sheet).exists()
    searching.remember(account=world.buyer.account, words="格陵兰")
    assert words_of(world.buyer) == ["格陵兰"]


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_searching_goes_on_after_the_months_sheet_was_erased_by_request(world: World) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    erasing.erase(subject=world.buyer.account.subject, actor=world.buyer.actor, because="own_wish", keeps=[Keep.SEARCH])

    searching.remember(account=world.buyer.account, words="格陵兰")
    assert SearchedWords.objects.values("searcher").distinct().count() == 2


def test_the_copy_of_ones_data_includes_the_words(world: World, browser_of: Browser) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)

    assert WORDS in browser_of(world.buyer).post("/my/privacy/copy/").content.decode()


def test_nobody_else_opens_them(world: World, browser_of: Browser, client: Client) -> None:
    searching.remember(account=world.buyer.account, words=WORDS)
    row = SearchedWords.objects.get()

    assert WORDS not in browser_of(world.stranger).get("/my/privacy/searches/").content.decode()
    assert client.get("/my/privacy/searches/").status_code == 302
    assert SEARCH.own
    assert {purpose.code for purpose in SearchedWords._meta.get_field("words").purposes} == {"search"}
    for nosy in (world.stranger.actor, world.service_agent.actor, world.administrator.actor):
        with pytest.raises(gate.NotYours):
            gate.reveal_one(row, "words", purpose=SEARCH, actor=nosy)


def test_clearing_nothing_does_nothing(world: World, browser_of: Browser) -> None:
    assert searching.clear(account=world.buyer.account, actor=world.buyer.actor) == 0
    assert browser_of(world.buyer).post("/my/privacy/searches/").status_code == 302
    assert not Erasure.objects.exists()


def _sweep(drain: Callable[[], int]) -> None:
    while erasing.sweep():
        pass
    drain()
