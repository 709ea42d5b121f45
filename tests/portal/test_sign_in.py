"""The sign-in pages, as a browser without scripts sees them."""

import re
from datetime import timedelta

from django.test import Client

from besttrav.people.models import Account, Session
from tests.conftest import StoppedClock
from tests.world import BUYER, STRANGER, World


def sign_in(client: Client, world: World, phone: str = BUYER) -> None:
    """Through the pages: number, code, and consent where there is no account yet."""
    asked = client.post("/sign-in/", {"phone": phone.removeprefix("+86")})
    assert asked.status_code == 302, asked.content.decode()
    world.deliver()
    entered = client.post(asked["Location"], {"code": world.carrier.code(phone)})
    assert entered.status_code == 302, entered.content.decode()
    if "/account/" in entered["Location"]:
        entered = client.post(entered["Location"], {"agrees": "on"})
    assert entered["Location"] == "/my/privacy/"


def test_a_newcomer_comes_in_through_the_pages(client: Client, world: World) -> None:
    sign_in(client, world)

    assert client.get("/my/privacy/").status_code == 200
    assert client.get("/my/profile/").status_code == 200
    assert "129****1001" in client.get("/my/profile/").content.decode()


def test_the_consent_box_is_empty_and_needed(client: Client, world: World) -> None:
    asked = client.post("/sign-in/", {"phone": BUYER})
    world.deliver()
    entered = client.post(asked["Location"], {"code": world.carrier.code(BUYER)})
    page = client.get(entered["Location"]).content.decode()

    assert "checked" not in page
    assert client.post(entered["Location"], {}).status_code == 422
    assert not Account.objects.exists()


def test_known_and_unknown_numbers_get_the_same_answer(world: World, stopped_clock: StoppedClock) -> None:
    assert world.buyer
    stopped_clock.advance(timedelta(minutes=2))
    known, unknown = (_page_after_asking(phone) for phone in (BUYER, STRANGER))

    assert known == unknown


def test_who_has_an_account_is_not_told_before_the_number_is_proved(world: World, stopped_clock: StoppedClock) -> None:
    assert world.buyer
    stopped_clock.advance(timedelta(minutes=2))
    answers = []
    for phone in (BUYER, STRANGER):
        stranger = Client()
        asked = stranger.post("/sign-in/", {"phone": phone})
        agreed = stranger.post(f"{asked['Location']}account/", {"agrees": "on"})
        answers.append((agreed.status_code, _without_random_parts(agreed.content.decode())))

    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def _page_after_asking(phone: str) -> tuple[int, str]:
    """What the page says, but for the end of the number that its reader has just typed."""
    asked = Client().post("/sign-in/", {"phone": phone}, follow=True)
    return asked.status_code, _without_random_parts(asked.content.decode()).replace(phone[-4:], "")


def _without_random_parts(page: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|value=\"\w{64}\"|<span>[2-9A-Z]{4}</span>", "", page)


def test_a_foreign_number_is_refused_with_a_reason(client: Client, world: World) -> None:
    answer = client.post("/sign-in/", {"phone": "+4915112345678"})

    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()


def test_a_wrong_code_stays_on_the_page(client: Client, world: World) -> None:
    asked = client.post("/sign-in/", {"phone": BUYER})
    world.deliver()
    wrong = "000000" if world.carrier.code(BUYER) != "000000" else "000001"

    assert client.post(asked["Location"], {"code": wrong}).status_code == 422


def test_a_code_asked_for_by_one_browser_does_not_work_in_another(client: Client, world: World) -> None:
    asked = client.post("/sign-in/", {"phone": BUYER})
    world.deliver()

    assert Client().post(asked["Location"], {"code": world.carrier.code(BUYER)}).status_code == 422


def test_signing_out_clears_the_browser_and_ends_the_session(client: Client, world: World) -> None:
    sign_in(client, world)
    answer = client.post("/sign-out/")

    assert "storage" in answer["Clear-Site-Data"]
    assert client.get("/my/privacy/").status_code == 302
    assert Session.objects.filter(ended_at=None).count() == 0


def test_nobodys_pages_send_to_the_sign_in_and_back(client: Client, world: World) -> None:
    answer = client.get("/my/privacy/")

    assert answer["Location"] == "/sign-in/?next=/my/privacy/"
    asked = client.post("/sign-in/?next=https://elsewhere.example/", {"phone": BUYER})
    assert "elsewhere" not in asked["Location"]


def test_pages_of_a_person_are_never_stored(client: Client, world: World) -> None:
    sign_in(client, world)

    assert client.get("/my/privacy/")["Cache-Control"] == "no-store"


