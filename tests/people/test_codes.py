"""One-time codes: what they cost an attacker, and what they never do."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from pytest_django import Settings

from besttrav.contact.models import Message
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import phones
from besttrav.people.limits import CODE
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import accounts, codes
from besttrav.people.operations.codes import CodeRefused, TooMany, TooSoon
from besttrav.people.visitors import Visitor
from besttrav.privacy import files
from tests.conftest import StoppedClock
from tests.jobs import run_due_jobs
from tests.world import BUYER, STRANGER, World, browser

ANYBODY = Actor.visitor()


def try_code(challenge: Challenge, code: str, visitor: Visitor, purpose: CodePurpose = CodePurpose.SIGN_IN) -> Challenge:
    return codes.check(challenge_id=challenge.id, code=code, purpose=purpose, visitor=visitor, actor=ANYBODY)


def other_than(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06d}"


def test_a_million_guesses_are_far_more_than_anybody_gets() -> None:
    space = 10**CODE.digits

    assert CODE.tries_a_day / space <= 0.00005  # a day of guessing at one number
    assert (CODE.tries_in_a_row + CODE.tries_in_a_row_at_home) / space <= 0.0001  # a life of guessing at one number
    assert CODE.tries <= CODE.tries_a_day <= CODE.tries_in_a_row
    assert CODE.life <= 600


def test_a_code_keeps_its_leading_zeros_and_ends_the_text_for_the_browser(world: World) -> None:
    world.ask_for_code(BUYER, browser())
    last = world.carrier.texts(BUYER)[0].splitlines()[-1]

    assert last.startswith("@")
    assert len(last.rpartition("#")[2]) == CODE.digits


def test_five_wrong_entries_kill_a_code(world: World) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)
    right = world.carrier.code(BUYER)
    for by in range(1, CODE.tries + 1):
        with pytest.raises(CodeRefused):
            try_code(challenge, other_than(right, by), visitor)

    with pytest.raises(CodeRefused):
        try_code(challenge, right, visitor)


def test_ten_wrong_entries_a_day_are_all_a_number_gets(world: World, stopped_clock: StoppedClock) -> None:
    for step in range(2):
        stopped_clock.advance(timedelta(minutes=10))
        world.carrier.set_clock(600 * (step + 1))
        visitor = browser(network=f"203.0.{step}.7")
        challenge = world.ask_for_code(BUYER, visitor)
        right = world.carrier.code(BUYER)
        for by in range(1, CODE.tries + 1):
            with pytest.raises(CodeRefused):
                try_code(challenge, other_than(right, by), visitor)
    stopped_clock.advance(timedelta(minutes=20))
    world.carrier.set_clock(2400)
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)

    with pytest.raises(TooMany):
        try_code(challenge, world.carrier.code(BUYER), visitor)


def test_a_used_code_is_worth_nothing(world: World) -> None:
    visitor = browser()
    challenge = world.prove(BUYER, visitor)

    with pytest.raises(CodeRefused):
        try_code(challenge, world.carrier.code(BUYER), visitor)


def test_a_proof_signs_in_once(world: World) -> None:
    buyer = world.buyer
    challenge = Challenge.objects.latest("created_at")

    with pytest.raises(CodeRefused):
        accounts.sign_in(challenge=challenge, visitor=buyer.visitor)


def test_who_writes_to_the_record_proves_nothing(world: World) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)
    Challenge.objects.filter(id=challenge.id).update(proved_at=clock.now())
    challenge.refresh_from_db()

    with pytest.raises(CodeRefused):
        accounts.sign_in(challenge=challenge, visitor=visitor)
    with pytest.raises(CodeRefused):
        codes.spend(challenge=challenge, visitor=visitor, purpose=CodePurpose.SIGN_IN)


def test_a_code_for_one_purpose_never_serves_another(world: World) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)

    with pytest.raises(CodeRefused):
        try_code(challenge, world.carrier.code(BUYER), visitor, CodePurpose.PROVE)


def test_a_code_asked_for_in_one_browser_never_works_in_another(world: World) -> None:
    challenge = world.ask_for_code(BUYER, browser())

    with pytest.raises(CodeRefused):
        try_code(challenge, world.carrier.code(BUYER), browser())


def test_a_code_lives_five_minutes(world: World, stopped_clock: StoppedClock) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)
    stopped_clock.advance(timedelta(seconds=CODE.life))

    with pytest.raises(CodeRefused):
        try_code(challenge, world.carrier.code(BUYER), visitor)


def test_the_newest_code_replaces_the_older(world: World, stopped_clock: StoppedClock) -> None:
    visitor = browser()
    first = world.ask_for_code(BUYER, visitor)
    code = world.carrier.code(BUYER)
    stopped_clock.advance(timedelta(seconds=61))
    world.carrier.set_clock(61)
    world.ask_for_code(BUYER, visitor)

    with pytest.raises(CodeRefused):
        try_code(first, code, visitor)


def test_a_code_for_one_thing_leaves_those_for_another_alone(world: World, stopped_clock: StoppedClock) -> None:
    """A stranger who asks to sign in with somebody's number does not undo what its owner is at."""
    owner = browser()
    finding = codes.request(phone=BUYER, purpose=CodePurpose.FIND_ORDER, visitor=owner, actor=ANYBODY)
    run_due_jobs()
    code = world.carrier.code(BUYER)
    stopped_clock.advance(timedelta(seconds=61))
    world.carrier.set_clock(61)
    signing_in = world.ask_for_code(BUYER, browser())

    assert not is_replaced(finding)
    assert try_code(finding, code, owner, CodePurpose.FIND_ORDER).proved_at
    assert not is_replaced(signing_in)


