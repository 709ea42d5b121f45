"""Saved travellers on the pages: offered to whoever is signed in, filled in with one press, kept apart from everybody else."""

from datetime import date
from itertools import product

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from besttrav.kernel.identity import Sex
from besttrav.people.models import SavedTraveller
from besttrav.people.operations import travellers
from besttrav.people.operations.travellers import Document, Traveller
from besttrav.people.policy import shown_policy
from besttrav.policies.models import Party
from tests import invented
from tests.catalogue.shelf import stock
from tests.portal.applicant import FRAGMENT, Applicant, fields, told, wrongs
from tests.portal.conftest import Browser
from tests.portal.nasty import NASTY
from tests.world import Customer, World

SELF = Traveller(
    name="林知远",
    documents=(Document(kind="id_card", number=invented.id_number(date(1988, 3, 7), Sex.MALE)),),
    birth_date=date(1988, 3, 7),
    relation="self",
    passport_name="LIN/ZHIYUAN",
    sex="male",
    phone="+8612900001001",
)
SPOUSE = Traveller(
    name="苏晚晴",
    documents=(
        Document(kind="id_card", number=invented.id_number(date(1988, 3, 8), Sex.FEMALE, 1)),
        Document(kind="passport", number=invented.passport(3)),
    ),
    birth_date=date(1988, 3, 8),
    relation="spouse",
    passport_name="SU/WANQING",
    sex="female",
)


TYPED = (
    *("p-relation", "p-name", "p-surname", "p-given", "p-kind", "p-number", "p-ends", "p-phone", "p-email"),
    *("o-kind", "o-number", "o-ends"),
)


@pytest.fixture(autouse=True)
def _a_full_shelf(world: World) -> None:
    stock()


def save(who: Customer, *people: Traveller) -> list[str]:
    agreed_to = shown_policy("zh-hans")
    rows = travellers.keep(account=who.account, people=people, has_guardian=True, agreed_to=agreed_to, page="travellers", actor=who.actor)
    return [str(row.pk) for row in rows]


def test_a_guest_sees_nothing_of_it_and_can_send_nothing(client: Client, world: World) -> None:
    (spouse,) = save(world.buyer, SPOUSE)
    applicant = Applicant(client).tripped()
    page = applicant.page("people")
    assert not {"keep", "guardian", "saved"} & fields(page).names
    assert spouse not in told(page)

    page = applicant.send("people", {"do": "pick", "saved": spouse})
    assert "苏晚晴" not in told(page)
    assert applicant.send("people", {**applicant.everybody(), "keep": "on"}).status_code == 303
    assert SavedTraveller.objects.count() == 1
    assert client.get("/my/travellers/").status_code == 302


def test_nothing_is_saved_unless_it_was_asked_for(world: World, browser_of: Browser) -> None:
    applicant = Applicant(browser_of(world.buyer)).tripped()
    asked = fields(applicant.page("people"))
    assert "keep" in asked.names
    assert "keep" not in asked.ticked
    assert applicant.send("people", applicant.everybody()).status_code == 303
    assert not SavedTraveller.objects.exists()

    assert applicant.send("people", {**applicant.everybody(), "keep": "on"}).status_code == 303
    kept = travellers.read(list(SavedTraveller.objects.order_by("pk")), actor=world.buyer.actor)
    assert [(one.name, one.relation) for one in kept] == [("林知远", "self"), ("苏晚晴", "spouse")]


def test_a_child_asks_for_the_guardian_beside_the_box(world: World, browser_of: Browser) -> None:
    applicant = Applicant(browser_of(world.buyer)).tripped()
    born = date(applicant.first_day.year - 9, 1, 15)
    child = {"p2-number": invented.id_number(born, Sex.FEMALE, 5), "p2-relation": "child", "p2-elsewhere": "0"}
    values = {**applicant.everybody(), **child, "keep": "on"}
    page = applicant.send("people", values)
    assert page.status_code == 422
    assert "监护人" in wrongs(page)[0]
    assert 'id="guardian_error"' in told(page)
    assert "guardian" not in fields(page).ticked
    assert not SavedTraveller.objects.exists()
    assert not Party.objects.exists()

    response = applicant.send("people", {**values, "guardian": "on"})
    assert response.status_code == 303, wrongs(response)
    assert SavedTraveller.objects.count() == 2


def test_picked_people_are_filled_in_where_nothing_was_typed_with_the_document_that_is_taken(world: World, browser_of: Browser) -> None:
    ids = save(world.buyer, SELF, SPOUSE)
    applicant = Applicant(browser_of(world.buyer)).tripped()
    page = applicant.page("people")
    assert "苏**" in told(page)
    assert "苏晚晴" not in told(page)
    assert SPOUSE.documents[0].number not in told(page)

    filled = fields(applicant.send("people", {"do": "pick", "saved": ids})).values
    assert (filled["h-name"], filled["p2-name"], filled["row"]) == (["林知远"], ["苏晚晴"], ["1", "2"])
    assert filled["p2-relation"] == ["spouse"]
    taken = next(one for kind in applicant.offer.documents for one in SPOUSE.documents if one.kind == kind)
    assert (filled["p2-kind"], filled["p2-number"]) == ([taken.kind], [taken.number])
    assert not Party.objects.exists(), "picking saves nothing"

    again = applicant.client.post(f"{applicant.address}people/", {**filled, "do": "pick", "saved": ids})
    assert fields(again).values["row"] == ["1", "2"], "nobody stands there twice"
    missing = {name: value for name, value in applicant.everybody().items() if name in filled and not filled[name][0]}
    response = applicant.client.post(f"{applicant.address}people/", {**filled, **missing})
    assert response.status_code == 303, wrongs(response)
    assert Party.objects.filter(contract=applicant.application.contract).count() == 2


