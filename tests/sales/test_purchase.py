"""The whole road, from the first step to the policy in hand, with real cashiers and insurers."""

from dataclasses import replace
from unittest import mock

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from besttrav.journal import aside
from besttrav.kernel.actors import Actor
from besttrav.kernel.identity import Sex
from besttrav.payments.models import Scene
from besttrav.policies.models import DocumentKind, Policy, PolicyDocument
from besttrav.policies.operations.people import Person
from besttrav.privacy import files
from besttrav.privacy.invariants import violations
from besttrav.privacy.vault.models import File
from besttrav.sales import evidence
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Answer, Application, ApplicationState, Order, OrderState
from besttrav.sales.operations import applying, submitting
from besttrav.sales.operations.submitting import Signature
from tests import invented
from tests.sales.shop import Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


@pytest.mark.parametrize("scene", [Scene.NATIVE, Scene.PAGE], ids=["wechat", "alipay"])
def test_two_travellers_are_insured_and_hold_their_e_policy(shop: Shop, scene: Scene) -> None:
    order = shop.ordered("outbound")
    shop.paid(order, scene)
    shop.work()
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED
    policy = Policy.objects.get(contract=order.application.contract)
    assert policy.premium == order.premium
    assert order.application.state == ApplicationState.CONCLUDED
    paper = PolicyDocument.objects.get(policy=policy, kind=DocumentKind.E_POLICY)
    assert paper.size > 10_000
    assert evidence.broken_at(evidence.told(order.application)) is None
    assert violations() == {}


def test_a_year_of_cover_with_questions_about_health_and_an_occupation(shop: Shop) -> None:
    offer = shop.offer("annual-accident")
    buyer = replace(shop.people()[0], occupation="office")
    order = shop.ordered("annual-accident", people=[buyer], is_annual=True, last_day=None, destinations=())
    shop.paid(order)
    shop.work()
    policy = Policy.objects.get(contract=order.application.contract)
    assert policy.insurer == offer.insurer.code
    assert (policy.last_day - policy.first_day).days in {364, 365}
    answered = Answer.objects.filter(application=order.application).first()
    sheet = files.sheet_of(answered.person)
    assert sheet
    assert File.objects.get(pk=sheet.file_id).keep == "CONTRACT"
    assert violations() == {}


def test_a_purchase_keeps_to_its_budget_of_statements_however_many_people_are_in_it(shop: Shop) -> None:
    """Those of both databases and those written aside; the queue's own do not count. Whoever needs more of them argues for it here."""
    bought(shop, 1, people=1)  # Offers, fonts and the like are read once a process.
    one, four = bought(shop, 2, people=1), bought(shop, 3, people=4)
    assert one <= BUDGET
    assert four - one <= 2, "the notices to the others and the look at who has one"


BUDGET = 261  # Seven are the books: what the insurer is to be paid and pays us is entered with the policy.


def bought(shop: Shop, turn: int, *, people: int) -> int:
    """How many statements of our own a purchase takes, from the first step to the policy, the code to the phone included.

    Other people each time: nobody is insured yet.
    """
    phone, (buyer,) = f"+861290000101{turn}", shop.people()
    others = [replace(shop.spouse(), phone="", identity_number=number(shop.spouse(), turn * 4 + place)) for place in range(people - 1)]
    insured = [replace(buyer, phone=phone, identity_number=number(buyer, turn)), *others]
    with (
        mock.patch.object(aside, "commit", wraps=aside.commit) as written_aside,
        CaptureQueriesContext(connections["default"]) as record,
        CaptureQueriesContext(connections["vault"]) as vault,
    ):
        order = shop.ordered(phone=phone, people=insured)
        shop.paid(order)
        shop.work()
    assert Policy.objects.filter(contract=order.application.contract).exists()
    said = [one["sql"] for one in (*record.captured_queries, *vault.captured_queries)]
    ours = [one for one in said if not one.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) and "procrastinate" not in one]
    return len(ours) + written_aside.call_count


def number(person: Person, serial: int) -> str:
    assert person.birth_date
    return invented.id_number(person.birth_date, Sex(person.sex), serial)


def test_what_another_tab_changed_meanwhile_is_not_signed(shop: Shop) -> None:
    application = shop.proved(shop.filled())
    stale = Application.objects.get(pk=application.pk)
    applying.describe_trip(
        application=application, wanted=shop.wanted(shop.offer(), destinations=("FR",)), actor=Actor.visitor(), seen=Seen("trip", "v1")
    )
    with pytest.raises(applying.PaperChanged):
        submitting.submit(
            application=stale,
            revision=stale.revision,
            offer=shop.offer(),
            signature=Signature(name="林知远"),
            actor=Actor.visitor(),
            seen=Seen("confirmation", "v1"),
        )
    assert not Order.objects.exists()
