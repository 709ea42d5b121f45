"""The sales desk: what waits for a person, who may do what about it, and that nothing is paid or issued twice."""

from typing import Any

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.payments import operations as paying
from besttrav.payments.models import Difference, Payment, Refund, RefundState
from besttrav.sales.models import Order, OrderState
from besttrav.sales.waiting import Reason, waiting
from tests import invented
from tests.console.test_console import signed_in
from tests.insurance import Later
from tests.sales.shop import Shop

FRAGMENT = {"HX-Request": "true"}
NOTE = {"why": "looked_into", "case": "TK-2026-0042"}


def differed(shop: Shop, fault: str = "wrong_name") -> Order:
    """Paid, and the insurer has issued something else."""
    order = shop.ordered()
    shop.insurers.misbehave("heyan", {"fault": fault})
    shop.paid(order)
    shop.work()
    shop.insurers.misbehave("heyan")
    return order


def not_refunded(shop: Shop, later: Later) -> tuple[Order, Refund]:
    """Paid, declined, and the channel has not paid it back."""
    order = shop.ordered()
    shop.insurers.misbehave("heyan", {"fault": "decline"})
    shop.cashiers["wechat"].misbehave({"fault": "refund_becomes", "word": "CLOSED"})
    shop.paid(order)
    shop.work()
    shop.let_pass(later, 70)
    shop.cashiers["wechat"].misbehave()
    refund = Refund.objects.get()
    assert refund.state == RefundState.FAILED
    return order, refund


