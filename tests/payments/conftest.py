"""Orders to be paid in tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.ids import new_id
from besttrav.kernel.money import Money
from besttrav.payments import operations as paying
from besttrav.payments.models import ChannelName, Payment, Scene
from tests.cashiers import Cashier

BUYER = Actor.person(id=UUID("22222222-2222-7222-8222-222222222222"), subject=UUID("33333333-3333-7333-8333-333333333333"))
CLERK = Actor.staff(id=UUID("44444444-4444-7444-8444-444444444444"), number="0417", roles=frozenset({"finance"}))
PRICE = Money(12_345)
BACK = "https://besttrav.example/orders/1/payment/"

Begun = Callable[..., Payment]


def begun(order_id: UUID | None = None, scene: Scene = Scene.NATIVE, amount: Money = PRICE, minutes: int = 30, **more: Any) -> Payment:
    """The buyer has chosen how to pay."""
    return paying.begin(
        order_id=order_id or new_id(),
        subject=BUYER.subject,
        amount=amount,
        channel=ChannelName(scene.channel),
        scene=scene,
        description="境外旅行保险",
        expires_at=more.pop("expires_at", None) or clock.now() + timedelta(minutes=minutes),
        actor=BUYER,
        **more,
    )


def shown(payment: Payment, cashiers: dict[str, Cashier]) -> Payment:
    """The buyer sees the code, or stands at the channel's page."""
    prepared = paying.prepay(payment=payment, return_url=BACK, payer_address="192.0.2.7")
    assert prepared.result == "ok"
    if payment.channel == ChannelName.ALIPAY:
        cashiers["alipay"].open(prepared.address)
    payment.refresh_from_db()
    return payment


def captured(cashiers: dict[str, Cashier], **wishes: Any) -> Payment:
    """Paid, and we know it."""
    payment = shown(begun(**wishes), cashiers)
    cashiers[payment.channel].pay(payment.number)
    paying.ask(payment=payment)
    return payment


@pytest.fixture(params=[Scene.NATIVE, Scene.PAGE], ids=["wechat", "alipay"])
def scene(request: pytest.FixtureRequest) -> Scene:
    """Each story is told for both channels."""
    return Scene(request.param)
