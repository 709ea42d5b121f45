"""The whole road, from the first step to the policy in hand, with real cashiers and insurers."""

import pytest

from besttrav.payments.models import Scene
from besttrav.policies.models import DocumentKind, Policy, PolicyDocument
from besttrav.privacy.invariants import violations
from besttrav.sales import evidence
from besttrav.sales.models import ApplicationState, OrderState
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
