"""The staff door: two factors in, masked by default, opened with a reason, seen by the person."""

import re
from datetime import timedelta
from typing import Any

from django.test import Client

from besttrav.kernel import clock
from besttrav.people import totp
from besttrav.people.cookies import STAFF_COOKIE
from besttrav.people.limits import STAFF
from besttrav.people.models import Opening
from besttrav.people.operations.staff import app_secret
from besttrav.privacy.rights import who_opened
from tests.conftest import StoppedClock
from tests.world import BUYER, PASSWORD, Colleague, World


def signed_in(colleague: Colleague) -> Client:
    client = Client()
    client.cookies[STAFF_COOKIE] = colleague.token
    return client


def reveal(client: Client, world: World, **changes: object) -> Any:
    form = {"fields_wanted": ["people.account.phone"], "purpose": "serve", "reference": "TK-2026-0042"} | changes
    return client.post(f"/staff/people/{world.buyer.account.subject}/openings/", form)


def test_staff_come_in_with_both_factors(world: World, stopped_clock: StoppedClock) -> None:
    agent, client = world.service_agent, Client()
    stopped_clock.advance(timedelta(minutes=1))
    assert client.post("/staff/sign-in/", {"number": "S1001", "password": PASSWORD})["Location"] == "/staff/sign-in/second-factor/"
    assert client.get("/staff/").status_code == 302
    assert client.get("/staff/sign-in/second-factor/")["Cache-Control"] == "no-store"

    code = totp.code_at(app_secret(agent.member), clock.now())
    assert client.post("/staff/sign-in/second-factor/", {"code": code})["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200
    assert signed_in(agent).get("/staff/").status_code == 302  # one session per person: the older one ended


def test_a_person_is_found_by_the_exact_number_only_and_stands_there_masked(world: World) -> None:
    client, buyer = signed_in(world.service_agent), world.buyer

    found = client.post("/staff/people/", {"phone": BUYER})
    assert found["Location"] == f"/staff/people/{buyer.account.subject}/"
    page = client.get(found["Location"]).content.decode()
    assert "129****1001" in page
    assert BUYER.removeprefix("+86") not in page
    assert client.post("/staff/people/", {"phone": "12900009999"}).status_code == 200


def test_a_reveal_needs_a_purpose_and_a_case_and_is_seen_by_the_person(world: World) -> None:
    client = signed_in(world.service_agent)
    assert reveal(client, world, reference="").status_code == 422

    answer = reveal(client, world)
    assert BUYER in answer.content.decode()
    assert answer["Refresh"].startswith("60;")
    look = next(entry for entry in who_opened(world.buyer.account.subject) if entry.actor_name == "S1001")
    assert look.facts["purpose"] == "serve"
    assert Opening.objects.get().reference == "TK-2026-0042"


def test_a_reveal_needs_a_fresh_proof(world: World, stopped_clock: StoppedClock) -> None:
    client = signed_in(world.service_agent)
    assert world.buyer
    stopped_clock.advance(timedelta(minutes=6))

    assert reveal(client, world)["Location"].startswith("/staff/proof/")


def test_the_quota_of_reveals_ends_curiosity(world: World) -> None:
    client = signed_in(world.service_agent)
    for _time in range(STAFF.reveals_an_hour):
        assert reveal(client, world).status_code == 200

    assert "Refresh" not in reveal(client, world)


def test_an_auditor_reads_the_journal_and_opens_nothing(world: World) -> None:
    client = signed_in(world.auditor)

    assert client.get("/staff/journal/").status_code == 200
    assert client.get(f"/staff/people/{world.buyer.account.subject}/").status_code == 403
    assert reveal(client, world).status_code == 403


def test_a_stranger_sees_no_staff_page(world: World) -> None:
    client = Client()
    for path in ("/staff/", "/staff/people/", "/staff/team/", "/staff/journal/", f"/staff/people/{world.buyer.account.subject}/"):
        assert client.get(path)["Location"].startswith("/staff/sign-in/")


def test_a_role_needs_an_agreement_and_a_second_person(world: World) -> None:
    first, second = signed_in(world.administrator), signed_in(world.second_administrator)
    agent = world.service_agent.member
    first.post(f"/staff/team/{agent.id}/roles/", {"role": "claims"})
    grant = agent.grants.get(role="claims")

    assert first.post(f"/staff/team/roles/{grant.id}/decision/", {"granted": "1"}).status_code == 422
    assert second.post(f"/staff/team/roles/{grant.id}/decision/", {"granted": "1"}).status_code == 302
    grant.refresh_from_db()
    assert grant.state == "granted"


def test_a_new_colleague_enrols_from_the_invitation(world: World) -> None:
    shown = signed_in(world.administrator).post("/staff/team/invitations/", {"number": "S2001", "name": "方小满"})
    invitation = shown.context["invitation"]
    client = Client()
    enrolled = client.post("/staff/enrolment/", {"number": "S2001", "invitation": invitation, "password": "seven slow rivers"})
    assert enrolled["Location"] == "/staff/enrolment/app/"
    app = client.get("/staff/enrolment/app/")
    assert (app.status_code, app["Cache-Control"]) == (200, "no-store"), "it shows the secret of the app"
    assert b"%23fff" in app.content, "a scanner needs light behind the code, on a dark page too"

    member = shown.context["member"]
    member.refresh_from_db()
    assert client.post("/staff/enrolment/app/", {"code": totp.code_at(app_secret(member), clock.now())})["Location"] == "/staff/"
    assert client.get("/staff/team/").status_code == 403
    assert client.post("/staff/agreement/", {"signs": "on"}).status_code == 302


def test_of_a_reset_each_administrator_sees_one_half_and_the_member_brings_both(world: World) -> None:
    member, asking, confirming = world.service_agent.member, signed_in(world.administrator), signed_in(world.second_administrator)
    asked = asking.post(f"/staff/team/{member.id}/resets/").content.decode()
    reset = member.resets.get()
    confirmed = confirming.post(f"/staff/team/resets/{reset.id}/confirmation/").content.decode()
    first, second = (re.findall(r"<b>([0-9a-f]{12})</b>", shown) for shown in (asked, confirmed))

    assert (len(first), len(second)) == (1, 1)
    form = {"number": "S1001", "password": "seven slow rivers"}
    assert Client().post("/staff/enrolment/", form | {"invitation": second[0]}).status_code == 422
    enrolled = Client().post("/staff/enrolment/", form | {"invitation": f"{first[0]}-{second[0]}"})
    assert enrolled["Location"] == "/staff/enrolment/app/"


def test_every_page_of_a_role_opens(world: World) -> None:
    admin = signed_in(world.administrator)

    for path in ("/staff/", "/staff/team/", "/staff/permissions/", "/staff/agreement/", "/staff/proof/", "/staff/watermark.svg"):
        assert admin.get(path).status_code == 200, path


def test_a_reveal_opened_by_its_address_leads_back_to_the_masked_page(world: World) -> None:
    client, subject = signed_in(world.service_agent), world.buyer.account.subject

    assert client.get(f"/staff/people/{subject}/openings/")["Location"] == f"/staff/people/{subject}/"
    assert signed_in(world.administrator).get("/staff/team/invitations/")["Location"] == "/staff/team/"


def test_what_staff_may_not_open_leads_back_to_the_staff_home(world: World) -> None:
    refused = signed_in(world.service_agent).get("/staff/journal/").content.decode()

    assert 'href="/staff/"' in refused
    assert 'class="btn btn-primary" href="/"' not in refused


def test_an_empty_staff_form_says_what_is_missing(world: World) -> None:
    answer = Client().post("/staff/sign-in/", {}).content.decode()

    assert "填写您的工号" in answer
    assert "填写密码" in answer
    assert " required" not in answer
