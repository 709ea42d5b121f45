"""The pages of paying: one charge at most, and each state says where it stands."""

import pytest
from django.test import Client

from besttrav.payments import operations as paying
from besttrav.payments.models import Payment, Scene
from besttrav.sales.models import OrderState
from besttrav.sales.operations import issuing
from tests.insurance import Later
from tests.portal.orders import FRAGMENT, asked_long_ago, buyer
from tests.sales.shop import Shop

pytestmark = pytest.mark.django_db(databases=["default", "vault"], transaction=True)


def test_paying_twice_over_begins_one_payment_and_goes_on_by_itself(shop: Shop) -> None:
    order, client = shop.ordered(), buyer()
    base = f"/orders/{order.number}"
    ways = client.get(f"{base}/payment/")
    assert ways["Cache-Control"] == "no-store, private" or "no-store" in ways["Cache-Control"]
    assert 'value="native"' in ways.content.decode()
    assert 'value="h5"' in client.get(f"{base}/payment/?device=phone").content.decode()
    assert 'value="h5"' in buyer("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)").get(f"{base}/payment/").content.decode()

    for _press in range(2):
        assert client.post(f"{base}/payment/", {"scene": "native"})["Location"] == f"{base}/payment/"
    payment = Payment.objects.get()
    page = client.get(f"{base}/payment/")
    assert page["Referrer-Policy"] == "origin"
    assert "<svg" in page.content.decode()
    assert f"{base}/status/?was=to_pay&amp;asked=1" in page.content.decode()
    assert client.get(f"{base}/payment/?choose").content.decode().count("<form method") >= 2

    waiting = client.get(f"{base}/status/?was=to_pay&asked=3", headers=FRAGMENT)
    assert "HX-Redirect" not in waiting
    assert "asked=4" in waiting.content.decode()
    tired = client.get(f"{base}/status/?was=to_pay&asked=40", headers=FRAGMENT).content.decode()
    assert "load delay" not in tired
    assert f'href="{base}/status/?was=to_pay"' in tired
    assert client.get(f"{base}/status/")["Location"] == f"{base}/payment/"

    shop.cashiers["wechat"].pay(payment.number)
    asked_long_ago()
    paid = client.get(f"{base}/status/?was=to_pay&asked=4", headers=FRAGMENT)
    assert paid["HX-Redirect"] == f"{base}/"
    assert client.get(f"{base}/payment/")["Location"] == f"{base}/"
    assert client.post(f"{base}/payment/", {"scene": "page"})["Location"] == f"{base}/"
    assert Payment.objects.count() == 1
    assert f"{base}/status/?was=paid&amp;asked=1" in client.get(f"{base}/").content.decode()


def test_another_way_closes_the_first_and_a_dead_one_offers_both_again(shop: Shop) -> None:
    order, client = shop.ordered(), buyer()
    base = f"/orders/{order.number}"
    client.post(f"{base}/payment/", {"scene": "native"})
    client.post(f"{base}/payment/", {"scene": "wap"})
    assert list(Payment.objects.order_by("id").values_list("scene", flat=True)) == [Scene.NATIVE, Scene.WAP]
    assert Payment.objects.get(scene=Scene.NATIVE).given_up_at is not None
    page = client.get(f"{base}/payment/").content.decode()
    assert f'href="{shop.cashiers["alipay"].address}' in page
    assert 'target="_blank"' not in page

    returned = client.get(
        f"{base}/payment/?returned", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    )
    assert returned.status_code == 200

    client.post(f"{base}/payment/", {"scene": "h5"})
    shop.cashiers["wechat"].misbehave({"fault": "drop_before", "call": "prepay", "times": 9})
    assert "没有扣款" in client.get(f"{base}/payment/").content.decode()
    assert client.post(f"{base}/payment/", {"scene": "gold"})["Location"] == f"{base}/payment/?choose"
    assert client.put(f"{base}/payment/").status_code == 405
    assert client.post(f"{base}/status/").status_code == 405


def test_when_the_time_is_over_nothing_can_be_paid_and_the_way_back_is_shown(shop: Shop, later: Later) -> None:
    order, client = shop.ordered(), buyer()
    base = f"/orders/{order.number}"
    client.post(f"{base}/payment/", {"scene": "native"})
    client.get(f"{base}/payment/")
    shop.move_clocks(later, 31 * 60)
    assert client.get(f"{base}/payment/")["Location"] == f"{base}/"
    assert f"{base}/status/?was=over" in client.get(f"{base}/").content.decode()

    paying.recover()  # closes it at the channel first
    issuing.expire()
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED
    assert client.post(f"{base}/payment/", {"scene": "page"})["Location"] == f"{base}/"
    assert Payment.objects.count() == 1
    page = client.get(f"{base}/").content.decode()
    assert "/products/outbound/?to=JP&amp;start=" in page
    assert client.get(f"{base}/status/?was=over", headers=FRAGMENT)["HX-Redirect"] == f"{base}/"


@pytest.mark.parametrize("address", ["", "payment/", "status/", "documents/e-policy/"])
def test_whoever_did_not_buy_it_sees_no_such_order(shop: Shop, address: str) -> None:
    order = shop.ordered()
    assert Client().get(f"/orders/{order.number}/{address}").status_code == 404
    assert Client().get(f"/orders/BT26000000000000/{address}").status_code == 404


def test_a_demonstration_says_where_the_simulated_phone_is(shop: Shop, settings) -> None:  # type: ignore[no-untyped-def]  # pytest-django's
    order, client = shop.ordered(), buyer()
    client.post(f"/orders/{order.number}/payment/", {"scene": "native"})
    simulator = shop.cashiers["wechat"].address
    assert f"{simulator}/pay/" not in client.get(f"/orders/{order.number}/payment/").content.decode()
    settings.DEMO = True
    assert f"{simulator}/pay/" in client.get(f"/orders/{order.number}/payment/").content.decode()
