"""The rules decide: an order, or a refusal that says why and what would change it."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from besttrav.journal.operations import move
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import Money
from besttrav.people.operations import codes
from besttrav.policies.purposes import APPLY
from besttrav.privacy.gate import reveal_one
from besttrav.sales import queries
from besttrav.sales.evidence import Seen
from besttrav.sales.models import ApplicationState, Decision, Order, OrderState
from besttrav.sales.operations import applying, submitting
from besttrav.sales.operations.submitting import NameDiffers, PhoneNotProved, Signature, SignatureRefused
from tests import invented
from tests.sales.shop import PHONE, Shop

VISITOR = Actor.visitor()
SEEN = Seen("confirmation", "v1")
STROKES = "M10 10 " + " ".join(f"L{10 * step} {20 + step % 3}" for step in range(1, 40))


def test_a_signed_application_becomes_an_order_once(shop: Shop) -> None:
    submitted = shop.submitted()
    order = submitted.order
    assert order
    assert submitted.decision.outcome == "accept"
    assert order.application.state == ApplicationState.SUBMITTED
    again = submitting.submit(
        application=order.application,
        revision=order.application.revision,
        offer=shop.offer(),
        signature=Signature(name="林知远"),
        actor=VISITOR,
        seen=SEEN,
    )
    assert again.order == order
    assert Order.objects.count() == 1


def rules_of(decision: Decision) -> set[str]:
    opened = reveal_one(decision, "explanation", purpose=APPLY, actor=queries.buyer_of(decision.application, VISITOR))
    return {reason["code"] for reason in json.loads(opened.explanation)["reasons"]}


def test_a_minor_above_the_cap_is_refused_with_the_rule_and_a_way_out(shop: Shop) -> None:
    born = date(2018, 2, 2)
    child = replace(
        shop.spouse(), relation="child", birth_date=born, identity_number=invented.id_number(born), phone="", death_elsewhere=_yuan(150_000)
    )
    submitted = shop.submitted(people=shop.people(child))
    assert submitted.order is None
    assert "minor_cap" in rules_of(submitted.decision)
    application = submitted.decision.application
    assert application.state == ApplicationState.DECLINED
    opened = reveal_one(submitted.decision, "explanation", purpose=APPLY, actor=queries.buyer_of(application, VISITOR))
    explained = json.loads(opened.explanation)
    reason = next(one for one in explained["reasons"] if one["code"] == "minor_cap")
    assert reason["position"] == 2
    assert all(reason["says"])
    assert ["age", "8", 2] in explained["inputs"]


def test_whoever_was_declined_changes_what_stood_in_the_way(shop: Shop) -> None:
    born = date(2018, 2, 2)
    plain = replace(shop.spouse(), relation="child", birth_date=born, identity_number=invented.id_number(born), phone="")
    declined = shop.submitted(people=shop.people(replace(plain, death_elsewhere=_yuan(150_000)))).decision.application
    applying.write_people(application=declined, people=shop.people(plain), actor=VISITOR, seen=SEEN)
    assert declined.state == ApplicationState.DRAFT
    agreed = frozenset(applying.consents_needed(shop.offer(), queries.parties_of(declined)))
    applying.consent(application=declined, offer=shop.offer(), agreed=agreed, actor=VISITOR, seen=SEEN)
    submitted = submitting.submit(
        application=declined, revision=declined.revision, offer=shop.offer(), signature=Signature(name="林知远"), actor=VISITOR, seen=SEEN
    )
    assert submitted.order
    assert Decision.objects.filter(application=declined).count() == 2


def test_the_same_cover_for_the_same_days_is_sold_once(shop: Shop) -> None:
    order = shop.ordered()
    shop.paid(order)
    shop.work()
    again = shop.submitted(people=shop.people(shop.spouse(), phone="+8612900001009"), phone="+8612900001009")
    assert again.order is None
    assert "too_many_copies" in rules_of(again.decision)


def test_what_is_paid_and_on_its_way_to_the_insurer_counts_as_well(shop: Shop) -> None:
    order = shop.ordered()
    again = shop.people(shop.spouse(), phone="+8612900001009")
    assert shop.submitted(people=again, phone="+8612900001009").order, "an order nobody paid takes no cover from anybody"
    move(order, OrderState.PAID, actor=VISITOR, because="captured")
    third = shop.submitted(people=shop.people(shop.spouse(), phone="+8612900001010"), phone="+8612900001010")
    assert "too_many_copies" in rules_of(third.decision)


def test_the_phone_is_proved_before_anything_is_signed(shop: Shop) -> None:
    application = shop.filled()
    with pytest.raises(PhoneNotProved):
        submitting.submit(
            application=application,
            revision=application.revision,
            offer=shop.offer(),
            signature=Signature(name="林知远"),
            actor=VISITOR,
            seen=SEEN,
        )
    challenge = submitting.request_code(application=application, visitor=shop.visitor, actor=VISITOR)
    shop.work()
    applying.write_people(application=application, people=shop.people(shop.spouse(), phone="+8612900001008"), actor=VISITOR, seen=SEEN)
    with pytest.raises(codes.CodeRefused):
        submitting.prove_phone(
            application=application, challenge_id=challenge.id, code=shop.world.carrier.code(PHONE), visitor=shop.visitor, actor=VISITOR
        )


def test_a_new_phone_is_proved_anew(shop: Shop) -> None:
    application = shop.proved(shop.filled())
    applying.write_people(application=application, people=shop.people(shop.spouse(), phone="+8612900001008"), actor=VISITOR, seen=SEEN)
    assert not submitting.knows_phone(application)


@pytest.mark.parametrize("drawing", ["M1 1", "M10 10 L10 10", STROKES + "<svg onload=alert(1)>", "M10 10 " + "L10 10 " * 20_000])
def test_a_dot_a_script_and_a_mountain_are_no_signature(shop: Shop, drawing: str) -> None:
    application = shop.proved(shop.filled())
    with pytest.raises(SignatureRefused):
        submitting.submit(
            application=application,
            revision=application.revision,
            offer=shop.offer(),
            signature=Signature(drawing=drawing),
            actor=VISITOR,
            seen=SEEN,
        )


def test_a_drawing_or_the_applicants_own_name_signs(shop: Shop) -> None:
    application = shop.proved(shop.filled())
    with pytest.raises(NameDiffers):
        submitting.submit(
            application=application,
            revision=application.revision,
            offer=shop.offer(),
            signature=Signature(name="苏晚晴"),
            actor=VISITOR,
            seen=SEEN,
        )
    submitted = submitting.submit(
        application=application,
        revision=application.revision,
        offer=shop.offer(),
        signature=Signature(drawing=STROKES),
        actor=VISITOR,
        seen=SEEN,
    )
    assert submitted.order


def test_a_trip_that_begins_too_soon_says_when_it_may_begin(shop: Shop) -> None:
    submitted = shop.submitted(first_day=shop.first_day - timedelta(days=10), last_day=shop.first_day)
    assert submitted.order is None
    assert "starts_too_early" in rules_of(submitted.decision)


def test_one_tap_asks_for_a_human_and_is_written_down_once(shop: Shop) -> None:
    decision = shop.submitted(first_day=shop.first_day - timedelta(days=10), last_day=shop.first_day).decision
    submitting.ask_human(decision=decision, actor=VISITOR)
    asked = decision.person_asked_at
    submitting.ask_human(decision=decision, actor=VISITOR)
    assert decision.person_asked_at == asked is not None


def _yuan(amount: int) -> Money:
    return Money(amount * 100)
