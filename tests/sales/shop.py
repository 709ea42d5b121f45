"""Somebody who buys, through the operations, with real cashiers and insurers around."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from besttrav.catalogue import queries
from besttrav.catalogue.offer import Offer
from besttrav.insurers import operations as insuring
from besttrav.insurers.models import RUNNING, Exchange
from besttrav.insurers.port import Forged
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.identity import Sex
from besttrav.payments import operations as paying
from besttrav.payments.models import ChannelName, Payment, Scene
from besttrav.people.visitors import Visitor, digest
from besttrav.policies.operations import cancelling
from besttrav.policies.operations.people import Person
from besttrav.sales.evidence import Seen
from besttrav.sales.models import Application, Order, OrderState
from besttrav.sales.operations import applying, issuing, submitting
from besttrav.sales.operations.applying import Wanted
from besttrav.sales.operations.submitting import Signature, Submitted
from besttrav.sales.queries import parties_of
from besttrav.sales.steps import CONFIRMED_PAPERS
from tests import invented
from tests.cashiers import Cashier
from tests.catalogue.shelf import stock
from tests.insurance import InsurerSimulators, Later
from tests.jobs import run_due_jobs
from tests.world import World, browser

PHONE = "+8612900001001"


@dataclass
class Shop:
    world: World
    cashiers: dict[str, Cashier]
    insurers: InsurerSimulators
    visitor: Visitor = field(default_factory=browser)

    def __post_init__(self) -> None:
        stock()

    def offer(self, slug: str = "outbound") -> Offer:
        found = queries.current(slug, clock.today())
        assert found
        return found

    @cached_property
    def first_day(self) -> date:
        return clock.today() + timedelta(days=10)

    def wanted(self, offer: Offer, **changed: object) -> Wanted:
        plain = {
            "plan": offer.plans[1].code,
            "first_day": self.first_day,
            "last_day": self.first_day + timedelta(days=7),
            "destinations": ("JP",),
        }
        return Wanted(**{**plain, **changed})  # type: ignore[arg-type]  # what a test wishes

    def started(self, slug: str = "outbound", **changed: object) -> Application:
        offer = self.offer(slug)
        application = applying.start(
            offer=offer,
            wanted=self.wanted(offer, **changed),
            language="zh-hans",
            browser_sha256=digest("the browser of a test"),
            network=self.visitor.neighbourhood,
            account=None,
            actor=Actor.visitor(),
            seen=Seen("product", "v1"),
        )
        applying.enter(application=application, actor=Actor.visitor(), seen=Seen("entry", "v1"))
        applying.describe_trip(
            application=application, wanted=self.wanted(offer, **changed), actor=Actor.visitor(), seen=Seen("trip", "v1")
        )
        return application

    def people(self, *more: Person, phone: str = PHONE) -> list[Person]:
        born = date(1988, 3, 7)
        holder = Person(
            name="林知远",
            passport_name="LIN/ZHIYUAN",
            identity_kind="id_card",
            identity_number=invented.id_number(born, Sex.MALE),
            birth_date=born,
            sex="male",
            phone=phone,
            email="lin@example.org",
            is_holder=True,
            is_insured=True,
            relation="self",
        )
        return [holder, *more]

    def spouse(self, **changed: object) -> Person:
        born = date(1990, 7, 21)
        plain = {
            "name": "苏晚晴",
            "passport_name": "SU/WANQING",
            "identity_kind": "id_card",
            "identity_number": invented.id_number(born, Sex.FEMALE),
            "birth_date": born,
            "sex": "female",
            "phone": "+8612900001002",
            "is_insured": True,
            "relation": "spouse",
        }
        return Person(**{**plain, **changed})  # type: ignore[arg-type]  # what a test wishes

    def filled(self, slug: str = "outbound", people: list[Person] | None = None, **changed: object) -> Application:
        offer, application = self.offer(slug), self.started(slug, **changed)
        actor = Actor.visitor()
        applying.write_people(application=application, people=people or self.people(self.spouse()), actor=actor, seen=Seen("people", "v1"))
        if offer.questions:
            insured = [party for party in parties_of(application) if party.is_insured]
            answers = {(party.id, question.code): False for party in insured for question in offer.questions}
            applying.answer(application=application, answers=answers, actor=actor, seen=Seen("health", "v1"))
        for kind in CONFIRMED_PAPERS:
            sha256 = offer.paper(kind).sha256.zh
            applying.confirm_paper(application=application, offer=offer, kind=kind, sha256=sha256, actor=actor, seen=Seen("paper", "v1"))
        agreed = frozenset(applying.consents_needed(offer, parties_of(application)))
        applying.consent(application=application, offer=offer, agreed=agreed, actor=actor, seen=Seen("consents", "v1"))
        return application

    def proved(self, application: Application, phone: str = PHONE) -> Application:
        challenge = submitting.request_code(application=application, visitor=self.visitor, actor=Actor.visitor())
        self.work()
        code = self.world.carrier.code(phone)
        submitting.prove_phone(application=application, challenge_id=challenge.id, code=code, visitor=self.visitor, actor=Actor.visitor())
        return application

    def submitted(self, slug: str = "outbound", *, phone: str = PHONE, **wishes: object) -> Submitted:
        application = self.proved(self.filled(slug, **wishes), phone)  # type: ignore[arg-type]  # what a test wishes
        return submitting.submit(
            application=application,
            revision=application.revision,
            offer=self.offer(slug),
            signature=Signature(name="林知远"),
            actor=Actor.visitor(),
            seen=Seen("confirmation", "v1"),
        )

    def ordered(self, slug: str = "outbound", *, phone: str = PHONE, **wishes: object) -> Order:
        order = self.submitted(slug, phone=phone, **wishes).order
        assert order
        return order

    def begun(self, order: Order, scene: Scene = Scene.NATIVE) -> Payment:
        payment = paying.begin(
            order_id=order.id,
            subject=order.subject,
            amount=order.premium,
            channel=ChannelName(scene.channel),
            scene=scene,
            description="旅行保险",
            expires_at=order.pay_by,
            actor=Actor.visitor(),
        )
        prepared = paying.prepay(payment=payment, return_url="https://besttrav.example/", payer_address="192.0.2.7")
        assert prepared.result == "ok"
        if payment.channel == ChannelName.ALIPAY:
            self.cashiers["alipay"].open(prepared.address)
        return payment

    def paid(self, order: Order, scene: Scene = Scene.NATIVE) -> Payment:
        """Paid, and known to be; what follows is for the jobs."""
        payment = self.begun(order, scene)
        self.cashiers[payment.channel].pay(payment.number)
        paying.ask(payment=payment)
        payment.refresh_from_db()
        return payment

    def work(self) -> int:
        return run_due_jobs()

    def let_pass(self, later: Later, seconds: float) -> None:
        """So much later, for us and for everybody we talk to: notices come in, the clock takes things up, and every job runs."""
        self.move_clocks(later, seconds)
        for name, cashier in self.cashiers.items():
            for letter in cashier.deliver():
                paying.receive(channel=name, headers=letter.headers, body=letter.body)
        for delivered in self.insurers.mailbox.take():
            with suppress(Forged):  # One that lay too long is refused.
                insuring.receive(insurer=delivered.insurer, path=delivered.path, headers=delivered.headers, body=delivered.body)
        paying.recover()
        insuring.recover()
        issuing.expire()
        cancelling.recover()
        self.work()

    def move_clocks(self, later: Later, seconds: float) -> None:
        """Ours and everybody's; nobody does anything yet, but insurers who decide what has become due."""
        later(seconds)
        for cashier in self.cashiers.values():
            cashier.set_clock(cashier.ahead + seconds)
            self.world.carrier.set_clock(cashier.ahead)

    def let_it_end(self, later: Later, order: Order) -> Order:
        """Until nothing of it is under way here: issued with its paper, or the money back and nothing left at the insurer."""
        self.work()
        for seconds in [60] * 4 + [300] * 20:
            order.refresh_from_db()
            exchanges = Exchange.objects.filter(contract=order.application.contract, state__in=RUNNING)
            if order.state not in (OrderState.PAID, OrderState.REFUNDING) and not exchanges.exists():
                break
            self.let_pass(later, seconds)
        return order
