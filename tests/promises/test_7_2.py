"""7.2: a new number is proved first, signs in from then on, and leaves a history."""

from collections.abc import Callable

from django.test import Client

from besttrav.journal.queries import about_subject
from besttrav.kernel.actors import Actor
from besttrav.people.actions import PHONE_CHANGED
from besttrav.people.models import Account
from besttrav.privacy.gate import find, reveal_one
from besttrav.privacy.purposes import OWN_ACCESS, SIGN_IN
from tests.world import BUYER, Customer, World

NEW = "+8612900002222"


def test_without_the_code_sent_to_the_new_number_nothing_changes(world: World, browser_of: Callable[[Customer], Client]) -> None:
    client = browser_of(world.buyer)
    asked = client.post("/my/profile/phone/", {"phone": NEW})
    world.deliver()
    wrong = "000000" if world.carrier.code(NEW) != "000000" else "000001"

    assert client.post(asked["Location"], {"code": wrong}).status_code == 422
    assert reveal_one(world.buyer.account, "phone", purpose=OWN_ACCESS, actor=world.buyer.actor).phone == BUYER
    assert not about_subject([world.buyer.account.subject], [PHONE_CHANGED])


def test_a_change_is_written_into_the_persons_history_and_the_old_number_signs_in_no_more(
    world: World, browser_of: Callable[[Customer], Client]
) -> None:
    client = browser_of(world.buyer)
    asked = client.post("/my/profile/phone/", {"phone": NEW})
    world.deliver()
    client.post(asked["Location"], {"code": world.carrier.code(NEW)})

    (entry,) = about_subject([world.buyer.account.subject], [PHONE_CHANGED])
    assert (entry.about_id, entry.actor_id) == (world.buyer.account.id, world.buyer.account.id)
    clerk = Actor.job("tests")
    assert find(Account, phone=NEW, purpose=SIGN_IN, actor=clerk).get() == world.buyer.account
    assert not find(Account, phone=BUYER, purpose=SIGN_IN, actor=clerk).exists()
