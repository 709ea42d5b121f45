"""What follows the money: whoever paid is insured or has their money back, whatever the insurer, the channel or the clock does.

Told with real cashiers and insurers. Processes that die on the way are killed in tests/faults.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from besttrav.contact.models import Message
from besttrav.insurers import operations as insuring
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.registry import forget_providers
from besttrav.payments import operations as paying
from besttrav.payments.models import Payment, PaymentState, Refund, Scene
from besttrav.policies.models import DocumentKind, Party, Policy, PolicyDocument
from besttrav.policies.operations import papers
from besttrav.policies.operations.people import Person
from besttrav.policies.purposes import PROVE_COVER
from besttrav.privacy import consents, erasing, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import Closed, NotYours, reveal
from besttrav.privacy.invariants import violations
from besttrav.privacy.keeping import Keep
from besttrav.privacy.models import Sharing
from besttrav.privacy.vault.models import Clock, File
from besttrav.sales import evidence, queries
from besttrav.sales.models import Answer, Application, ApplicationState, Notice, Order, OrderState
from besttrav.sales.operations import issuing
from tests import invented
from tests.faults.test_together import at_once, beside
from tests.insurance import Later
from tests.sales.shop import PHONE, Shop


def in_a_soak(*values: object) -> Any:
    """One of several that go the same way."""
    return pytest.param(*values, marks=pytest.mark.soak)


both_insurers = pytest.mark.parametrize("slug", ["outbound", "schengen"], ids=["heyan", "yunhang"])
both_channels = pytest.mark.parametrize("scene", [Scene.NATIVE, Scene.PAGE], ids=["wechat", "alipay"])
MINUTE = 60


def ordered(shop: Shop, slug: str = "outbound") -> Order:
    return shop.ordered(slug) if slug == "outbound" else shop.ordered(slug, plan=shop.offer(slug).plans[0].code, destinations=("FR",))


def answered(shop: Shop) -> Order:
    """An order of the product that asks about health."""
    offer = shop.offer("annual-accident")
    office = next(one.code for one in offer.occupations if one.number == 1)
    people = [replace(person, occupation=office) for person in shop.people()]
    return shop.ordered("annual-accident", people=people, is_annual=True, last_day=None, destinations=("CN",))


def submission(order: Order) -> Exchange:
    return Exchange.objects.get(contract=order.application.contract, kind=Kind.SUBMIT)


def insurer_of(order: Order) -> str:
    return queries.offer_of(order.application).insurer.code


def e_policies() -> list[PolicyDocument]:
    return list(PolicyDocument.objects.filter(kind=DocumentKind.E_POLICY))


def texts(shop: Shop, what: str) -> list[str]:
    return [text for text in shop.world.carrier.texts(PHONE) if what in text]


def assert_given_back(shop: Shop, order: Order, because: str) -> None:
    """Everything is back where it came from, under one number for good, and nobody has a policy."""
    order.refresh_from_db()
    application = Application.objects.get(pk=order.application_id)
    assert (order.state, order.refund_because) == (OrderState.REFUNDED, because)
    assert application.state == ApplicationState.LAPSED
    refund = Refund.objects.get()
    assert refund.amount == order.premium
    channel = shop.cashiers[refund.payment.channel].books()
    assert [(one["number"], one["fen"], one["status"]) for one in channel["refunds"]] == [(refund.number, order.premium_fen, "SUCCESS")]
    assert not Policy.objects.exists()
    assert shop.insurers.live(insurer_of(order)) == []
    assert_whole(order)


def assert_whole(order: Order) -> None:
    """Every invariant holds, but for the journal's own proof: the test's transaction hides its entries from it."""
    assert violations(but=["the_journal_verifies"]) == {}
    assert evidence.broken_at(evidence.told(order.application)) is None


# The insurer says no, nothing, or something else


@pytest.mark.parametrize(
    ("slug", "scene"),
    [
        ("outbound", Scene.NATIVE),
        ("schengen", Scene.PAGE),
        in_a_soak("outbound", Scene.PAGE),
        in_a_soak("schengen", Scene.NATIVE),
    ],
    ids=["heyan-wechat", "yunhang-alipay", "heyan-alipay", "yunhang-wechat"],
)
def test_an_insurer_that_declines_sends_the_money_back_under_one_number(shop: Shop, later: Later, scene: Scene, slug: str) -> None:
    order = ordered(shop, slug)
    shop.insurers.misbehave(insurer_of(order), {"fault": "decline"})
    shop.paid(order, scene)
    shop.let_it_end(later, order)
    assert submission(order).state == ExchangeState.REJECTED
    for _ in range(3):  # Whoever tells it again tells nothing new.
        issuing.settle(exchange=submission(order))
        issuing.settle_refund(refund=Refund.objects.get())
    shop.work()
    assert_given_back(shop, order, "insurer_declined")
    assert len(texts(shop, "未能承保")) == 1


@both_insurers
def test_an_insurer_that_is_silent_past_its_patience_is_given_up_and_withdrawn(shop: Shop, later: Later, slug: str) -> None:
    order = ordered(shop, slug)
    code = insurer_of(order)
    shop.insurers.misbehave(code, {"fault": "drop_after"}, {"fault": "status", "action": "query", "times": 500})
    shop.paid(order)
    shop.work()
    shop.let_pass(later, 61)
    assert shop.insurers.live(code) == [submission(order).number], "it has issued, and we cannot know"
    shop.let_it_end(later, order)
    assert submission(order).state == ExchangeState.GIVEN_UP
    assert Exchange.objects.get(kind=Kind.WITHDRAW).state == ExchangeState.OK
    assert {policy["state"] for policy in shop.insurers.policies(code)} == {"cancelled"}
    assert_given_back(shop, order, "insurer_silent")


def test_an_insurer_that_cannot_be_reached_is_not_withdrawn_from(shop: Shop, later: Later, settings: Any) -> None:
    order = ordered(shop)
    entry = settings.PROVIDERS["insurer:heyan"]
    away = entry | {"options": entry["options"] | {"address": "http://127.0.0.1:9"}}  # nobody listens there
    settings.PROVIDERS = settings.PROVIDERS | {"insurer:heyan": away}
    settings.OUTGOING_ALLOWED = [*settings.OUTGOING_ALLOWED, "127.0.0.1:9"]
    shop.insurers.forget()
    forget_providers()
    shop.paid(order)
    shop.let_it_end(later, order)
    assert not submission(order).may_have_arrived
    assert not Exchange.objects.filter(kind=Kind.WITHDRAW).exists()
    assert_given_back(shop, order, "insurer_silent")


@pytest.mark.parametrize("fault", ["wrong_name", "wrong_premium", "wrong_date", in_a_soak("wrong_sum"), in_a_soak("missing_person")])
def test_a_policy_that_says_something_else_is_never_issued_and_past_the_clock_the_money_goes_back(
    shop: Shop, later: Later, fault: str
) -> None:
    order = ordered(shop)
    shop.insurers.misbehave("heyan", {"fault": fault})
    shop.paid(order)
    shop.work()
    exchange = submission(order)
    assert exchange.state == ExchangeState.DIFFERS
    assert exchange.differences
    order.refresh_from_db()
    assert order.state == OrderState.PAID, "a human may still have it put right"
    shop.let_pass(later, 29 * MINUTE)
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    shop.let_pass(later, 2 * MINUTE)
    shop.let_it_end(later, order)
    assert submission(order).state == ExchangeState.GIVEN_UP
    assert_given_back(shop, order, "insurer_differed")


def test_a_policy_that_was_put_right_in_time_is_issued(shop: Shop, later: Later) -> None:
    order = ordered(shop)
    shop.insurers.misbehave("heyan", {"fault": "wrong_name"})
    shop.paid(order)
    shop.work()
    exchange = submission(order)
    shop.insurers.put_right("heyan", exchange.number)
    application = order.application
    recall = partial(issuing._submission, exchange, application, issuing._opened_again(application))
    insuring.look_again(exchange=exchange, recall=recall, actor=shop.world.service_agent.actor)
    shop.work()
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED
    assert_whole(order)


@both_insurers
def test_an_answer_that_was_lost_is_asked_for_and_the_policy_adopted(shop: Shop, later: Later, slug: str) -> None:
    order = ordered(shop, slug)
    code = insurer_of(order)
    shop.insurers.misbehave(code, {"fault": "drop_after"})
    shop.paid(order)
    shop.let_it_end(later, order)
    assert order.state == OrderState.ISSUED
    assert shop.insurers.live(code) == [submission(order).number]
    assert Sharing.objects.filter(about=submission(order).id).values("subject").count() == 2, "nothing left a second time"
    assert_whole(order)


# Money that comes late, twice, or under way


@both_channels
def test_a_payment_after_the_order_expired_is_refunded(shop: Shop, later: Later, scene: Scene) -> None:
    order = ordered(shop)
    payment = shop.begun(order, scene)
    cashier = shop.cashiers[payment.channel]
    cashier.misbehave({"fault": "status", "call": "close", "times": 99}, {"fault": "status", "call": "query", "times": 99})
    shop.let_pass(later, 31 * MINUTE)
    order.refresh_from_db()
    assert order.state == OrderState.TO_PAY, "nobody knows yet whether it was paid"
    shop.let_pass(later, 60 * MINUTE)
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED
    cashier.misbehave()
    cashier.pay(payment.number)
    for _ in range(4):
        shop.let_pass(later, 90)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state) == (PaymentState.RETURNED, OrderState.EXPIRED)
    assert [refund["fen"] for refund in cashier.books()["refunds"]] == [order.premium_fen]
    assert not Exchange.objects.exists()
    assert not Sharing.objects.exists()
    assert_whole(order)


@both_channels
def test_what_was_paid_in_the_last_minute_buys_the_order_though_nobody_told_us(shop: Shop, later: Later, scene: Scene) -> None:
    order = ordered(shop)
    payment = shop.begun(order, scene)
    shop.move_clocks(later, 29 * MINUTE)
    shop.cashiers[payment.channel].pay(payment.number)
    shop.move_clocks(later, 2 * MINUTE)
    issuing.expire()
    order.refresh_from_db()
    assert order.state == OrderState.TO_PAY, "the channel closes it first"
    paying.recover()
    shop.let_it_end(later, order)
    assert order.state == OrderState.ISSUED
    assert not Refund.objects.exists()
    assert_whole(order)


def test_an_order_that_was_never_paid_expires_once_its_channel_has_closed_it(shop: Shop, later: Later) -> None:
    order = ordered(shop)
    payment = shop.begun(order)
    shop.move_clocks(later, 30 * MINUTE + 16)
    issuing.expire()
    order.refresh_from_db()
    assert order.state == OrderState.TO_PAY
    paying.recover()
    payment.refresh_from_db()
    assert payment.state == PaymentState.CLOSED
    issuing.expire()
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED
    assert_whole(order)


def test_of_two_payments_by_two_channels_one_is_applied_and_the_other_refunds_itself(shop: Shop, later: Later) -> None:
    order = ordered(shop)
    first, second = shop.begun(order, Scene.NATIVE), shop.begun(order, Scene.PAGE)
    shop.cashiers["wechat"].pay(first.number)
    shop.cashiers["alipay"].pay(second.number)
    shop.let_it_end(later, order)
    for _ in range(2):
        shop.let_pass(later, 90)
    states = {payment.channel: payment.state for payment in Payment.objects.all()}
    assert sorted(states.values()) == [PaymentState.CAPTURED, PaymentState.RETURNED]
    assert order.state == OrderState.ISSUED
    assert order.payment == Payment.objects.get(state=PaymentState.CAPTURED).id
    assert [refund["fen"] for cashier in shop.cashiers.values() for refund in cashier.books()["refunds"]] == [order.premium_fen]
    assert_whole(order)


def test_money_whose_job_was_lost_is_taken_up_by_the_clock(shop: Shop, later: Later) -> None:
    """The queue gives a job up after hours without vault or journal; the order that was paid in time does not expire."""
    order = ordered(shop)
    shop.paid(order)
    lose_the_jobs()
    shop.let_pass(later, 31 * MINUTE)
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED
    assert_whole(order)


@pytest.mark.parametrize("fault", [None, "decline"])
def test_an_insurers_answer_whose_job_was_lost_is_taken_up_by_the_clock(shop: Shop, later: Later, fault: str | None) -> None:
    order = ordered(shop)
    shop.insurers.misbehave("heyan", *([{"fault": fault}] if fault else []))
    shop.paid(order)
    issuing.take_payment(payment=Payment.objects.get())
    issuing.work(exchange=submission(order))
    lose_the_jobs()
    shop.let_pass(later, 31 * MINUTE)
    shop.let_it_end(later, order)
    assert order.state == (OrderState.REFUNDED if fault else OrderState.ISSUED)
    assert_whole(order)


def test_one_order_that_cannot_go_on_keeps_no_other_from_its_turn(shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, other = ordered(shop), shop.ordered(people=shop.people(phone="+8612900001009"), phone="+8612900001009")
    expire = issuing._expire

    def refusing(order_id: Any) -> None:
        if order_id == stuck.id:
            raise ZeroDivisionError
        expire(order_id)

    monkeypatch.setattr(issuing, "_expire", refusing)
    later(31 * MINUTE)
    with pytest.raises(ExceptionGroup) as failed:
        issuing.expire()
    assert [type(error) for error in failed.value.exceptions] == [ZeroDivisionError]
    other.refresh_from_db()
    assert other.state == OrderState.EXPIRED


def lose_the_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'todo'")


# Other contracts of the same people


def child(shop: Shop) -> Person:
    born = date(2018, 2, 2)
    return shop.spouse(relation="child", birth_date=born, identity_number=invented.id_number(born), phone="")


def again(shop: Shop, *more: Person, **wishes: Any) -> Order:
    """Once more the same people, by another phone."""
    return shop.ordered(people=shop.people(*more, phone="+8612900001009"), phone="+8612900001009", **wishes)


def test_of_two_orders_for_one_person_who_pays_first_is_insured_and_the_other_has_the_money_back(shop: Shop, later: Later) -> None:
    first, second = ordered(shop), again(shop)
    shop.paid(second)
    shop.paid(first)
    shop.let_it_end(later, first)
    second.refresh_from_db()
    assert second.state == OrderState.ISSUED
    assert (first.state, first.refund_because) == (OrderState.REFUNDED, "no_room")
    assert not Exchange.objects.filter(contract=first.application.contract).exists(), "nothing left for the insurer"
    assert len(texts(shop, "未能承保")) == 1
    assert_whole(first)


def test_a_minors_two_orders_together_pass_no_cap(shop: Shop, later: Later) -> None:
    """Each is below the cap alone; the sums of both are above."""
    offer = shop.offer("domestic")
    first = shop.ordered("domestic", people=shop.people(child(shop)), plan=offer.plans[0].code, destinations=("CN",))
    second = again(shop, child(shop))
    shop.paid(first)
    shop.paid(second)
    shop.let_it_end(later, second)
    first.refresh_from_db()
    assert (first.state, second.state, second.refund_because) == (OrderState.ISSUED, OrderState.REFUNDED, "no_room")


def test_a_minors_cover_on_other_days_takes_no_room(shop: Shop, later: Later) -> None:
    first = shop.ordered(people=shop.people(child(shop)))
    second = again(shop, child(shop), first_day=shop.first_day + timedelta(days=30), last_day=shop.first_day + timedelta(days=37))
    shop.paid(first)
    shop.paid(second)
    shop.let_it_end(later, second)
    assert second.state == OrderState.ISSUED


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_of_two_orders_for_one_person_paid_at_once_one_is_insured(shop: Shop, later: Later) -> None:
    first, second = ordered(shop), again(shop, shop.spouse())
    taken = [partial(take, shop.paid(order).id, clock.now()) for order in (first, second)]
    assert at_once(*taken) == [None, None]
    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted([first.state, second.state]) == [OrderState.PAID, OrderState.REFUNDING]


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_contract_concluded_while_the_caps_are_asked_is_counted(shop: Shop, later: Later) -> None:
    first, second = ordered(shop), again(shop, shop.spouse())
    taken, waiting = shop.paid(first), shop.paid(second)
    issuing.take_payment(payment=taken)
    issuing.work(exchange=submission(first))
    now, concluded = clock.now(), list[Any]()

    def conclude() -> None:
        with clock.frozen(now):
            issuing.conclude(exchange=submission(first))

    def between_two_looks(execute: Any, sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if '"first_day" <= ' in sql and not concluded:
            with beside(conclude) as now_and_here:
                concluded.append(now_and_here())
        return done

    with connection.execute_wrapper(between_two_looks):
        issuing.take_payment(payment=waiting)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (concluded, first.state, second.state) == ([None], OrderState.ISSUED, OrderState.REFUNDING)


def take(payment_id: UUID, now: datetime) -> None:
    with clock.frozen(now):
        issuing.take_payment(payment=Payment.objects.get(id=payment_id))


def test_an_application_is_locked_before_its_order(shop: Shop, later: Later) -> None:
    """Whoever locks them the other way round waits for ever for whoever does not."""
    first, second, third = ordered(shop), again(shop), shop.ordered(people=shop.people(phone="+8612900001010"), phone="+8612900001010")
    payment, other = shop.paid(first), shop.paid(second)
    assert locked_by(lambda: issuing.take_payment(payment=payment)) == ["sales_application", "sales_order"]
    assert locked_by(lambda: issuing.take_payment(payment=other)) == ["sales_application", "sales_order"]
    issuing.work(exchange=submission(first))
    assert locked_by(lambda: issuing.conclude(exchange=submission(first))) == ["sales_application", "sales_order"]
    later(31 * MINUTE)
    assert locked_by(lambda: issuing.expire()) == ["sales_application", "sales_order"]
    third.refresh_from_db()
    assert third.state == OrderState.EXPIRED


def locked_by(act: Callable[[], object]) -> list[str]:
    """The tables of this room whose rows were locked, as they first were."""
    with CaptureQueriesContext(connection) as seen:
        act()
    tables = [re.search(r'FROM "(sales_\w+)".*FOR UPDATE', query["sql"]) for query in seen.captured_queries]
    return list(dict.fromkeys(found[1] for found in tables if found))


# What may leave


@pytest.mark.parametrize("code", [Consent.K02, Consent.K05])
def test_nothing_leaves_on_a_permit_taken_after_a_consent_was_withdrawn(shop: Shop, later: Later, code: Consent) -> None:
    order = ordered(shop)
    shop.paid(order)
    subject = subject_of(order, "spouse")
    detail = insurer_of(order) if code is Consent.K05 else ""
    consents.withdraw(subject=subject, code=code, page="privacy", way="tap", actor=Actor.person(id=subject, subject=subject), detail=detail)
    shop.let_it_end(later, order)
    assert not Sharing.objects.exists()
    assert not Entry.objects.filter(action="privacy.shared", subject__in=[order.subject, subject]).exists()
    assert shop.insurers.policies(insurer_of(order)) == []
    assert_given_back(shop, order, "not_permitted")


@both_insurers
def test_whoever_withdrew_while_the_answer_was_under_way_is_taken_back(shop: Shop, later: Later, slug: str) -> None:
    """It left while the consent stood, and the answer may no longer be held against what was sent: no policy is taken unseen."""
    order = ordered(shop, slug)
    code = insurer_of(order)
    shop.insurers.misbehave(code, {"fault": "drop_after"})
    shop.paid(order)
    shop.work()
    holder = Actor.person(id=order.subject, subject=order.subject)
    consents.withdraw(subject=order.subject, code=Consent.K02, page="privacy", way="tap", actor=holder)
    shop.let_it_end(later, order)
    assert Exchange.objects.get(kind=Kind.WITHDRAW).state == ExchangeState.OK
    assert {policy["state"] for policy in shop.insurers.policies(code)} == {"cancelled"}
    assert_given_back(shop, order, "not_permitted")


def test_nobodys_name_is_called_given_away_where_only_the_consent_about_health_is_gone(shop: Shop, later: Later) -> None:
    order = answered(shop)
    shop.paid(order)
    holder = Actor.person(id=order.subject, subject=order.subject)
    consents.withdraw(subject=order.subject, code=Consent.K03, page="privacy", way="tap", actor=holder)
    shop.let_it_end(later, order)
    assert not Sharing.objects.exists()
    assert shop.insurers.policies("songhe") == []
    assert_given_back(shop, order, "not_permitted")


def test_whoever_has_themselves_forgotten_after_paying_gets_the_money_back(shop: Shop, later: Later) -> None:
    """There is nobody left to write to, and that must not keep the money here."""
    order = ordered(shop)
    shop.paid(order)
    erasing.erase(subject=order.subject, actor=Actor.person(id=order.subject, subject=order.subject), because="asked")
    erasing.finish_pending(older_than=timedelta(0))
    shop.let_it_end(later, order)
    assert not Sharing.objects.exists()
    assert shop.insurers.policies("heyan") == []
    assert_given_back(shop, order, "not_permitted")


def test_whoever_has_themselves_forgotten_once_insured_leaves_no_job_that_fails(shop: Shop) -> None:
    order = ordered(shop)
    shop.paid(order)
    issuing.take_payment(payment=Payment.objects.get())
    issuing.work(exchange=submission(order))
    issuing.settle(exchange=submission(order))
    erasing.erase(subject=order.subject, actor=Actor.person(id=order.subject, subject=order.subject), because="asked")
    erasing.finish_pending(older_than=timedelta(0))
    policy = Policy.objects.get()
    issuing.tell(policy=policy)
    document = Exchange.objects.get(kind=Kind.DOCUMENT)
    papers.fetch(exchange=document)
    document.refresh_from_db()
    assert document.state == ExchangeState.GIVEN_UP
    assert not PolicyDocument.objects.exists()


def test_what_left_is_written_down_for_each_person_by_purpose(shop: Shop) -> None:
    order = answered(shop)
    shop.paid(order)
    shop.work()
    rows = {row.purpose: row for row in Sharing.objects.filter(subject=order.subject)}
    assert set(rows) == {"conclude", "declare_health"}
    assert rows["declare_health"].fields == ["sales.answer.answer"]
    assert rows["conclude"].recipient_name == "songhe"
    assert "policies.party.name" in rows["conclude"].fields
    assert "policies.party.nationality" not in rows["conclude"].fields, "what is empty does not leave"
    assert {row.about for row in rows.values()} == {submission(order).id}
    assert Entry.objects.filter(action="privacy.shared", subject=order.subject).count() == 2


def subject_of(order: Order, relation: str) -> Any:
    party = Party.objects.get(contract=order.application.contract, relation=relation)
    return files.subjects_of([party.person])[party.person]


# The paper


@pytest.mark.parametrize("paper", ["name", "unsigned", "foreign", "byte"])
def test_a_paper_that_is_wrong_or_not_the_insurers_is_not_kept_and_the_policy_stands(shop: Shop, later: Later, paper: str) -> None:
    order = ordered(shop)
    shop.insurers.misbehave("heyan", {"fault": "paper", "action": "document", "paper": paper, "times": 100})
    shop.paid(order)
    shop.let_it_end(later, order)
    assert order.state == OrderState.ISSUED
    policy = Policy.objects.get(contract=order.application.contract)
    assert policy.number
    assert not e_policies()
    document = Exchange.objects.get(kind=Kind.DOCUMENT)
    assert document.state == ExchangeState.DIFFERS
    assert Entry.objects.filter(action="insurers.differed", about_id=document.id).count() == 1
    assert_whole(order)


@pytest.mark.parametrize("fault", [in_a_soak("not_ready"), "broken_document", in_a_soak("web_page")])
def test_a_paper_that_was_not_there_at_first_is_fetched_later(shop: Shop, later: Later, fault: str) -> None:
    order = ordered(shop)
    shop.insurers.misbehave("heyan", {"fault": fault, "action": "document", "times": 2})
    shop.paid(order)
    shop.let_it_end(later, order)
    assert len(e_policies()) == 1
    assert_whole(order)


def test_the_paper_is_the_holders_and_the_stranger_is_refused(shop: Shop) -> None:
    order = ordered(shop)
    shop.paid(order)
    shop.work()
    (document,) = e_policies()
    assert papers.hand_over(document=document, actor=queries.acting_for(order)).startswith(b"%PDF")
    with pytest.raises(NotYours):
        papers.hand_over(document=document, actor=shop.world.stranger.actor)
    assert not queries.orders_of(account=shop.world.stranger.account, browser_sha256="another browser")


# What is told, and what is kept


def test_the_buyer_is_told_once_however_often_the_job_runs(shop: Shop) -> None:
    order = ordered(shop)
    shop.paid(order)
    shop.work()
    policy = Policy.objects.get()
    for _ in range(3):
        issuing.tell(policy=policy)
    shop.work()
    assert len(texts(shop, "已承保")) == 1
    assert Message.objects.filter(template="INSURED").count() == 1
    assert Notice.objects.count() == 1
    assert [step.action for step in evidence.told(order.application)].count("told") == 1


def test_the_files_of_a_concluded_contract_are_kept_by_its_clock(shop: Shop, later: Later) -> None:
    order = answered(shop)
    application = order.application
    assert {Keep(file.keep) for file in files_of(application)} == {Keep.QUOTE, Keep.QUOTE_HEALTH}
    shop.paid(order)
    shop.work()
    policy = Policy.objects.get()
    ends_on = Keep.CONTRACT.ends_on(policy.last_day)
    assert {Keep(file.keep) for file in files_of(application)} == {Keep.CONTRACT}
    clocks = Clock.objects.filter(file_id__in=[application.file, application.health_file])
    assert {(one.keep, one.started_on, one.ends_on) for one in clocks} == {("CONTRACT", policy.last_day, ends_on)}
    assert clocks.count() == 2
    later(31 * 86_400)
    while erasing.sweep():
        pass
    papers_people = Party.objects.filter(contract=policy.contract)
    assert all(reveal(papers_people, ["name"], purpose=PROVE_COVER, actor=issuing.ISSUER))
    assert all(row.answer for row in Answer.objects.filter(application=application))


def test_the_files_of_an_order_nobody_paid_are_forgotten_with_the_quotes(shop: Shop, later: Later) -> None:
    order = answered(shop)
    shop.let_pass(later, 31 * MINUTE)
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED
    later(31 * 86_400)
    while erasing.sweep():
        pass
    with pytest.raises(Closed):
        reveal(Party.objects.filter(contract=order.application.contract), ["name"], purpose=PROVE_COVER, actor=issuing.ISSUER)


def files_of(application: Application) -> list[File]:
    return list(File.objects.filter(pk__in=[application.file, application.health_file]))


# Two workers at once


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
@pytest.mark.parametrize("ending", ["issued", "refunded"])
def test_of_two_workers_at_every_step_one_has_an_effect(shop: Shop, later: Later, ending: str) -> None:
    order = ordered(shop)
    if ending == "refunded":
        shop.insurers.misbehave("heyan", {"fault": "decline"})
    payment = shop.paid(order)
    twice(lambda: issuing.take_payment(payment=Payment.objects.get(id=payment.id)))
    exchange = submission(order)
    twice(lambda: issuing.work(exchange=Exchange.objects.get(id=exchange.id)))
    twice(lambda: issuing.settle(exchange=Exchange.objects.get(id=exchange.id)))
    if ending == "issued":
        policy = Policy.objects.get()
        document = Exchange.objects.get(kind=Kind.DOCUMENT)
        twice(lambda: papers.fetch(exchange=Exchange.objects.get(id=document.id)))
        twice(lambda: issuing.tell(policy=Policy.objects.get(id=policy.id)))
        assert (len(e_policies()), Notice.objects.count()) == (1, 1)
        assert shop.insurers.live("heyan") == [exchange.number]
    else:
        refund = Refund.objects.get()
        twice(lambda: paying.send_refund(refund=Refund.objects.get(id=refund.id)))
        shop.let_it_end(later, order)
        twice(lambda: issuing.settle_refund(refund=Refund.objects.get(id=refund.id)))
        assert len(shop.cashiers["wechat"].books()["refunds"]) == 1
    twice(issuing.expire)
    shop.work()
    order.refresh_from_db()
    assert order.state == ending
    assert len(texts(shop, "已承保" if ending == "issued" else "未能承保")) == 1
    moves = [entry.facts["now"] for entry in Entry.objects.filter(action="sales.order_moved", about_id=order.id).order_by("id")]
    assert moves == {"issued": ["paid", "issued"], "refunded": ["paid", "refunding", "refunded"]}[ending]
    assert violations() == {}


def twice(act: Callable[[], object]) -> None:
    now = clock.now()

    def played() -> None:
        with clock.frozen(now):
            act()

    assert [outcome for outcome in at_once(played, played) if isinstance(outcome, Exception)] == []
