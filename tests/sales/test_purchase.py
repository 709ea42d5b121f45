"""The whole road, from the first step to the policy in hand, with real cashiers and insurers."""

from dataclasses import replace

import pytest

from besttrav.kernel.actors import Actor
from besttrav.payments.models import Scene
from besttrav.policies.models import DocumentKind, Policy, PolicyDocument
from besttrav.privacy import files
from besttrav.privacy.invariants import violations
from besttrav.privacy.vault.models import File
from besttrav.sales import evidence
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Answer, Application, ApplicationState, Order, OrderState
from besttrav.sales.operations import applying, submitting
from besttrav.sales.operations.submitting import Signature
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
