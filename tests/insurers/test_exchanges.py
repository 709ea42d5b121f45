"""Exchanges: an intention on disk before a byte leaves, one policy, no guessing about what nobody knows, and an end in time.

The room above is played here: what follows `insurers.due` builds the submission and hands it over.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from besttrav.insurers import actions, operations, queries
from besttrav.insurers.limits import ASKING, DOCUMENTS, DOWN, WITHDRAWING
from besttrav.insurers.models import Exchange, ExchangeState, InboxItem, Kind, number_of
from besttrav.insurers.port import Cancel, Forged, IdentityKind, Submit
from besttrav.journal.models import Entry
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.kernel.period import days
from besttrav.privacy import invariants
from tests.insurance import DECIDES_AFTER, InsurerSimulators, Later, submit

S = ExchangeState
SALES = Actor.job("tests")
Drain = Callable[[], int]

both = pytest.mark.parametrize("code", ["heyan", "yunhang"])


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing after it runs, and open transactions are taken back."""


class Sale:
    """One contract version on its way to the insurer, and the room above it: what was asked for is built anew each time, as it was."""

    def __init__(self, code: str, *, minutes: int = 60, **more: Any) -> None:
        self.code = code
        self.built = self.recalled = 0
        self.command = submit(**more)
        with transaction.atomic():
            self.exchange = operations.plan(
                kind=Kind.SUBMIT,
                contract=uuid4(),
                version=1,
                insurer=code,
                actor=SALES,
                deadline=clock.now() + timedelta(minutes=minutes),
            )

    def build(self) -> Submit:
        self.built += 1
        return replace(self.command, number=self.exchange.number)

    def recall(self) -> Submit:
        self.recalled += 1
        return replace(self.command, number=self.exchange.number)

    def work(self) -> str:
        operations.perform(exchange=self.exchange, build=self.build, recall=self.recall)
        return self.state

    @property
    def state(self) -> str:
        self.exchange.refresh_from_db()
        return self.exchange.state

    def settle(self, later: Later, drain: Drain, *, rounds: int = 40) -> str:
        """Let the clock and the rooms above do their work until there is nothing left to do."""
        for _ in range(rounds):
            if self.exchange.kind == Kind.SUBMIT:
                with suppress(Killed):
                    self.work()
            drain()
            if not Exchange.objects.filter(contract=self.exchange.contract, state__in=[*_RUNNING]).exists():
                break
            later(90)
            operations.recover()
        return self.state

    @property
    def withdrawal(self) -> Exchange:
        return Exchange.objects.get(kind=Kind.WITHDRAW, contract=self.exchange.contract)

    def moves(self) -> list[str]:
        entries = Entry.objects.filter(action="insurers.exchange_moved", about_id=self.exchange.id).order_by("id")
        return [entry.facts["now"] for entry in entries]


_RUNNING = (S.PLANNED, S.SENDING, S.UNKNOWN, S.WAITING)


def broken() -> dict[str, list[str]]:
    """Which invariants of this room do not hold."""
    ours = {name for name, check in invariants._all.items() if check.__module__ == "besttrav.insurers.invariants"}
    assert len(ours) == 6
    return invariants.violations(but=set(invariants.names()) - ours)


def holds(insurers: InsurerSimulators, code: str, *sales: Sale) -> None:
    """At most one live policy per contract version at the insurer, and we know exactly those (P1); histories and clocks are in order."""
    ours = set(Exchange.objects.filter(kind=Kind.SUBMIT, state__in=[S.OK, S.DIFFERS], insurer=code).values_list("number", flat=True))
    assert sorted(insurers.live(code)) == sorted(ours & {sale.exchange.number for sale in sales})
    assert broken() == {}


# The straight road