def is_replaced(challenge: Challenge) -> bool:
    return Challenge.objects.get(id=challenge.id).replaced_at is not None


def test_one_network_cannot_use_up_what_a_number_has_in_a_day(world: World, stopped_clock: StoppedClock) -> None:
    challenge, right = world.ask_for_code(BUYER, visitor := browser(network="198.51.100.7")), world.carrier.code(BUYER)
    for by in range(1, CODE.tries_a_day_network + 1):
        with pytest.raises(CodeRefused):
            try_code(challenge, other_than(right, by), visitor)
    stopped_clock.advance(timedelta(minutes=10))
    world.carrier.set_clock(600)
    again = world.ask_for_code(BUYER, neighbour := browser(network="198.51.100.9"))
    with pytest.raises(TooMany):
        try_code(again, world.carrier.code(BUYER), neighbour)

    stopped_clock.advance(timedelta(minutes=10))
    world.carrier.set_clock(1200)
    elsewhere = world.ask_for_code(BUYER, owner := browser(network="203.0.113.7"))
    assert try_code(elsewhere, world.carrier.code(BUYER), owner)


def test_one_browser_gets_few_codes_whatever_the_numbers(world: World) -> None:
    visitor = browser()
    for tail in range(CODE.sent_an_hour_browser):
        codes.request(phone=f"1290000{tail:04}", purpose=CodePurpose.SIGN_IN, visitor=visitor, actor=ANYBODY)

    with pytest.raises(TooMany):
        codes.request(phone=BUYER, purpose=CodePurpose.SIGN_IN, visitor=visitor, actor=ANYBODY)


def test_the_waits_after_the_first_are_longer_by_a_little_that_nobody_can_guess() -> None:
    early, late = (clock.now().replace(microsecond=part) for part in (0, 900_000))

    assert CODE.jittered_wait_after(1, late) == CODE.wait_after(1)
    assert CODE.jittered_wait_after(3, early) == CODE.wait_after(3)
    assert CODE.wait_after(3) < CODE.jittered_wait_after(3, late) <= CODE.wait_after(3) * (1 + CODE.resend_jitter)


def test_waiting_doubles_between_unanswered_codes() -> None:
    assert [CODE.wait_after(sent).total_seconds() for sent in range(1, 8)] == [60, 120, 240, 480, 960, 1920, 1920]


def test_asking_again_too_soon_is_refused_alike_for_known_and_unknown(world: World) -> None:
    assert world.buyer
    world.ask_for_code(STRANGER, browser())
    refusals = []
    for phone in (BUYER, STRANGER):
        with pytest.raises(TooSoon) as refusal:
            world.ask_for_code(phone, browser())
        refusals.append(str(refusal.value))

    assert refusals[0] == refusals[1]


def test_ten_codes_a_day_are_enough(world: World, stopped_clock: StoppedClock) -> None:
    for hour in range(CODE.sent_a_day):
        world.ask_for_code(BUYER, browser())
        stopped_clock.advance(timedelta(hours=1))
        world.carrier.set_clock(3600 * (hour + 1))

    with pytest.raises(TooMany):
        world.ask_for_code(BUYER, browser())


def test_numbers_outside_the_mainland_get_no_code(world: World) -> None:
    for phone in ("+4915112345678", "+85261234567", "10086", "029 8765 4321", "+8612345"):
        with pytest.raises(phones.PhoneRefused):
            codes.request(phone=phone, purpose=CodePurpose.SIGN_IN, visitor=browser(), actor=ANYBODY)


def test_invented_numbers_count_only_where_the_deployment_says_so(world: World, settings: Settings) -> None:
    settings.INVENTED_PHONES = ""

    with pytest.raises(phones.PhoneRefused):
        phones.clean(BUYER)
    assert phones.clean("138 1234 5678") == "+8613812345678"


def test_typing_a_number_attaches_nothing_to_its_owner(world: World, stopped_clock: StoppedClock) -> None:
    buyer = world.buyer
    stopped_clock.advance(timedelta(hours=1))
    world.carrier.set_clock(3600)
    world.ask_for_code(BUYER, browser())

    newest = Message.objects.latest("created_at")
    assert files.subjects_of([newest.recipient])[newest.recipient] != buyer.account.subject


def test_the_record_keeps_no_code(world: World) -> None:
    world.ask_for_code(BUYER, browser())
    code = world.carrier.code(BUYER)

    assert code not in str(list(Challenge.objects.values("code_digest", "browser_sha256", "tries")))


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_of_twenty_wrong_and_one_right_at_once_only_counted_tries_pass(world: World) -> None:
    visitor = browser()
    challenge = world.ask_for_code(BUYER, visitor)
    right = world.carrier.code(BUYER)
    guesses = [other_than(right, by) for by in range(1, 21)]
    guesses.insert(10, right)
    outcomes: dict[str, str] = {}

    def guess(code: str) -> None:
        try:
            try_code(challenge, code, visitor)
            outcomes[code] = "right"
        except (CodeRefused, TooMany) as refusal:
            outcomes[code] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=(code,)) for code in guesses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    challenge.refresh_from_db()
    assert len(outcomes) == 21
    assert challenge.tries <= CODE.tries
    if outcomes[right] != "right":
        assert challenge.tries == CODE.tries
