"""Finding an order again without an account: number, phone and code show how it stands; papers take the document's last digits as well."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings

from besttrav.journal.models import Entry
from besttrav.kernel import references
from besttrav.kernel.actors import Actor
from besttrav.kernel.references import ReferenceRefused
from besttrav.people.models import Challenge, CodePurpose
from besttrav.people.operations import codes
from besttrav.people.operations.codes import CodeRefused
from besttrav.people.visitors import Visitor, digest
from besttrav.policies.models import DocumentKind, Party, PolicyDocument
from besttrav.policies.operations import papers
from besttrav.privacy import erasing
from besttrav.sales import queries
from besttrav.sales.limits import VISIT
from besttrav.sales.models import Order, Visit
from besttrav.sales.operations import finding
from besttrav.sales.operations.finding import DigitsRefused, NotFound
from tests.conftest import StoppedClock
from tests.sales.shop import PHONE, Shop
from tests.world import browser

VISITOR = Actor.visitor()
OTHER = "+8612900006666"


@pytest.fixture
def order(shop: Shop) -> Order:
    return shop.ordered()


@dataclass
class Finder:
    """Somebody who types a number and a phone into a strange browser, and reads the codes that come to that phone."""

    shop: Shop
    order: Order
    clock: StoppedClock
    minutes: int = 0

    def asks(self, phone: str = PHONE) -> tuple[Challenge, str, Visitor]:
        self.minutes += 3  # The code before was sent a moment ago: neither we nor the carrier send the next at once.
        self.clock.advance(timedelta(minutes=3))
        self.shop.world.carrier.set_clock(self.minutes * 60)
        visitor = browser()
        challenge = finding.request_code(phone=phone, visitor=visitor, actor=VISITOR)
        self.shop.work()
        return challenge, self.shop.world.carrier.code(phone), visitor

    def comes(self, *, phone: str = PHONE, number: str = "") -> tuple[Visit, str]:
        challenge, code, visitor = self.asks(phone)
        return finding.find(number=number or self.order.number, challenge_id=challenge.id, code=code, visitor=visitor, actor=VISITOR)


@pytest.fixture
def finder(shop: Shop, order: Order, stopped_clock: StoppedClock) -> Finder:
    return Finder(shop, order, stopped_clock)


def last_digits(shop: Shop) -> str:
    return shop.people()[0].identity_number[-VISIT.digits :]


def test_number_phone_and_code_show_how_the_order_stands_for_half_an_hour(
    finder: Finder, order: Order, stopped_clock: StoppedClock
) -> None:
    visit, token = finder.comes()
    assert queries.living_visit(digest(token)) == visit
    assert queries.orders_of(visit=visit) == [order]
    assert not visit.sees_papers
    (entry,) = Entry.objects.filter(action="sales.found", about_id=order.id)
    assert (entry.about_id, entry.subject, entry.facts["papers"]) == (order.id, order.subject, False)
    stopped_clock.advance(timedelta(minutes=VISIT.minutes, seconds=1))
    assert queries.living_visit(digest(token)) is None


def test_the_token_is_not_kept(finder: Finder) -> None:
    _, token = finder.comes()
    assert not Visit.objects.filter(token_sha256=token).exists()
    assert queries.living_visit(token) is None


def test_the_stranger_hears_the_same_for_an_order_of_somebody_else_and_for_none(finder: Finder, shop: Shop, order: Order) -> None:
    somebody = shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009")
    for number in (order.number, somebody.number, references.mint(settings.ORDER_PREFIX)):
        with pytest.raises(NotFound):
            finder.comes(phone=OTHER, number=number)
    assert not Visit.objects.exists()
    assert not Entry.objects.filter(action="sales.found", about_id__in=[order.id, somebody.id]).exists()


def test_the_phone_of_another_insured_person_is_not_the_buyers(finder: Finder) -> None:
    with pytest.raises(NotFound):
        finder.comes(phone="+8612900001002")


def test_a_number_with_a_typing_mistake_is_told_apart_before_any_code_is_used(finder: Finder, order: Order) -> None:
    wrong = order.number[:-1] + ("2" if order.number[-1] != "2" else "3")
    with pytest.raises(ReferenceRefused):
        finder.comes(number=wrong)


def test_a_code_finds_one_order_once_and_only_for_finding(finder: Finder, order: Order) -> None:
    challenge, code, visitor = finder.asks()
    with pytest.raises(CodeRefused):
        codes.check(challenge_id=challenge.id, code=code, purpose=CodePurpose.SIGN_IN, visitor=visitor, actor=VISITOR)
    finding.find(number=order.number, challenge_id=challenge.id, code=code, visitor=visitor, actor=VISITOR)
    with pytest.raises(CodeRefused):
        finding.find(number=order.number, challenge_id=challenge.id, code=code, visitor=visitor, actor=VISITOR)
    assert Visit.objects.count() == 1


def test_a_code_read_by_somebody_at_another_browser_finds_nothing(finder: Finder, order: Order) -> None:
    challenge, code, _ = finder.asks()
    with pytest.raises(CodeRefused):
        finding.find(number=order.number, challenge_id=challenge.id, code=code, visitor=browser(), actor=VISITOR)


def test_papers_take_the_last_digits_of_the_document(finder: Finder, shop: Shop, order: Order) -> None:
    shop.paid(order)
    shop.work()
    visit, _ = finder.comes()
    with pytest.raises(DigitsRefused):
        finding.join(visit=visit, account=shop.world.stranger.account, actor=shop.world.stranger.actor)
    finding.show_papers(visit=visit, digits=f" {last_digits(shop)} ", actor=VISITOR)
    assert visit.sees_papers
    assert papers.hand_over(document=PolicyDocument.objects.get(kind=DocumentKind.E_POLICY), actor=queries.acting_for(visit.order))
    assert finding.policy_of(order)


def test_wrong_digits_end_the_visit_after_a_few_tries(finder: Finder, shop: Shop) -> None:
    visit, _ = finder.comes()
    for wrong in ("0000", "", last_digits(shop)[:-1], shop.people()[0].identity_number, "1" * 40)[: VISIT.wrong_digits]:
        with pytest.raises(DigitsRefused):
            finding.show_papers(visit=visit, digits=wrong, actor=VISITOR)
    with pytest.raises(NotFound):
        finding.show_papers(visit=visit, digits=last_digits(shop), actor=VISITOR)
    assert not visit.sees_papers


def test_beginning_again_and_again_gives_no_more_tries_than_a_day_has(finder: Finder, shop: Shop) -> None:
    wrong = 0
    while wrong < VISIT.wrong_digits_a_day:
        visit, _ = finder.comes()
        for _ in range(min(VISIT.wrong_digits, VISIT.wrong_digits_a_day - wrong)):
            with pytest.raises(DigitsRefused):
                finding.show_papers(visit=visit, digits="0000", actor=VISITOR)
            wrong += 1
    visit, _ = finder.comes()
    with pytest.raises(NotFound):
        finding.show_papers(visit=visit, digits=last_digits(shop), actor=VISITOR)


def test_the_right_digits_open_nothing_once_the_visit_has_ended(finder: Finder, shop: Shop, stopped_clock: StoppedClock) -> None:
    visit, _ = finder.comes()
    stopped_clock.advance(timedelta(minutes=VISIT.minutes))
    with pytest.raises(NotFound):
        finding.show_papers(visit=visit, digits=last_digits(shop), actor=VISITOR)


def test_whoever_signs_in_and_proves_it_is_theirs_takes_the_order_into_their_account(finder: Finder, shop: Shop, order: Order) -> None:
    visit, _ = finder.comes()
    finding.show_papers(visit=visit, digits=last_digits(shop), actor=VISITOR)
    buyer, stranger = shop.world.child, shop.world.stranger  # any account will do: what counts was proved by the visit
    finding.join(visit=visit, account=buyer.account, actor=buyer.actor)
    finding.join(visit=visit, account=buyer.account, actor=buyer.actor)
    assert queries.orders_of(account=buyer.account) == [order]
    order.application.refresh_from_db()
    assert order.application.account == buyer.account
    with pytest.raises(NotFound):
        finding.join(visit=visit, account=stranger.account, actor=stranger.actor)
    assert not queries.orders_of(account=stranger.account)


def test_whoever_was_forgotten_is_found_by_nothing(finder: Finder, order: Order) -> None:
    erasing.erase(subject=order.subject, actor=Actor.person(id=order.subject, subject=order.subject), because="asked")
    with pytest.raises(NotFound):
        finder.comes()
    Party.objects.filter(contract=order.application.contract).delete()
    with pytest.raises(NotFound):
        finder.comes()