def test_the_privacy_centre_shows_opens_and_hides_what_is_held(client: Client, world: World) -> None:
    sign_in(client, world)
    assert BUYER not in client.get("/my/privacy/").content.decode()

    opened = client.post("/my/privacy/values/people.account/")
    assert BUYER in opened.content.decode()
    assert BUYER not in client.get("/my/privacy/").content.decode()


def test_the_copy_holds_everything_and_needs_a_fresh_proof(client: Client, world: World, stopped_clock: StoppedClock) -> None:
    sign_in(client, world)
    assert BUYER in client.post("/my/privacy/copy/").content.decode()

    stopped_clock.advance(timedelta(minutes=6))
    assert "/my/proof/" in client.post("/my/privacy/copy/")["Location"]


def test_the_number_changes_with_proof_of_the_new_one_and_the_old_one_is_told(client: Client, world: World) -> None:
    sign_in(client, world)
    new = "+8612900002222"
    asked = client.post("/my/profile/phone/", {"phone": new})
    world.deliver()
    changed = client.post(asked["Location"], {"code": world.carrier.code(new)})["Location"]
    world.deliver()

    page = client.get(changed).content.decode()
    assert "129****2222" in page
    assert "今后用新号码登录" in page
    assert "今后用新号码登录" not in client.get("/my/profile/").content.decode()
    assert "更换了手机号" in world.carrier.texts(BUYER)[0]


def test_an_account_closes_after_its_plan_was_shown_and_nothing_opens_again(client: Client, world: World) -> None:
    sign_in(client, world)
    plan = client.get("/my/account/closing/").content.decode()
    assert "7 months" in plan or "网络安全法" in plan

    answer = client.post("/my/account/closing/", {"understood": "on"})
    assert answer["Location"] == "/closed/"
    assert client.get("/my/privacy/").status_code == 302


def test_a_stranger_cannot_end_the_session_of_another(client: Client, world: World) -> None:
    sign_in(client, world, STRANGER)
    theirs = world.buyer.session

    assert client.post(f"/my/sessions/{theirs.id}/ending/").status_code == 404


def test_who_comes_back_while_a_code_is_on_its_way_is_led_on_to_enter_it(client: Client, world: World) -> None:
    first = client.post("/sign-in/", {"phone": BUYER})
    again = client.post("/sign-in/", {"phone": BUYER})

    assert again["Location"] == first["Location"]
    assert Client().post("/sign-in/", {"phone": BUYER}).status_code == 422


def test_the_page_for_the_code_shows_where_it_went_to_the_browser_that_asked_only(client: Client, world: World) -> None:
    asked = client.post("/sign-in/", {"phone": BUYER})

    assert "129****1001" in client.get(asked["Location"]).content.decode()
    assert "129****1001" not in Client().get(asked["Location"]).content.decode()


def test_nobody_signs_in_twice(client: Client, world: World) -> None:
    sign_in(client, world)

    assert client.get("/sign-in/")["Location"] == "/my/privacy/"
    assert client.get("/sign-in/?next=/my/profile/")["Location"] == "/my/profile/"
    assert client.get("/closed/")["Location"] == "/my/privacy/"


def test_an_address_that_answers_a_form_leads_back_to_the_form(client: Client, world: World) -> None:
    asked = client.post("/sign-in/", {"phone": BUYER})
    assert client.get(f"{asked['Location']}message/")["Location"] == asked["Location"]

    sign_in(client, world, STRANGER)
    assert client.get("/my/privacy/values/people.account/")["Location"] == "/my/privacy/"


def test_a_proof_asked_for_twice_waits_for_the_same_code(client: Client, world: World, stopped_clock: StoppedClock) -> None:
    sign_in(client, world)
    stopped_clock.advance(timedelta(minutes=6))

    first = client.post("/my/proof/", {"next": "/my/account/closing/"})
    assert client.post("/my/proof/", {"next": "/my/account/closing/"})["Location"] == first["Location"]
    assert "129****1001" in client.get("/my/proof/").content.decode()


def test_a_proof_too_soon_after_another_code_is_refused_on_its_page(client: Client, world: World) -> None:
    sign_in(client, world)

    refused = client.post("/my/proof/", {"next": "/my/account/closing/"})
    assert refused.status_code == 422
    assert 'id="errors"' in refused.content.decode()


def test_the_centre_says_in_figures_what_is_held(client: Client, world: World) -> None:
    sign_in(client, world)
    shown = client.get("/my/privacy/").context
    glance = shown["glance"]

    assert glance.sorts == len(shown["cards"])
    assert glance.agreed == 1
    assert glance.until
