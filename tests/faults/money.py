"""What buyers, channels and jobs do while processes are killed between two steps of paying. Acts for child processes, as in `acts.py`."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from besttrav.journal import operations as journal
from besttrav.kernel import clock, jobs
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import Money
from besttrav.kernel.registry import forget_providers
from besttrav.payments import operations as paying
from besttrav.payments.models import ChannelName, Payment, Refund, Scene
from besttrav.payments.queries import payments_of
from besttrav.privacy import invariants
from tests.jobs import run_due_jobs

BUYER = Actor.person(id=UUID("22222222-2222-7222-8222-222222222222"), subject=UUID("33333333-3333-7333-8333-333333333333"))
PRICE, HALF = Money(12_346), Money(6_173)
CLERK = Actor.staff(id=UUID("44444444-4444-7444-8444-444444444444"), number="0417", roles=frozenset({"finance"}))


def choose(order_id: str, scene: str, end: str) -> str:
    """The buyer chooses how to pay and sees the code: the number at the channel. Doing it again is doing the same."""
    _wire()
    payment = paying.begin(
        order_id=UUID(order_id),
        subject=BUYER.subject,
        amount=PRICE,
        channel=ChannelName(Scene(scene).channel),
        scene=Scene(scene),
        description="旅行保险",
        expires_at=datetime.fromisoformat(end),
        actor=BUYER,
    )
    paying.prepay(payment=payment, return_url="https://besttrav.example/", payer_address="192.0.2.7")
    return payment.number


def look(order_id: str) -> None:
    """The page of the buyer asks what became of it."""
    _wire()
    paying.ask(payment=payments_of(UUID(order_id)).latest("begun_at"))


def take_in(channel: str, letter: str) -> int:
    """A notice comes to the door; the status of the answer."""
    _wire()
    written = json.loads(Path(letter).read_text())
    return paying.receive(channel=channel, headers=written["headers"], body=bytes.fromhex(written["body"])).status


def decide(order_id: str, decision: str) -> None:
    """A clerk gives half of it back."""
    _wire()
    payment = payments_of(UUID(order_id)).latest("begun_at")
    paying.refund(payment=payment, amount=HALF, decision=UUID(decision), because="cancelled", actor=CLERK)


def close(order_id: str) -> None:
    _wire()
    for payment in payments_of(UUID(order_id)):
        paying.close(payment=payment)


def carry_on(seconds: str) -> int:
    """So much later: every job, and what the clock takes up."""
    _wire()
    with clock.advanced(timedelta(seconds=int(seconds))):
        jobs.retry_stalled(silent_for=0)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        ran = run_due_jobs()
        return ran + paying.recover()


def look_over() -> dict[str, Any]:
    """What does not hold, and where everything stands."""
    journal.seal()
    payments = {payment.number: [payment.state, payment.captured_fen, payment.refunded_fen] for payment in Payment.objects.all()}
    refunds = {refund.number: refund.state for refund in Refund.objects.all()}
    return {"wrong": invariants.violations(), "payments": payments, "refunds": refunds}


def _wire() -> None:
    """The channels of the test, which run in its process."""
    options = json.loads((Path(settings.ERASURE_LEDGER).parent.parent / "cashiers.json").read_text())
    for name, entry in options.items():
        settings.PROVIDERS[name]["options"] = entry
    settings.OUTGOING_ALLOWED = [entry["address"].removeprefix("http://") for entry in options.values()]
    forget_providers()


ACTS = {act.__name__: act for act in (choose, look, take_in, decide, close, carry_on, look_over)}
