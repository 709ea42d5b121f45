"""What buyers, channels, insurers and jobs do while processes are killed between the signature and the e-policy, and between giving the
policy up and the money back. Acts for child processes.

The world outside runs in the test's process; `outside.json` in the house says where.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from besttrav.contact.models import Message
from besttrav.insurers import operations as insuring
from besttrav.insurers.models import RUNNING, Exchange, Kind
from besttrav.invoices import operations as invoicing
from besttrav.invoices.models import RUNNING as INVOICING
from besttrav.invoices.models import Invoice
from besttrav.journal import operations as journal
from besttrav.kernel import clock, jobs
from besttrav.kernel.actors import Actor
from besttrav.kernel.registry import forget_providers
from besttrav.payments import operations as paying
from besttrav.payments.models import ChannelName, Payment, Refund, Scene
from besttrav.policies.models import Policy, PolicyDocument, PolicyTransaction, Surrender, SurrenderReason, SurrenderState
from besttrav.policies.operations import surrendering
from besttrav.privacy import invariants, marks
from besttrav.privacy.gate import reveal_one
from besttrav.privacy.models import Sharing
from besttrav.privacy.purposes import NOTIFY
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Application, Notice, Order, OrderState
from besttrav.sales.operations import submitting
from besttrav.sales.operations.submitting import Signature
from besttrav.sales.queries import offer_of
from tests.carrier import CarrierSimulator
from tests.jobs import run_due_jobs
from tests.sales.shop import PHONE, Shop
from tests.world import World, browser

BUYER, SENDER = Actor.visitor(), Actor.job("contact.send")


def fill_in(slug: str, wishes: str) -> str:
    """Somebody fills in an application for two and proves their phone; it waits for the signature."""
    with _outside() as outside:
        shop = Shop(World(CarrierSimulator(outside["carrier_port"])), cashiers={}, insurers=None)  # type: ignore[arg-type]  # not called yet
        return str(shop.proved(shop.filled(slug, **json.loads(wishes))).id)


def sign(application_id: str) -> str:
    """They sign: the order. Doing it again is doing the same."""
    with _outside():
        application = Application.objects.get(id=application_id)
        submitted = submitting.submit(
            application=application,
            revision=application.revision,
            offer=offer_of(application),
            signature=Signature(name="林知远"),
            actor=BUYER,
            seen=Seen("confirmation", "v1"),
        )
        assert submitted.order
        return str(submitted.order.id)


def choose_way(order_id: str, scene: str) -> list[str]:
    """They choose how to pay: our number at the channel, and where they pay."""
    with _outside():
        order = Order.objects.get(id=order_id)
        payment = paying.begin(
            order_id=order.id,
            subject=order.subject,
            amount=order.premium,
            channel=ChannelName(Scene(scene).channel),
            scene=Scene(scene),
            description="旅行保险",
            expires_at=order.pay_by,
            actor=BUYER,
        )
        prepared = paying.prepay(payment=payment, return_url="https://besttrav.example/", payer_address="192.0.2.7")
        return [payment.number, prepared.address]


def ask_invoice(seconds: str) -> str:
    """So much later they have the premium invoiced. Doing it again is doing the same."""
    with _outside(), clock.advanced(timedelta(seconds=int(seconds))):
        known = Invoice.objects.first() or invoicing.request(policy=Policy.objects.get(), wish=invoicing.Wish(), actor=BUYER)
        return known.number


def give_up(seconds: str) -> str:
    """So much later they read what it is worth, have a code sent, and give the policy up. Doing it again is doing the same."""
    with _outside(), clock.advanced(timedelta(seconds=int(seconds))):
        policy = Policy.objects.get()
        if known := surrendering.open_surrender(policy):
            return known.number
        visitor, order = browser(), Order.objects.get()
        payment, reason = Payment.objects.get(order_id=order.id), SurrenderReason.BEFORE_START
        for mark in ("code_sent", "code_unanswered"):
            marks.forget(mark, PHONE)
        challenge = surrendering.request_code(policy=policy, visitor=visitor, actor=BUYER)
        # Read where it was written: who dies and asks for another one within a minute gets none from the carrier.
        sent = reveal_one(Message.objects.filter(template="CODE").latest("created_at"), "values", purpose=NOTIFY, actor=SENDER)
        return surrendering.ask(
            policy=policy,
            payment=payment,
            reason=reason,
            seal=surrendering.worth(policy=policy, payment=payment, reason=reason).seal,
            challenge_id=challenge.id,
            code=json.loads(sent["values"])["code"],
            visitor=visitor,
            actor=BUYER,
        ).number


def hear(whom: str, letter: str, seconds: str) -> None:
    """So much later a notice of a channel or an insurer comes to the door."""
    with _outside(), clock.advanced(timedelta(seconds=int(seconds))):
        written = json.loads(Path(letter).read_text())
        body = bytes.fromhex(written["body"])
        if whom in ChannelName.values:
            paying.receive(channel=whom, headers=written["headers"], body=body)
        else:
            insuring.receive(insurer=whom, path=written["path"], headers=written["headers"], body=body)


def go_on(seconds: str) -> dict[str, Any]:
    """So much later, in a fresh process: the jobs that are there, those that run each minute or more often, and what follows."""
    with _outside(), clock.advanced(timedelta(seconds=int(seconds))):
        jobs.retry_stalled(silent_for=0)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        run_due_jobs()
        for periodic in app.periodic_registry.periodic_tasks.values():
            if periodic.cron.startswith("* * * * * "):
                periodic.task(timestamp=int(clock.now().timestamp()))
        run_due_jobs()
        under_way = [OrderState.TO_PAY, OrderState.PAID, OrderState.REFUNDING]
        leaving = [SurrenderState.AT_INSURER, SurrenderState.CANCELLED]
        rows = [
            Order.objects.filter(state__in=under_way),
            Exchange.objects.filter(state__in=RUNNING),
            Surrender.objects.filter(state__in=leaving),
            Invoice.objects.filter(state__in=INVOICING),
        ]
        return {"under_way": any(one.exists() for one in rows)}


def look_back(seconds: str) -> dict[str, Any]:
    """What does not hold, and where everything stands."""
    with _outside(), clock.advanced(timedelta(seconds=int(seconds))):
        journal.seal()
        order = Order.objects.get()
        submission = Exchange.objects.filter(kind=Kind.SUBMIT).first()
        return {
            "wrong": invariants.violations(),
            "order": [order.state, order.premium_fen],
            "payments": [[payment.number, payment.state] for payment in Payment.objects.all()],
            "refunds": [[refund.number, refund.amount_fen, refund.state] for refund in Refund.objects.all()],
            "submission": [submission.number, submission.state, submission.policy_number] if submission else None,
            "papers": sorted(f"{paper.kind} {paper.language}" for paper in PolicyDocument.objects.all()),
            "policy": [*Policy.objects.values_list("state", flat=True), *Surrender.objects.values_list("state", flat=True)],
            "transactions": PolicyTransaction.objects.count(),
            "invoices": [[one.kind, one.state] for one in Invoice.objects.order_by("serial")],
            "notices": Notice.objects.count(),
            "shared_about": Sharing.objects.values("subject").distinct().count(),
        }


@contextmanager
def _outside() -> Iterator[dict[str, Any]]:
    """The vendors of the test, which run in its process; numbers of nobody count as mobiles."""
    outside: dict[str, Any] = json.loads((Path(settings.ERASURE_LEDGER).parent.parent / "outside.json").read_text())
    for name, options in outside["options"].items():
        settings.PROVIDERS[name]["options"] |= options
    settings.OUTGOING_ALLOWED = outside["addresses"]
    settings.INSURER_CERTIFICATES = outside["certificates"]
    settings.INVENTED_PHONES = "12"
    forget_providers()
    yield outside


ACTS = {f"sale_{act.__name__}": act for act in (fill_in, sign, choose_way, ask_invoice, give_up, hear, go_on, look_back)}