def page_of(client: Client, order: Order) -> str:
    answer = client.get(f"/staff/orders/{order.number}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def act(client: Client, order: Order, noun: str, **changes: str) -> Any:
    return client.post(f"/staff/orders/{order.number}/{noun}/", NOTE | changes)


def settled(order: Order) -> Order:
    order.refresh_from_db()
    return order


def attended(order: Order) -> list[tuple[str, str]]:
    entries = Entry.objects.filter(action="sales.attended", about_id=order.id).order_by("id")
    return [(entry.facts["did"], entry.actor_name) for entry in entries]


def reasons(shop: Shop) -> list[Reason]:
    return [one.reason for one in waiting(clock.now())]


# The list and the page


def test_the_list_says_what_waits_why_and_what_happens_next_at_a_fixed_cost(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009")
    first, client = differed(shop), signed_in(shop.world.service_agent)
    payment = shop.begun(other)
    shop.cashiers["wechat"].pay(payment.number, fen=7)
    paying.ask(payment=payment)
    for fen in (500, 600):
        Difference.objects.create(channel="wechat", what="stray", number="BTP0000", fen_there=fen)
        client.get("/staff/orders/")
        with django_assert_num_queries(12):
            page = client.get("/staff/orders/").content.decode()
    words = (
        f"/staff/orders/{first.number}/",
        "保险公司出具的内容与所购不符",
        f"¥{first.premium}",
        "到时自动退款",
        "¥0.07",
        "¥5.00",
        "¥6.00",
    )
    assert [word for word in words if word not in page] == []

    some = client.get("/staff/orders/?reason=differed", headers=FRAGMENT).content.decode()
    assert "<html" not in some
    assert ("¥0.07" in some, f"¥{first.premium}" in some) == (False, True)
    assert "待人工处理的订单" in client.get("/staff/").content.decode()

    act(signed_in(shop.world.finance_clerk), other, f"payments/{payment.id}/refund")
    assert [one.order for one in waiting(clock.now())] == [first, None, None]


def test_an_order_is_found_by_its_complete_number_and_its_page_masks_everybody(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order, client = differed(shop), signed_in(shop.world.service_agent)
    typed = " ".join(order.number[at : at + 4] for at in range(0, 16, 4)).lower()
    assert client.get("/staff/orders/", {"number": typed})["Location"] == f"/staff/orders/{order.number}/"
    assert client.get("/staff/orders/", {"number": order.number[:-1]}).status_code == 422
    assert client.get("/staff/orders/BT26000000000000/").status_code == 404

    with django_assert_num_queries(19):
        page = page_of(client, order)
    assert "林知远" not in page
    for words in ("林**", Payment.objects.get().number, "：姓名", "签名", "questions", "refusal"):
        assert words in page
    assert "acceptance" not in page, "another name is not harmless"
    assert act(client, order, "acceptance").status_code == 422
    assert Exchange.objects.get(kind=Kind.SUBMIT).state == ExchangeState.DIFFERS


# The insurer


def test_what_the_insurer_put_right_is_asked_for_and_issued(shop: Shop) -> None:
    order, client = differed(shop), signed_in(shop.world.service_agent)
    assert act(client, order, "questions").status_code == 302
    assert Exchange.objects.get(kind=Kind.SUBMIT).state == ExchangeState.DIFFERS

    shop.insurers.put_right("heyan", Exchange.objects.get(kind=Kind.SUBMIT).number)
    act(client, order, "questions")
    shop.work()
    assert settled(order).state == OrderState.ISSUED
    assert attended(order) == [("ask_insurer", "S1001")] * 2
    assert len(shop.insurers.live("heyan")) == 1
    assert reasons(shop) == []


def test_what_is_refused_is_withdrawn_and_refunded_once(shop: Shop, later: Later) -> None:
    order, client = differed(shop), signed_in(shop.world.service_agent)
    assert act(client, order, "refusal").status_code == 302
    assert act(client, order, "refusal").status_code == 422, "it is settled"
    assert act(client, order, "acceptance").status_code == 422
    shop.let_it_end(later, order)

    assert settled(order).state == OrderState.REFUNDED
    assert order.refund_because == "insurer_differed"
    assert shop.insurers.live("heyan") == []
    assert Refund.objects.count() == 1


def test_an_answer_that_is_under_way_is_asked_for_and_never_sent_twice(shop: Shop, later: Later) -> None:
    order = shop.ordered()
    shop.insurers.misbehave("heyan", {"fault": "drop_after"})
    shop.paid(order)
    shop.work()
    shop.move_clocks(later, 61)
    client = signed_in(shop.world.service_agent)
    for _ in range(2):
        act(client, order, "questions")
    shop.work()

    assert settled(order).state == OrderState.ISSUED
    assert len(shop.insurers.policies("heyan")) == 1
    assert Exchange.objects.get(kind=Kind.SUBMIT).tries == 1


# Money


def test_a_failed_refund_is_tried_again_once(shop: Shop, later: Later) -> None:
    order, refund = not_refunded(shop, later)
    assert reasons(shop) == [Reason.FAILED]
    client = signed_in(shop.world.finance_clerk)
    assert "repetition" in page_of(client, order)
    for _ in range(2):
        act(client, order, f"refunds/{refund.id}/repetition")
    shop.let_it_end(later, order)

    assert settled(order).state == OrderState.REFUNDED
    assert [row["fen"] for row in shop.cashiers["wechat"].books()["refunds"] if row["status"] == "SUCCESS"] == [order.premium_fen]
    assert reasons(shop) == []


def test_money_paid_by_hand_takes_a_transfer_and_a_second_person(shop: Shop, later: Later) -> None:
    order, refund = not_refunded(shop, later)
    first, second = signed_in(shop.world.finance_clerk), signed_in(shop.world.second_finance_clerk)
    noun = f"payments/{refund.payment_id}/transfers"
    assert act(first, order, noun).status_code == 422
    assert act(first, order, noun, transfer="6222 0200 0000 0000").status_code == 422
    assert act(first, order, noun, transfer="BANK-20261125-7").status_code == 302
    by_hand = Refund.objects.get(is_by_hand=True)
    confirmation = f"refunds/{by_hand.id}/confirmation"

    assert act(first, order, confirmation, is_right="1").status_code == 422
    assert act(second, order, confirmation, is_right="1").status_code == 302
    shop.work()
    assert settled(order).state == OrderState.REFUNDED
    assert attended(order)[-1] == ("confirm_by_hand", "S1007")
    assert reasons(shop) == []


def test_a_difference_is_settled_by_two(shop: Shop) -> None:
    difference = Difference.objects.create(channel="wechat", what="refund_missing_here", number="BTR0000", fen_there=500)
    first, second = signed_in(shop.world.finance_clerk), signed_in(shop.world.second_finance_clerk)
    address = f"/staff/differences/{difference.id}"
    assert address in first.get("/staff/orders/").content.decode()
    assert "¥5.00" in first.get(f"{address}/").content.decode()

    assert first.post(f"{address}/settlement/", {"case": invented.id_number()}).status_code == 422
    assert first.post(f"{address}/settlement/", {"case": "CASE-77"}).status_code == 302
    assert first.post(f"{address}/confirmation/", {"is_right": "1"}).status_code == 422
    assert second.post(f"{address}/confirmation/", {"is_right": "1"}).status_code == 302
    assert reasons(shop) == []


# Who may not


def test_the_desk_is_for_those_whose_role_it_is_and_nothing_is_done_by_looking(shop: Shop, later: Later) -> None:
    order, refund = not_refunded(shop, later)
    money = [f"refunds/{refund.id}/{noun}" for noun in ("questions", "repetition", "confirmation")]
    money += [f"payments/{refund.payment_id}/{noun}" for noun in ("refund", "transfers")]
    handling = ["questions", "acceptance", "refusal"]

    for noun in (*money, *handling):
        assert act(Client(), order, noun)["Location"].startswith("/staff/sign-in/")
    assert Client().get(f"/staff/orders/{order.number}/")["Location"].startswith("/staff/sign-in/")
    assert not any(act(signed_in(shop.world.service_agent), order, noun).status_code != 403 for noun in money)
    assert not any(act(signed_in(shop.world.finance_clerk), order, noun).status_code != 403 for noun in handling)
    assert signed_in(shop.world.claims_handler).get("/staff/orders/").status_code == 403
    assert signed_in(shop.world.auditor).get(f"/staff/orders/{order.number}/").status_code == 403
    client = signed_in(shop.world.service_agent)
    assert not any(f"{noun}/" in page_of(client, order) for noun in money)
    assert attended(order) == []

    other, client = shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009"), signed_in(shop.world.finance_clerk)
    assert act(client, other, f"refunds/{refund.id}/repetition").status_code == 404
    assert act(client, other, f"payments/{refund.payment_id}/transfers", transfer="BANK-1").status_code == 404
    assert client.get(f"/staff/orders/{order.number}/refunds/{refund.id}/repetition/")["Location"] == f"/staff/orders/{order.number}/"
    assert client.put(f"/staff/orders/{order.number}/questions/").status_code == 405
    assert client.post("/staff/orders/").status_code == 405
    assert act(client, order, f"refunds/{refund.id}/repetition", why="").status_code == 422
    assert Refund.objects.count() == 1
    assert attended(order) == []
