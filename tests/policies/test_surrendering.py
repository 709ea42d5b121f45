"""Giving a policy up: to the fen, once, and only as it was shown, whatever the insurer, the channel or the people at it do.

Told with real cashiers and insurers. Processes that die on the way are killed in tests/faults.
"""

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest

from besttrav.insurers.models import ExchangeState
from besttrav.journal.operations import MoveRefused
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.payments import operations as paying
from besttrav.payments.accounts import Account
from besttrav.payments.limits import CHANNELS
from besttrav.payments.models import PaymentState, Refund, RefundState, Scene
from besttrav.people.models import CodePurpose
from besttrav.people.operations.codes import CodeRefused
from besttrav.policies import limits
from besttrav.policies.models import (
    Missing,
    PolicyState,
    RefusedBecause,
    Surrender,
    SurrenderReason,
    SurrenderState,
    TransactionKind,
)
from besttrav.policies.operations import cancelling, deciding, surrendering
from besttrav.policies.queries import clocked, surrenders_waiting
from besttrav.sales.models import OrderState
from tests.faults.test_together import at_once
from tests.insurance import Later
from tests.policies.giving_up import CASE, CHECKER, DAY, SECOND, assert_whole, bought
from tests.sales.shop import Shop

S = SurrenderState


def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every surrender takes two people."""
    monkeypatch.setattr(surrendering, "SURRENDER", replace(limits.SURRENDER, two_people_from=1))


# It goes through


@pytest.mark.parametrize(("slug", "scene"), [("outbound", Scene.NATIVE), ("schengen", Scene.PAGE)], ids=["heyan-wechat", "yunhang-alipay"])
def test_before_the_start_everything_comes_back_by_itself(shop: Shop, later: Later, slug: str, scene: Scene) -> None:
    it = bought(shop, later, slug, scene)
    shown = it.shown()
    assert (shown.refund, shown.fee, shown.last_day, shown.is_checked) == (it.policy.premium, Money(0), None, False)
    surrender = it.asked()
    with pytest.raises(surrendering.NotOverYet):
        surrendering.take_back(surrender=surrender, actor=it.actor)
    it.follow(surrender)

    assert (surrender.state, it.policy.state, it.payment.state) == (S.DONE, PolicyState.CANCELLED, PaymentState.RETURNED)
    assert it.paid_back() == [it.policy.premium_fen]
    assert shop.insurers.live(it.policy.insurer) == []
    cancelled = it.policy.transactions.get(kind=TransactionKind.CANCEL)
    assert (cancelled.number, cancelled.premium_fen) == (2, -it.policy.premium_fen)
    assert [change["field"] for change in cancelled.changes] == ["state", "last_day", "premium_fen"]
    assert (it.told("退保申请"), it.told("已办结")) == (1, 1)
    spouse = [text for text in shop.world.carrier.texts("+8612900001002") if "没有保障" in text]
    assert len(spouse) == 1, "who was insured by somebody else hears that it is over"
    it.order.refresh_from_db()
    assert it.order.state == OrderState.ISSUED, "what came after is the policy's"
    assert_whole()


def test_after_the_start_a_person_looks_and_the_days_left_come_back(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    it.begin_cover(2)
    surrender = it.asked(SurrenderReason.NOT_LEFT)
    shop.work()
    assert it.cancellations == [], "nothing is sent before somebody looked"
    with pytest.raises(deciding.ProofNeeded):
        deciding.accept(surrender=surrender, seen=[], case=CASE, actor=CHECKER)
    it.follow(it.accepted(surrender))

    left = Money(-(-it.policy.premium_fen * 5 * 2 // (8 * 2)))  # 3 of 8 days have begun
    assert abs(surrender.refund_fen - left.fen) <= 1
    assert surrender.state == S.DONE
    assert it.paid_back() == [surrender.refund_fen]
    assert surrender.given_fen == surrender.value_fen, "the insurer works it out for itself"
    assert it.in_account(Account.INSURER_PAYABLE) == it.policy.premium_fen - surrender.value_fen
    assert surrender.last_day == clock.today()
    assert it.payment.state == PaymentState.CAPTURED
    assert_whole()


def test_with_a_refused_visa_everything_comes_back_where_the_product_says_so(shop: Shop, later: Later) -> None:
    it = bought(shop, later, "schengen")
    it.begin_cover(2)
    assert it.shown(SurrenderReason.OTHER).refund < it.policy.premium
    surrender = it.follow(it.accepted(it.asked(SurrenderReason.VISA_REFUSED)))
    assert (surrender.state, it.paid_back()) == (S.DONE, [it.policy.premium_fen])
    assert surrender.given_fen == it.policy.premium_fen


def test_the_fee_of_the_channel_is_kept_and_told_apart(shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.SURRENDER_FEES.channels, "wechat", 5)
    it = bought(shop, later)
    surrender = it.follow(it.asked())
    fee = round(it.policy.premium_fen * 5 / 100 + 1e-9)
    assert abs(surrender.fee_fen - fee) <= 1
    assert it.paid_back() == [it.policy.premium_fen - surrender.fee_fen]
    assert it.in_account(Account.SURRENDER_FEES) == surrender.fee_fen
    assert it.in_account(Account.INSURER_PAYABLE) == 0
    assert_whole()
    with pytest.raises(ValueError, match="from 0 to 5"):
        limits.Fees(5, {"wechat": 6})


def test_on_the_last_day_nothing_is_left_to_come_back(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    it.begin_cover(7)
    surrender = it.follow(it.accepted(it.asked(SurrenderReason.OTHER)))
    assert (surrender.state, surrender.refund_fen, it.paid_back()) == (S.DONE, 0, [])
    assert it.policy.state == PolicyState.CANCELLED
    assert_whole()


# Bound to what was shown, and to who it is


def test_what_is_confirmed_is_what_was_shown(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    shown, code = it.shown().seal, it.code()
    with pytest.raises(surrendering.FiguresMoved):
        it.asked(seal="0" * 64, code=code)
    it.begin_cover()
    with pytest.raises(surrendering.FiguresMoved):
        it.asked(seal=shown, code=code)
    it.begin_cover(8)
    with pytest.raises(surrendering.NotSurrenderable):
        it.shown(SurrenderReason.OTHER)
    with pytest.raises(surrendering.NotSurrenderable):
        surrendering.request_code(policy=it.policy, visitor=shop.visitor, actor=it.actor)
    assert not Surrender.objects.exists()


def test_only_a_fresh_code_to_the_policyholders_phone_confirms_it(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    challenge, digits = it.code()
    wrong = f"{(int(digits) + 1) % 1_000_000:06}"
    with pytest.raises(CodeRefused):
        it.asked(code=(challenge, wrong))
    stranger = shop.world.ask_for_code("+8612900006666", shop.visitor, CodePurpose.SURRENDER)
    with pytest.raises(CodeRefused):
        it.asked(code=(stranger.id, shop.world.carrier.code("+8612900006666")))
    whose, it.payment.subject = it.payment.subject, it.order.id
    with pytest.raises(ValueError, match="bought it"):
        it.asked(code=(challenge, digits))
    it.payment.subject = whose
    it.asked(code=(challenge, digits))
    assert Surrender.objects.count() == 1


def test_what_has_ended_or_was_given_up_cannot_be_given_up(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    code = it.code()
    seal = it.shown().seal
    it.asked(code=code)
    with pytest.raises(surrendering.AlreadyAsked):
        it.asked(seal=seal, code=code)
    it.follow(Surrender.objects.get())
    with pytest.raises(surrendering.NotSurrenderable):
        it.shown()
    with pytest.raises(surrendering.AlreadyAsked):
        it.asked(seal=seal, code=code)


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_pressed_twice_at_once_it_is_given_up_once(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    code, seal, now = it.code(), it.shown().seal, clock.now()
    done = at_once(*(partial(frozen, now, it.asked, seal=seal, code=code) for _ in range(2)))
    assert sum(isinstance(one, Surrender) for one in done) == 1
    assert sum(isinstance(one, (surrendering.AlreadyAsked, CodeRefused)) for one in done) == 1
    (exchange,) = it.cancellations
    cancelling.work(exchange=exchange)
    assert at_once(*(partial(frozen, now, cancelling.settle, exchange=exchange) for _ in range(2))) == [None, None]
    it.follow(Surrender.objects.get())
    assert it.paid_back() == [it.policy.premium_fen]
    assert (len(it.cancellations), it.policy.transactions.count()) == (1, 2)


# The insurer says no, nothing, or something else


def test_what_the_insurer_refuses_waits_for_a_person_who_asks_again_or_gives_in(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    shop.insurers.misbehave("heyan", {"fault": "refused", "action": "cancel", "times": 2})
    surrender = it.follow(it.asked())
    assert (surrender.state, surrender.answer, it.policy.state) == (S.HALTED, "4221", PolicyState.STANDS)
    assert [one.surrender for one in surrenders_waiting()] == [surrender]
    assert not Refund.objects.exists()
    assert_whole()

    deciding.try_again(surrender=surrender, case=CASE, actor=CHECKER)
    it.follow(surrender)
    assert [one.state for one in it.cancellations] == [ExchangeState.REJECTED] * 2
    deciding.turn_down(surrender=surrender, because=RefusedBecause.INSURER, case=CASE, actor=CHECKER)
    shop.work()
    assert (surrender.state, it.told("有了回复")) == (S.REFUSED, 1)
    assert_whole()

    again = it.follow(it.asked(code=it.code(2)))
    assert again.state == S.DONE
    assert len({one.number for one in it.cancellations}) == 3, "a number belongs to one decision for ever"
    assert it.paid_back() == [it.policy.premium_fen]
    assert_whole()


def test_an_answer_that_was_lost_is_asked_for_and_nothing_is_done_twice(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    shop.insurers.misbehave("heyan", {"fault": "drop_after", "action": "cancel"})
    surrender = it.asked()
    shop.work()
    assert it.cancellations[0].state == ExchangeState.UNKNOWN
    assert it.policy.state == PolicyState.STANDS
    it.follow(surrender)
    assert (surrender.state, it.cancellations[0].tries, it.paid_back()) == (S.DONE, 1, [it.policy.premium_fen])


def test_what_stays_silent_until_its_deadline_is_found_by_the_next_question(shop: Shop, later: Later) -> None:
    """The cancellation arrived, and nobody ever said so: the next one is refused there, and asking shows why."""
    it = bought(shop, later)
    silent = [{"fault": "status", "action": "query", "times": 1000}]
    shop.insurers.misbehave("heyan", {"fault": "drop_after", "action": "cancel"}, *silent)
    surrender = it.asked()
    shop.work()
    shop.let_pass(later, 2 * DAY + 60)
    surrender.refresh_from_db()
    assert (surrender.state, surrender.answer) == (S.HALTED, "silent")
    assert not deciding.may_be_refused(surrender), "silence is no answer"
    with pytest.raises(MoveRefused):
        deciding.turn_down(surrender=surrender, because=RefusedBecause.INSURER, case=CASE, actor=CHECKER)
    shop.insurers.misbehave("heyan", {"fault": "refused", "action": "cancel"})
    deciding.try_again(surrender=surrender, case=CASE, actor=CHECKER)
    it.follow(surrender)
    assert (surrender.state, it.paid_back()) == (S.DONE, [it.policy.premium_fen])
    assert_whole()


def test_another_sum_of_the_insurers_is_for_a_person_and_the_customer_gets_what_was_promised(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    shop.insurers.misbehave("heyan", {"fault": "wrong_refund", "action": "cancel"})
    surrender = it.follow(it.asked())
    assert (surrender.state, it.paid_back()) == (S.DONE, [it.policy.premium_fen])
    assert surrender.given_fen == surrender.value_fen + 1
    assert [one.surrender for one in surrenders_waiting()] == [surrender]
    deciding.explain(surrender=surrender, case=CASE, actor=SECOND)
    assert surrenders_waiting() == []
    with pytest.raises(MoveRefused):
        deciding.explain(surrender=surrender, case=CASE, actor=SECOND)


# The way back is dead


def test_where_the_channel_pays_nothing_back_two_people_do_and_no_more_than_is_owed(
    shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = bought(shop, later)
    it.begin_cover(2)
    monkeypatch.setitem(CHANNELS, "wechat", replace(CHANNELS["wechat"], refund_days=1))
    assert not it.shown(SurrenderReason.OTHER).by_channel
    surrender = it.accepted(it.asked(SurrenderReason.OTHER))
    shop.work()
    surrender.refresh_from_db()
    refund = Refund.objects.get()
    assert (surrender.state, refund.state, refund.code) == (S.CANCELLED, RefundState.FAILED, "refund_too_late")
    assert_whole()

    it.payment.refresh_from_db()
    by_hand = paying.pay_by_hand(payment=it.payment, reference="BANK-2026-0042", because="no_other_way", actor=SECOND)
    assert by_hand.amount == surrender.refund
    with pytest.raises(paying.SecondPersonNeeded):
        paying.confirm_by_hand(refund=by_hand, is_right=True, actor=SECOND)
    paying.confirm_by_hand(refund=by_hand, is_right=True, actor=CHECKER)
    shop.work()
    surrender.refresh_from_db()
    assert (surrender.state, it.paid_back()) == (S.DONE, [])
    it.payment.refresh_from_db()
    with pytest.raises(paying.NothingOwed):
        paying.pay_by_hand(payment=it.payment, reference="BANK-2026-0043", because="no_other_way", actor=SECOND)
    assert_whole()


# Staff


def test_much_money_takes_a_second_person(shop: Shop, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    low_limit(monkeypatch)
    it = bought(shop, later)
    surrender = it.asked()
    assert deciding.needed(surrender) == [Missing.IDENTITY]
    assert_counted_in_working_days(surrender)
    it.accepted(surrender)
    shop.work()
    assert (surrender.state, it.cancellations) == (S.PROPOSED, [])
    with pytest.raises(paying.SecondPersonNeeded):
        deciding.confirm(surrender=surrender, is_right=True, case=CASE, actor=CHECKER)
    deciding.confirm(surrender=surrender, is_right=False, case=CASE, actor=SECOND)
    assert surrender.state == S.RECEIVED
    it.accepted(surrender)
    deciding.confirm(surrender=surrender, is_right=True, case=CASE, actor=SECOND)
    it.follow(surrender)
    assert (surrender.state, surrender.confirmed_by) == (S.DONE, SECOND.id)


def test_what_is_missing_is_asked_for_once_and_the_policyholder_may_keep_it_after_all(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    it.begin_cover()
    surrender = it.asked(SurrenderReason.NOT_LEFT)
    deciding.ask_for(surrender=surrender, missing=[Missing.NOT_LEFT], case=CASE, actor=CHECKER)
    with pytest.raises(MoveRefused):
        deciding.ask_for(surrender=surrender, missing=[Missing.CALL], case=CASE, actor=CHECKER)
    shop.work()
    assert (surrender.state, surrender.missing, it.told("有了回复")) == (S.MISSING, ["not_left"], 1)
    for _ in range(2):
        surrendering.take_back(surrender=surrender, actor=it.actor)
    assert (surrender.state, surrender.answer) == (S.REFUSED, "own_wish")
    with pytest.raises(MoveRefused):
        it.accepted(surrender)
    assert it.policy.state == PolicyState.STANDS
    assert it.asked(SurrenderReason.OTHER, code=it.code(2)).state == S.RECEIVED
    assert_whole()


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_of_two_who_decide_at_once_one_has_their_way(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    it.begin_cover()
    asked, now = it.asked(SurrenderReason.OTHER), clock.now()
    acts = [
        partial(frozen, now, deciding.accept, surrender=fresh(asked), seen=[Missing.CALL], case=CASE, actor=CHECKER),
        partial(frozen, now, deciding.turn_down, surrender=fresh(asked), because=RefusedBecause.CLAIMED, case=CASE, actor=SECOND),
        partial(frozen, now, surrendering.take_back, surrender=fresh(asked), actor=it.actor),
    ]
    done = at_once(*acts)
    refused = [one for one in done if one is not None]
    assert all(isinstance(one, (MoveRefused, surrendering.NotOverYet)) for one in refused)
    asked.refresh_from_db()
    was_refused = asked.state == S.REFUSED
    assert len(refused) >= (1 if was_refused else 2), "twice not accepted is once not accepted"
    assert len(it.cancellations) == (0 if was_refused else 1)


def test_what_lost_its_job_is_taken_over_by_the_clock(shop: Shop, later: Later) -> None:
    it = bought(shop, later)
    surrender = it.asked()
    (exchange,) = it.cancellations
    cancelling.work(exchange=exchange)
    assert exchange.state == ExchangeState.OK
    assert cancelling.recover() == 0, "its job still has time"
    shop.move_clocks(later, 16 * 60)
    for _ in range(2):
        cancelling.recover()
    surrender.refresh_from_db()
    assert surrender.state == S.CANCELLED
    assert it.follow(surrender).state == S.DONE
    assert it.policy.transactions.count() == 2


def fresh(surrender: Surrender) -> Surrender:
    return Surrender.objects.get(id=surrender.id)


def frozen(now: datetime, act: Any, **values: Any) -> Any:
    with clock.frozen(now):
        return act(**values)


def assert_counted_in_working_days(surrender: Surrender) -> None:
    surrender.asked_at = datetime(2026, 9, 30, 12, tzinfo=clock.BEIJING)
    assert clocked(surrender).due == date(2026, 10, 9), "the first week of October is off"
    assert clocked(surrender).is_late(date(2026, 10, 10))
    surrender.asked_at = datetime(2026, 12, 30, 12, tzinfo=clock.BEIJING)
    assert clocked(surrender).due is None, "nobody has said yet which days of January are worked"
    surrender.refresh_from_db()
