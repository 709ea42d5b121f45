"""7.1: the person sees all that is held, log and sign-ins with it, and who looked, when and why."""

import json
from collections.abc import Callable

from django.test import Client

from besttrav.kernel import clock
from besttrav.people.permissions import Role
from besttrav.privacy.fields import personal_models, sheets_of
from besttrav.privacy.gate import reveal_one
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.vault.models import Sheet
from tests.world import BUYER, Customer, World

Browser = Callable[[Customer], Client]


def test_the_centre_has_a_card_and_the_copy_a_record_for_everything_the_vault_knows(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    client.get("/my/profile/")
    sheets = set(Sheet.objects.filter(file__sheets__subject=world.buyer.account.subject).values_list("pk", flat=True))
    held = {
        model._meta.label_lower
        for model in personal_models()
        for group in sheets_of(model)
        if model._default_manager.filter(**{f"{group.attname}__in": sheets}).exists()
    }
    assert {"people.account", "people.session", "privacy.accessentry"} <= held

    page = client.get("/my/privacy/").content.decode()
    assert [model for model in held if f"/my/privacy/values/{model}/" not in page] == []
    copied = {record["record"] for record in json.loads(client.post("/my/privacy/copy/").content)["records"]}
    assert held <= copied


def test_a_sign_in_can_be_opened_with_browser_and_network(world: World, browser_of: Browser) -> None:
    page = browser_of(world.buyer).post("/my/privacy/values/people.session/").content.decode()

    assert "203.0.113.7" in page
    assert "Firefox" in page


def test_a_look_of_staff_stands_on_the_page_with_number_role_reason_and_time(world: World, browser_of: Browser) -> None:
    client = browser_of(world.buyer)
    assert "S1001" not in client.get("/my/privacy/looks/").content.decode()

    reveal_one(world.buyer.account, "phone", purpose=SERVE, actor=world.service_agent.actor)
    page = client.get("/my/privacy/looks/").content.decode()
    for shown in ("工号 S1001", str(Role.SERVICE.label), "手机号", str(SERVE.label), clock.now().strftime("%Y-%m-%dT")):
        assert shown in page, shown
    assert "季晚亭" not in page


def test_nobody_sees_the_looks_at_somebody_else(world: World, browser_of: Browser) -> None:
    reveal_one(world.buyer.account, "phone", purpose=SERVE, actor=world.service_agent.actor)

    assert "S1001" not in browser_of(world.stranger).get("/my/privacy/looks/").content.decode()
    assert BUYER not in browser_of(world.stranger).post("/my/privacy/copy/").content.decode()