def test_a_fragment_draws_the_list_anew_only_where_somebody_chose(world: World, browser_of: Browser) -> None:
    ids = save(world.buyer, SPOUSE)
    applicant = Applicant(browser_of(world.buyer)).tripped()
    assert 'id="saved"' not in told(applicant.send("people", {"do": "add"}, headers=FRAGMENT))
    assert 'id="saved" hx-swap-oob="true"' in told(applicant.send("people", {"do": "pick", "saved": ids}, headers=FRAGMENT))


def test_somebody_elses_are_nobody(world: World, browser_of: Browser) -> None:
    (spouse,) = save(world.buyer, SPOUSE)
    stranger = browser_of(world.stranger)
    applicant = Applicant(stranger).tripped()
    for chosen in (spouse, "nobody", "\0", "' OR 1=1 --"):
        page = applicant.send("people", {"do": "pick", "saved": chosen})
        assert page.status_code == 200
        assert "苏晚晴" not in told(page)
    assert stranger.get(f"/my/travellers/{spouse}/").status_code == 404
    assert stranger.post(f"/my/travellers/{spouse}/", {"p-name": "x"}).status_code == 404
    assert stranger.post(f"/my/travellers/{spouse}/removal/").status_code == 404
    assert "苏**" not in told(stranger.get("/my/travellers/"))


def test_the_list_costs_the_same_for_one_and_for_many(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    applicant = Applicant(client).tripped()
    none = asked_for(applicant)
    save(world.buyer, SPOUSE)
    one = asked_for(applicant)
    save(world.buyer, SELF)
    assert asked_for(applicant) == one == (none[0], none[1] + 1), "one question to the vault, whatever the number"


def asked_for(applicant: Applicant) -> tuple[int, int]:
    """How many statements the page of people takes, in the record and in the vault."""
    with CaptureQueriesContext(connection) as record, CaptureQueriesContext(connections["vault"]) as vault:
        assert applicant.page("people").status_code == 200
    return len(record), len(vault)


def form(**more: str) -> dict[str, str]:
    number = invented.id_number(date(1960, 5, 1), Sex.FEMALE, 4)
    return {
        "p-relation": "parent",
        "p-name": "沈南乔",
        "p-kind": "id_card",
        "p-number": number,
        "o-kind": "passport",
        "agreed": "on",
        **more,
    }


def test_somebody_is_added_changed_and_removed_by_hand(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    blank = fields(client.get("/my/travellers/addition/"))
    assert blank.ticked == set()
    assert client.post("/my/travellers/addition/", form(agreed="")).status_code == 422
    assert not SavedTraveller.objects.exists()

    assert client.post("/my/travellers/addition/", form())["Location"] == "/my/travellers/?done=saved"
    row = SavedTraveller.objects.get()
    page = told(client.get("/my/travellers/"))
    assert "沈**" in page
    assert "沈南乔" not in page

    filled = fields(client.get(f"/my/travellers/{row.pk}/")).values
    assert (filled["p-name"], filled["p-relation"]) == (["沈南乔"], ["parent"])
    changed = {**filled, "o-kind": "passport", "o-number": invented.passport(9)}
    assert client.post(f"/my/travellers/{row.pk}/", changed).status_code == 303
    (now,) = travellers.read([SavedTraveller.objects.get()], actor=world.buyer.actor)
    assert [one.kind for one in now.documents] == ["id_card", "passport"]
    assert now.birth_date == date(1960, 5, 1)

    assert client.post("/my/travellers/renewal/").status_code == 303
    assert client.post(f"/my/travellers/{row.pk}/removal/")["Location"] == "/my/travellers/?done=removed"
    assert not SavedTraveller.objects.exists()


def test_a_document_that_tells_nothing_asks_for_birth_and_sex(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    typed = form(**{"p-kind": "passport", "p-number": invented.passport(2)})
    looked = client.post("/my/travellers/addition/", {**typed, "do": "look"})
    assert looked.status_code == 200
    assert {"p-born", "p-sex"} <= fields(looked).names
    response = client.post("/my/travellers/addition/", {**typed, "p-born": "2018-02-03", "p-sex": "female"})
    assert "监护人" in wrongs(response)[0]
    assert (
        client.post("/my/travellers/addition/", {**typed, "p-born": "2018-02-03", "p-sex": "female", "guardian": "on"}).status_code == 303
    )


def test_whatever_is_typed_is_answered_and_keeps_the_rest(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    for name, typed in product(TYPED, NASTY):
        response = client.post("/my/travellers/addition/", form(**{name: typed}))
        assert response.status_code in {303, 422}, (name, typed)
        if response.status_code == 422:
            assert name == "p-name" or "沈南乔" in told(response)
            assert wrongs(response)[0] != "422", (name, typed)
    for typed in NASTY:
        by_passport = {"p-kind": "passport", "p-number": invented.passport(2), "p-born": typed, "p-sex": typed}
        assert client.post("/my/travellers/addition/", form(**by_passport)).status_code == 422, typed


def test_what_is_not_asked_is_refused(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    response = client.post("/my/travellers/addition/", form(**{"p-address": "海星市潮汐路 1 号"}))
    assert response.status_code == 422
    assert not SavedTraveller.objects.exists()