def test_nothing_leaves_before_the_room_above_acts(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    assert sale.state == S.PLANNED
    assert sale.built == 0
    assert insurers.policies("heyan") == []
    assert [entry.facts for entry in Entry.objects.filter(action="insurers.due", about_id=sale.exchange.id)] == [
        {"kind": "submit", "insurer": "heyan"}
    ]


def test_a_synchronous_insurer_has_issued_when_it_answers(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    assert sale.work() == S.OK
    assert sale.exchange.policy_number
    assert sale.exchange.amount == sale.command.premium
    assert sale.exchange.settled_at is not None
    assert (sale.built, sale.recalled) == (1, 0)
    assert sale.moves() == ["sending", "ok"]
    holds(insurers, "heyan", sale)


def test_an_asynchronous_insurer_is_asked_after_its_callback(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("yunhang")
    assert sale.work() == S.WAITING

    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()
    operations.receive(insurer="yunhang", path=delivered.path, headers=delivered.headers, body=delivered.body)
    assert sale.state == S.WAITING  # a callback is a hint, never the truth
    drain()
    assert Entry.objects.filter(action="insurers.due", about_id=sale.exchange.id).count() == 2
    assert sale.work() == S.OK
    assert (sale.built, sale.recalled) == (1, 1)
    holds(insurers, "yunhang", sale)


def test_a_lost_callback_is_made_up_for_by_the_clock(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    insurers.misbehave("yunhang", {"fault": "lost_callback"})
    sale = Sale("yunhang")

    assert sale.settle(later, drain) == S.OK
    assert insurers.mailbox.take() == []
    holds(insurers, "yunhang", sale)


@both
def test_planning_twice_is_one_intention(insurers: InsurerSimulators, code: str) -> None:
    sale = Sale(code)
    with transaction.atomic():
        again = operations.plan(
            kind=Kind.SUBMIT, contract=sale.exchange.contract, version=1, insurer=code, actor=SALES, deadline=sale.exchange.deadline_at
        )

    assert again.id == sale.exchange.id
    assert Entry.objects.filter(action="insurers.due", about_id=again.id).count() == 1


def test_the_same_version_does_not_go_to_two_insurers(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    with pytest.raises(ValueError, match="one insurer"), transaction.atomic():
        operations.plan(kind=Kind.SUBMIT, contract=sale.exchange.contract, version=1, insurer="yunhang", actor=SALES, deadline=clock.now())


def test_our_number_is_the_same_for_ever_and_fits_every_insurer() -> None:
    contract = uuid4()

    assert number_of(Kind.SUBMIT, contract, 1) == number_of(Kind.SUBMIT, contract, 1)
    assert len({number_of(kind, contract, version) for kind in Kind for version in (1, 2, 999)}) == 12
    assert len(number_of(Kind.SUBMIT, contract, 999)) == 30
    with pytest.raises(ValueError, match="1 to 999"):
        number_of(Kind.SUBMIT, contract, 1000)


# Declined, given up


@both
def test_what_the_insurer_declines_is_rejected_with_its_reason(insurers: InsurerSimulators, code: str, later: Later, drain: Drain) -> None:
    insurers.misbehave(code, {"fault": "decline"})
    sale = Sale(code)

    assert sale.settle(later, drain) == S.REJECTED
    assert sale.exchange.reason in {"uw-scripted", "code.2999"}
    assert sale.exchange.policy_number == ""
    holds(insurers, code, sale)


def test_a_permit_that_is_refused_gives_the_sale_up_and_sends_nothing(insurers: InsurerSimulators) -> None:
    class Withdrawn(Refusal):
        code = "consent_withdrawn"

    sale = Sale("heyan")

    def refuse() -> Submit:
        raise Withdrawn

    operations.perform(exchange=sale.exchange, build=refuse)
    assert sale.state == S.GIVEN_UP
    assert sale.exchange.reason == "consent_withdrawn"
    assert not Exchange.objects.filter(kind=Kind.WITHDRAW).exists()
    assert insurers.policies("heyan") == []
    assert broken() == {}


def test_data_that_cannot_be_opened_now_is_tried_again(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    def away() -> Submit:
        raise Unavailable("vault")

    with pytest.raises(Unavailable):
        operations.perform(exchange=sale.exchange, build=away)
    assert sale.state == S.PLANNED
    assert not sale.exchange.may_have_arrived
    assert sale.work() == S.OK


def test_nothing_leaves_inside_a_transaction_that_may_be_taken_back(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        sale.work()
    assert sale.built == 0
    assert insurers.policies("heyan") == []


def test_a_command_with_another_number_never_leaves(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")

    with pytest.raises(ValueError, match="number of its exchange"):
        operations.perform(exchange=sale.exchange, build=submit)
    assert sale.state == S.PLANNED
    assert insurers.policies("heyan") == []


# What nobody knows


@both
@pytest.mark.parametrize("fault", ["drop_after", "truncated", "unsigned"])
def test_an_answer_that_was_lost_is_asked_for_and_never_sent_again(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str
) -> None:
    insurers.misbehave(code, {"fault": fault})
    sale = Sale(code)
    assert sale.work() == S.UNKNOWN

    assert sale.settle(later, drain) == S.OK
    assert sale.exchange.tries == 1
    assert sale.built == 1
    holds(insurers, code, sale)


@both
@pytest.mark.parametrize("fault", ["drop_before", "status"])
def test_what_never_arrived_is_repeated_under_the_same_number_once_that_is_sure(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str
) -> None:
    insurers.misbehave(code, {"fault": fault})
    sale = Sale(code)
    assert sale.work() == S.UNKNOWN

    for _ in range(ASKING.absent_answers - 1):  # too early, and too few answers
        assert sale.work() == S.UNKNOWN
    later(queries.insurer(code).capabilities.lag.total_seconds() + ASKING.longest_call)
    assert sale.work() == S.PLANNED
    assert sale.built == 1
    assert sale.settle(later, drain) == S.OK
    assert sale.exchange.tries == 2
    holds(insurers, code, sale)


def test_an_insurer_that_lags_is_not_believed_too_early(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    insurers.misbehave("yunhang", {"fault": "drop_after"}, {"fault": "absent", "seconds": 280})
    sale = Sale("yunhang")
    sale.work()
    for _ in range(6):
        later(45)
        assert sale.work() == S.UNKNOWN
    assert sale.settle(later, drain) == S.OK
    assert sale.exchange.tries == 1
    holds(insurers, "yunhang", sale)


def test_what_surely_never_left_is_simply_sent_later(insurers: InsurerSimulators, settings: Any) -> None:
    allowed, settings.OUTGOING_ALLOWED = settings.OUTGOING_ALLOWED, []
    sale = Sale("heyan")
    assert sale.work() == S.PLANNED
    assert not sale.exchange.may_have_arrived

    settings.OUTGOING_ALLOWED = allowed
    assert sale.work() == S.OK
    holds(insurers, "heyan", sale)


def test_while_a_worker_may_be_sending_nobody_else_asks(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("heyan")
    operations._begin(sale.exchange)  # a worker that sends slowly, or has died

    assert sale.work() == S.SENDING
    assert sale.exchange.absent_answers == 0
    later(ASKING.longest_call + 1)
    assert sale.work() == S.UNKNOWN
    assert sale.settle(later, drain) == S.OK
    holds(insurers, "heyan", sale)


@both
def test_an_insurer_that_never_decides_is_given_up_on_and_the_submission_taken_back(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain
) -> None:
    insurers.misbehave(code, {"fault": "never_answers"})
    sale = Sale(code, minutes=30)

    assert sale.settle(later, drain) == S.GIVEN_UP
    assert sale.exchange.reason == "deadline"
    assert sale.withdrawal.state == S.OK
    assert [policy["state"] for policy in insurers.policies(code)] == ["cancelled"]
    holds(insurers, code, sale)


@both
def test_a_policy_found_too_late_is_withdrawn_so_that_nobody_is_refunded_and_insured(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain
) -> None:
    insurers.misbehave(code, {"fault": "drop_after"}, {"fault": "status", "action": "query", "times": 99})
    sale = Sale(code, minutes=10)

    assert sale.settle(later, drain) == S.GIVEN_UP
    assert sale.withdrawal.state == S.OK
    assert sale.withdrawal.amount in (sale.command.premium, None)
    assert insurers.live(code) == []
    holds(insurers, code, sale)


def test_what_the_insurer_has_declined_meanwhile_needs_no_withdrawal(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    insurers.misbehave("heyan", {"fault": "drop_after"}, {"fault": "decline"}, {"fault": "status", "action": "query", "times": 6})
    sale = Sale("heyan", minutes=10)

    assert sale.settle(later, drain) == S.GIVEN_UP
    assert (sale.withdrawal.state, sale.withdrawal.reason) == (S.OK, "nothing_there")
    holds(insurers, "heyan", sale)


def test_a_policy_that_cannot_be_taken_back_any_more_ends_with_a_human(
    insurers: InsurerSimulators, later: Later, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    start = clock.today()
    insurers.misbehave("heyan", {"fault": "drop_after"}, {"fault": "status", "action": "query", "times": 99})
    sale = Sale("heyan", minutes=10, period=days(start, start + timedelta(days=3)))
    sale.settle(later, drain)
    assert sale.state == S.GIVEN_UP
    assert sale.withdrawal.state == S.UNKNOWN
    assert "does not take a submission back (4221)" in caplog.text

    later(WITHDRAWING.days * 86_400)
    operations.recover()
    assert sale.withdrawal.state == S.GIVEN_UP
    assert "could not be withdrawn" in caplog.text


def test_a_withdrawal_waits_until_what_was_in_flight_has_landed(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("heyan", minutes=1)
    operations._begin(sale.exchange)
    later(61)
    operations.recover()
    drain()

    assert sale.state == S.GIVEN_UP
    later(60)
    operations.recover()
    drain()
    assert sale.withdrawal.state == S.PLANNED
    later(61)
    operations.recover()
    drain()
    assert sale.withdrawal.state != S.PLANNED


def test_what_was_never_sent_is_given_up_without_a_withdrawal(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("heyan", minutes=5)
    later(301)
    operations.recover()

    assert sale.state == S.GIVEN_UP
    assert not Exchange.objects.filter(kind=Kind.WITHDRAW).exists()
    assert sale.work() == S.GIVEN_UP
    assert sale.built == 0


def test_nothing_is_sent_after_its_deadline(insurers: InsurerSimulators, later: Later) -> None:
    sale = Sale("heyan", minutes=5)
    later(301)

    assert sale.work() == S.GIVEN_UP
    assert sale.built == 0


def test_the_clock_calls_less_often_each_time(insurers: InsurerSimulators, later: Later) -> None:
    insurers.misbehave("heyan", {"fault": "never_answers"})
    sale = Sale("heyan", minutes=600)
    sale.work()
    calls = 1
    for _ in range(100):
        later(60)
        operations.recover()
        if (called := Entry.objects.filter(action="insurers.due", about_id=sale.exchange.id).count()) > calls:
            sale.work()
            calls = called

    assert 6 <= calls <= 16
    assert sale.exchange.next_try_at is not None
    assert sale.exchange.next_try_at <= clock.now() + timedelta(seconds=ASKING.longest)


# What comes back is compared


FAULTS = {
    "wrong_name": "insured.1.name",
    "wrong_identity": "insured.1.identity_number",
    "wrong_birth_date": "insured.1.birth_date",
    "wrong_date": "period",
    "wrong_plan": "plan",
    "wrong_area": "area",
    "wrong_product": "product",
    "wrong_sum": "insured.1.sums",
    "wrong_premium": "premium",
    "missing_person": "insured.count",
}


@both
@pytest.mark.parametrize("fault", FAULTS)
def test_a_policy_that_differs_is_left_to_a_human(insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str) -> None:
    insurers.misbehave(code, {"fault": fault})
    sale = Sale(code)

    assert sale.settle(later, drain) == S.DIFFERS
    assert sale.exchange.differences == [FAULTS[fault]]
    (entry,) = Entry.objects.filter(action="insurers.differed", about_id=sale.exchange.id)
    assert entry.facts == {"fields": [FAULTS[fault]]}
    later(90_000)
    operations.recover()
    assert sale.state == S.DIFFERS  # no clock decides this
    holds(insurers, code, sale)


@both
def test_a_policy_put_right_by_the_insurer_is_issued_when_somebody_looks_again(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain
) -> None:
    insurers.misbehave(code, {"fault": "wrong_name"})
    sale = Sale(code)
    sale.settle(later, drain)

    operations.look_again(exchange=sale.exchange, recall=sale.recall, actor=SALES)
    assert sale.state == S.DIFFERS
    insurers.put_right(code, sale.exchange.number)
    operations.look_again(exchange=sale.exchange, recall=sale.recall, actor=SALES)
    assert sale.state == S.OK
    assert sale.exchange.differences == []
    with pytest.raises(operations.NothingToLookAt):
        operations.look_again(exchange=sale.exchange, recall=sale.recall, actor=SALES)


def test_what_differs_and_harms_nobody_is_accepted_as_the_insurer_tells_it_now(
    insurers: InsurerSimulators, later: Later, drain: Drain
) -> None:
    insurers.misbehave("heyan", {"fault": "wrong_name"})
    sale = Sale("heyan")
    sale.settle(later, drain)
    with pytest.raises(operations.NotHarmless):
        operations.accept(exchange=sale.exchange, recall=sale.recall, actor=SALES, because="accepted")
    assert sale.state == S.DIFFERS

    insurers.put_right("heyan", sale.exchange.number)
    sent = sale.recall()
    spelled = replace(sent, holder=replace(sent.holder, identity=replace(sent.holder.identity, kind=IdentityKind.PASSPORT)))
    insurers.misbehave("heyan", {"fault": "status", "action": "query", "times": 9})
    with pytest.raises(operations.NoAnswer):
        operations.accept(exchange=sale.exchange, recall=lambda: spelled, actor=SALES, because="accepted")
    insurers.misbehave("heyan")
    operations.accept(exchange=sale.exchange, recall=lambda: spelled, actor=SALES, because="accepted")
    assert (sale.state, sale.exchange.differences) == (S.OK, [])
    assert Entry.objects.get(action="insurers.accepted", about_id=sale.exchange.id).facts == {"fields": ["holder.identity_kind"]}
    with pytest.raises(operations.NothingToLookAt):
        operations.accept(exchange=sale.exchange, recall=lambda: spelled, actor=SALES, because="accepted")
    holds(insurers, "heyan", sale)


@both
def test_a_policy_that_stays_wrong_is_given_up_and_withdrawn(insurers: InsurerSimulators, code: str, later: Later, drain: Drain) -> None:
    insurers.misbehave(code, {"fault": "wrong_premium"})
    sale = Sale(code)
    sale.settle(later, drain)
    operations.give_up(exchange=sale.exchange, actor=SALES, because="wrong_policy")

    assert sale.settle(later, drain) == S.GIVEN_UP
    assert sale.withdrawal.state == S.OK
    assert insurers.live(code) == []
    with pytest.raises(operations.NothingToLookAt):
        operations.give_up(exchange=sale.exchange, actor=SALES, because="again")
    holds(insurers, code, sale)


def test_one_policy_number_for_two_contracts_is_somebody_elses_policy(insurers: InsurerSimulators) -> None:
    first = Sale("songhe")
    assert first.work() == S.OK
    insurers.misbehave("songhe", {"fault": "same_policy_number"})
    second = Sale("songhe")

    # The insurer's own books refuse two policies with one number only by carelessness: ours always do.
    assert second.work() == S.DIFFERS
    assert second.exchange.differences == ["policy_number"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Exchange.objects.filter(id=second.exchange.id).update(state=S.OK)


# Cancelling and documents


@both
def test_a_policy_is_cancelled_by_an_exchange_of_its_own(insurers: InsurerSimulators, code: str, later: Later, drain: Drain) -> None:
    sale = Sale(code)
    sale.settle(later, drain)
    cancelling, build = cancellation(sale)
    operations.perform(exchange=cancelling, build=build)

    assert cancelling.state == S.OK
    assert cancelling.amount == sale.command.premium
    assert insurers.live(code) == []


@both
@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_cancellation_nobody_heard_about_is_asked_for_and_repeated_if_the_policy_lives(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str
) -> None:
    sale = Sale(code)
    sale.settle(later, drain)
    insurers.misbehave(code, {"fault": fault, "action": "cancel"})
    cancelling, build = cancellation(sale)
    for _ in range(12):
        operations.perform(exchange=cancelling, build=build)
        later(90)

    assert cancelling.state == S.OK
    assert cancelling.tries == (1 if fault == "drop_after" else 2)
    assert insurers.live(code) == []
    assert broken() == {}


def test_a_policy_that_has_begun_is_not_cancelled_by_wire(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("heyan")
    sale.settle(later, drain)
    later(8 * 86400)
    cancelling, build = cancellation(sale)
    operations.perform(exchange=cancelling, build=build)

    assert cancelling.state == S.REJECTED
    assert insurers.live("heyan") == [sale.exchange.number]


def test_a_cancellation_that_is_refused_because_the_policy_was_ended_before_has_done_its_work(
    insurers: InsurerSimulators, later: Later, drain: Drain
) -> None:
    sale = Sale("heyan")
    sale.settle(later, drain)
    cancelling, build = cancellation(sale)
    queries.insurer("heyan").perform(replace(build(), number=number_of(Kind.CANCEL, sale.exchange.contract, 9)))
    insurers.misbehave("heyan", {"fault": "refused", "action": "cancel"})
    operations.perform(exchange=cancelling, build=build)

    assert (cancelling.state, cancelling.amount) == (S.OK, sale.command.premium)


def cancellation(sale: Sale) -> tuple[Exchange, Callable[[], Cancel]]:
    with transaction.atomic():
        planned = operations.plan(
            kind=Kind.CANCEL,
            contract=sale.exchange.contract,
            version=2,
            insurer=sale.code,
            actor=SALES,
            deadline=clock.now() + timedelta(days=1),
            submission=sale.exchange,
        )
    return planned, lambda: Cancel(
        number=planned.number,
        submission=sale.exchange.number,
        policy_number=sale.exchange.policy_number,
        because="trip_cancelled",
        on=clock.today(),
    )


def document(sale: Sale) -> Exchange:
    with transaction.atomic():
        return operations.plan(
            kind=Kind.DOCUMENT,
            contract=sale.exchange.contract,
            version=1,
            insurer=sale.code,
            actor=SALES,
            deadline=clock.now() + timedelta(days=1),
            submission=sale.exchange,
        )


class Shelf:
    """The room above, which keeps documents that are PDFs to their end."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def keep(self, content: bytes) -> str:
        if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-32:]:
            return "no_pdf"
        self.kept.append(content)
        return ""


@both
@pytest.mark.parametrize("fault", ["", "not_ready", "broken_document", "web_page", "drop_after", "status", "truncated"])
def test_a_document_is_fetched_until_it_is_one(insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str) -> None:
    sale, shelf = Sale(code), Shelf()
    sale.settle(later, drain)
    if fault:
        insurers.misbehave(code, {"fault": fault, "action": "document", "times": 2})
    exchange = document(sale)
    for _ in range(4):
        operations.fetch(exchange=exchange, keep=shelf.keep)
        later(120)

    assert exchange.state == S.OK
    assert len(shelf.kept) == 1
    assert exchange.tries == (3 if fault else 1)
    assert broken() == {}


def test_a_document_that_is_never_right_is_left_to_a_human_and_never_kept(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale, shelf = Sale("yunhang"), Shelf()
    sale.settle(later, drain)
    insurers.misbehave("yunhang", {"fault": "web_page", "action": "document", "times": 99})
    exchange = document(sale)
    for _ in range(DOCUMENTS.tries + 2):
        operations.fetch(exchange=exchange, keep=shelf.keep)
        later(120)

    assert exchange.state == S.DIFFERS
    assert exchange.differences == ["no_pdf"]
    assert shelf.kept == []


def test_what_keeping_raises_leaves_nothing_half_done(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale, shelf = Sale("heyan"), Shelf()
    sale.settle(later, drain)
    exchange = document(sale)

    def fail(_content: bytes) -> str:
        raise Unavailable("vault")

    with pytest.raises(Unavailable):
        operations.fetch(exchange=exchange, keep=fail)
    later(120)
    operations.fetch(exchange=exchange, keep=shelf.keep)
    assert exchange.state == S.OK
    assert len(shelf.kept) == 1


def test_a_document_that_arrives_after_it_was_given_up_is_not_kept(
    insurers: InsurerSimulators, later: Later, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale, shelf = Sale("heyan"), Shelf()
    sale.settle(later, drain)
    exchange = document(sale)

    def crashpoint(name: str) -> None:
        if name == "insurers.answered":
            operations.give_up(exchange=Exchange.objects.get(id=exchange.id), actor=SALES, because="cancelled")

    monkeypatch.setattr(operations, "crashpoint", crashpoint)
    operations.fetch(exchange=exchange, keep=shelf.keep)
    assert shelf.kept == []
    assert Exchange.objects.get(id=exchange.id).state == S.GIVEN_UP


# Callbacks


def test_a_callback_that_comes_twice_counts_once(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    insurers.misbehave("yunhang", {"fault": "duplicate_callback"})
    sale = Sale("yunhang")
    sale.work()
    later(DECIDES_AFTER + 1)
    delivered = insurers.mailbox.take()
    assert len(delivered) == 2

    replies = [operations.receive(insurer="yunhang", path=one.path, headers=one.headers, body=one.body) for one in delivered * 3]
    drain()
    assert all(reply.content for reply in replies)
    assert InboxItem.objects.count() == 1
    assert Entry.objects.filter(action="insurers.due", about_id=sale.exchange.id).count() == 2
    assert broken() == {}


def test_a_job_that_looks_at_a_callback_twice_does_it_once(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("yunhang")
    sale.work()
    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()
    operations.receive(insurer="yunhang", path=delivered.path, headers=delivered.headers, body=delivered.body)
    drain()
    operations.heed(item=InboxItem.objects.get())

    assert Entry.objects.filter(action="insurers.due", about_id=sale.exchange.id).count() == 2


@both
@pytest.mark.parametrize("fault", ["forged_callback", "stale_callback"])
def test_a_forged_callback_leaves_no_trace(insurers: InsurerSimulators, code: str, later: Later, drain: Drain, fault: str) -> None:
    insurers.misbehave(code, {"fault": fault})
    sale = Sale(code)
    sale.work()
    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()

    with pytest.raises(Forged):
        operations.receive(insurer=code, path=delivered.path, headers=delivered.headers, body=delivered.body)
    assert InboxItem.objects.count() == 0
    assert sale.settle(later, drain) == S.OK


@both
def test_a_proven_callback_about_a_number_that_is_not_ours_waits_for_a_human(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain
) -> None:
    insurers.misbehave(code, {"fault": "foreign_callback"})
    Sale(code).work()
    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()
    operations.receive(insurer=code, path=delivered.path, headers=delivered.headers, body=delivered.body)
    drain()

    (item,) = InboxItem.objects.all()
    assert item.exchange is None
    assert item.handled_at is not None


def test_a_callback_for_an_insurer_we_do_not_have_is_refused(insurers: InsurerSimulators) -> None:
    with pytest.raises(operations.UnknownInsurer):
        operations.receive(insurer="nobody", path="/", headers={}, body=b"")


def test_a_callback_tells_a_withdrawal_too(insurers: InsurerSimulators, later: Later, drain: Drain) -> None:
    sale = Sale("yunhang", minutes=2)
    sale.work()
    insurers.misbehave("yunhang", {"fault": "status", "action": "query", "times": 99})
    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()
    later(60)
    operations.recover()
    assert sale.state == S.GIVEN_UP
    operations.receive(insurer="yunhang", path=delivered.path, headers=delivered.headers, body=delivered.body)
    drain()
    assert sale.withdrawal.state == S.OK
    holds(insurers, "yunhang", sale)


# Killed between two steps


PLACES = ["insurers.begun", "insurers.built", "insurers.answered", "insurers.asked", "insurers.settled"]


@both
@pytest.mark.parametrize("fault", ["", "drop_after", "drop_before"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("visit", [1, 2])
def test_whoever_is_killed_anywhere_there_is_one_policy(
    insurers: InsurerSimulators, code: str, later: Later, drain: Drain, monkeypatch: pytest.MonkeyPatch, place: str, visit: int, fault: str
) -> None:
    visits = 0

    def crashpoint(name: str) -> None:
        nonlocal visits
        visits += name == place
        if name == place and visits == visit:
            raise Killed

    monkeypatch.setattr(operations, "crashpoint", crashpoint)
    if fault:
        insurers.misbehave(code, {"fault": fault})
    sale = Sale(code)
    assert sale.settle(later, drain) == S.OK
    holds(insurers, code, sale)


@pytest.mark.parametrize("place", ["insurers.callback_proved", "insurers.callback_kept"])
def test_a_callback_survives_a_kill_because_it_comes_again(
    insurers: InsurerSimulators, later: Later, drain: Drain, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    sale = Sale("yunhang")
    sale.work()
    later(DECIDES_AFTER + 1)
    (delivered,) = insurers.mailbox.take()

    def crashpoint(name: str) -> None:
        if name == place:
            raise Killed

    monkeypatch.setattr(operations, "crashpoint", crashpoint)
    with pytest.raises(Killed):
        operations.receive(insurer="yunhang", path=delivered.path, headers=delivered.headers, body=delivered.body)
    monkeypatch.undo()
    operations.receive(insurer="yunhang", path=delivered.path, headers=delivered.headers, body=delivered.body)
    drain()

    assert InboxItem.objects.count() == 1
    assert sale.work() == S.OK
    assert broken() == {}


# At once


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
@both
def test_of_many_workers_at_once_one_sends(insurers: InsurerSimulators, code: str) -> None:
    sale = Sale(code)
    errors: list[Exception] = []
    start = threading.Barrier(6)

    def work() -> None:
        try:
            start.wait()
            operations.perform(exchange=Exchange.objects.get(id=sale.exchange.id), build=sale.build, recall=sale.recall)
        except Exception as error:  # noqa: BLE001 - told by the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sale.built == 1
    assert sale.exchange.tries <= 1
    assert len(insurers.policies(code)) == 1
    assert sale.state in {S.OK, S.WAITING}
    assert broken() == {}


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_fifty_copies_of_a_callback_at_once_are_one(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")
    sale.work()
    insurers.decide()
    (delivered,) = insurers.mailbox.take()
    replies: list[bytes] = []

    def post() -> None:
        try:
            replies.append(operations.receive(insurer="heyan", path=delivered.path, headers=delivered.headers, body=delivered.body).content)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(replies) == 50
    item = InboxItem.objects.get()
    assert Entry.objects.filter(action="insurers.called_back", about_id=item.id).count() == 1


# What it leaves behind


def test_no_row_and_no_entry_knows_a_person(
    insurers: InsurerSimulators, later: Later, drain: Drain, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        for code, fault in (("heyan", "drop_after"), ("yunhang", "wrong_name")):
            insurers.misbehave(code, {"fault": fault})
            Sale(code).settle(later, drain)
    rows = [str(row) for model in (Exchange, InboxItem, Entry) for row in model.objects.values()]
    told = "\n".join([*rows, caplog.text])

    assert rows
    for value in ("林月", "LIN YUE", "990101", "12900001001", "高晨", "lin@besttrav.example"):
        assert value not in told


def test_an_insurer_whose_newest_calls_all_stayed_unanswered_seems_down(insurers: InsurerSimulators) -> None:
    assert not queries.seems_down("heyan")
    insurers.misbehave("heyan", {"fault": "status", "times": 99})
    for _ in range(DOWN.unanswered):
        assert not queries.seems_down("heyan")
        Sale("heyan").work()

    assert queries.seems_down("heyan")
    assert not queries.seems_down("yunhang")
    insurers.misbehave("heyan")
    Sale("heyan").work()
    assert not queries.seems_down("heyan")


def test_the_insurers_are_those_that_settings_name() -> None:
    assert {"heyan", "songhe", "yunhang"} <= set(queries.codes())


def test_followers_find_what_an_entry_is_about(insurers: InsurerSimulators) -> None:
    sale = Sale("heyan")
    entry = Entry.objects.get(action=actions.DUE.name, about_id=sale.exchange.id)

    assert queries.exchange_of(str(entry.id)) == sale.exchange
